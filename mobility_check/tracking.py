"""The first pass over a clip: landmarks of everybody in it, at a modest rate, on every core.

A clip is cut into segments of a few seconds, which threads share (the model and the decoder both release the
interpreter). Each thread has a landmarker of its own, which forgets one segment before the next. Where the cuts lie
depends on the clip alone, so the number of threads never changes a number.

Where nobody moves, the landmarker sees a picture now and then, and what lies between is interpolated.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.geometry import mid_hip, mid_shoulder
from mobility_check.kinematics.landmarks import N_LANDMARKS, Landmark
from mobility_check.kinematics.person_tracking import Linked, Seen, link_people
from mobility_check.kinematics.signals import frame_step_s
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.pose.base import Backend, Estimator, OnProgress, RgbImage
from mobility_check.settings import Settings
from mobility_check.video.motion import CELL_PX, FreezeMeter, StillnessMeter, cells_of, frozen_spans
from mobility_check.video.source import ClipReader, Frame

CHUNK_S = 5.0
CHUNKS_OF = 4
"""The clip is cut into a multiple of this many about equal segments, so that one, two or four threads share them
evenly."""
SNAP_SHARE = 0.2
"""A cut moves to a key frame at most this share of a segment away, for decoding starts there."""
RUN_IN = 3
"""Times the first picture of a segment is shown before it counts: the landmarker's filter settles without decoding
pictures before the cut."""
STILL_S = 0.25
"""Time between two inferences where nobody moves. People sway at up to 1 Hz, which a straight line over this time
follows within a twentieth of the sway (E)."""
HEIGHT_PX = 720
"""The tracking pass sees frames of at most this height; the model itself sees 256 x 256 of the person."""
ROUGH_SCALE = 2.0
"""Frames that are scaled down by so much are decoded roughly: what that blurs is finer than a pixel afterwards."""
SCOUT_PICTURES = 10
"""Pictures spread over the clip in which everybody is counted, to know how many people to follow."""
MAX_PEOPLE = 4
SLOW_MOTION_FROM = 4.0
"""Frames of the clip for each that is tracked, from which decoding is the work, and may be rough."""
LUMA_STRIDE = 8
CLOTHES_AT = (0.3, 0.45, 0.6, 0.75)
"""Where colours of the clothes are taken, as shares of the trunk from the shoulder and of the thigh from the hip."""
DARKEST = 20.0
"""Brightness below which colours are not made any lighter."""


def track_people(
    reader: ClipReader,
    backend: Backend,
    settings: Settings,
    *,
    rate_hz: float,
    on_progress: OnProgress | None = None,
    when_idle: Callable[[], None] | None = None,
) -> list[PoseTrack]:
    """One track per person seen in the clip (at least one, perhaps empty of landmarks).

    Args:
        rate_hz: how many frames a second are considered, unless ``settings.every_frame``.
        when_idle: what a thread does when nothing is left to track and another still works.

    Raises:
        InputError, ModelError: the clip or the model cannot be read.
    """
    chosen = sorted(reader.sampled(0.0 if settings.every_frame else 1.0 / rate_hz))
    segments, most = _pass(reader, backend, settings, chosen, on_progress, when_idle=when_idle)
    if most > 1:  # rare, so that everybody else pays for one person only
        segments, _ = _pass(reader, backend, settings, chosen, on_progress, people=min(most, MAX_PEOPLE))
    return _tracks(reader, segments, backend, settings)


def _pass(
    reader: ClipReader,
    backend: Backend,
    settings: Settings,
    chosen: list[int],
    on_progress: OnProgress | None,
    *,
    people: int = 1,
    when_idle: Callable[[], None] | None = None,
) -> tuple[list[_Segment], int]:
    """Go through the chosen frames, following that many people; also the most people seen at once when scouting."""
    parts = _cut(reader, chosen)
    threads = min(settings.threads, len(parts))
    shares, stop, done, counting = _Shares(len(parts), threads), threading.Event(), [0], threading.Lock()
    scouted = frozenset(chosen[:: max(1, len(chosen) // SCOUT_PICTURES)]) if people == 1 else frozenset()
    rough = len(reader.time_s) > SLOW_MOTION_FROM * len(chosen) or reader.meta.height_px >= ROUGH_SCALE * HEIGHT_PX
    step_s, still_s = frame_step_s(reader.time_s[chosen]), 0.0 if settings.every_frame else STILL_S
    segments = dict[int, _Segment]()

    def track(thread: int) -> None:
        frames, estimator = _PartFrames(reader, parts, rough=rough), None
        with ExitStack() as stack:
            while (part := shares.take(thread)) is not None:
                if estimator is None:
                    estimator = stack.enter_context(backend.video(settings.tracking_model, max_people=people))
                else:
                    estimator.restart()
                segment = _Segment(reader, estimator, step_s=step_s, still_s=still_s)
                for frame in frames.of(part, until=shares.end(thread)):
                    if stop.is_set():
                        return
                    segment.take(frame)
                    if frame.index in scouted:
                        scout.waiting.append(frame)
                    with counting:
                        done[0] += 1
                        if on_progress:
                            on_progress(done[0] / len(chosen))
                segment.finish()
                segments[part] = segment
        scout.count()
        if when_idle and threads > 1:
            when_idle()

    with ExitStack() as closing:
        scout = _Scout(backend, settings, closing)
        _in_threads(track, threads, stop)
        scout.count()
    in_order = [segments[part] for part in range(len(parts))]
    reader.frozen_s = frozen_spans([segment.freeze for segment in in_order], step_s=step_s)
    return in_order, scout.most


class _Shares:
    """Hands out the parts of a clip: neighbours to one thread, which decodes them in one go.

    A thread that has done its own takes over the later half of what the one with the most parts has left.
    """

    def __init__(self, parts: int, threads: int) -> None:
        bounds = [parts * thread // threads for thread in range(threads + 1)]
        self._left = [range(start, end) for start, end in pairwise(bounds)]
        self._turn = threading.Lock()

    def take(self, thread: int) -> int | None:
        """The next part for this thread; None when all are taken."""
        with self._turn:
            if not self._left[thread]:
                other = max(range(len(self._left)), key=lambda n: len(self._left[n]))
                half = len(self._left[other]) // 2
                self._left[other], self._left[thread] = self._left[other][:half], self._left[other][half:]
            mine = self._left[thread]
            self._left[thread] = mine[1:]
            return mine[0] if mine else None

    def end(self, thread: int) -> int:
        """The first part that this thread need not get ready for."""
        return self._left[thread].stop


class _PartFrames:
    """The frames of the parts that one thread takes. A part that follows the last one needs no run-up of decoding."""

    def __init__(self, reader: ClipReader, parts: Sequence[list[int]], *, rough: bool) -> None:
        self._reader, self._parts, self._rough = reader, parts, rough
        self._decoded: Iterator[Frame] = iter(())
        self._following = -1
        self._held: list[Frame] = []

    def of(self, part: int, *, until: int) -> Iterator[Frame]:
        """Frames of a part; the decoder makes ready for those up to ``until``.

        What a damaged clip shows depends on where decoding begins, so there each part begins for itself.
        """
        if part != self._following or "damaged_clip" in self._reader.notes:
            ahead = chain.from_iterable(self._parts[part : max(until, part + 1)])
            height_px = HEIGHT_PX if self._reader.meta.height_px > HEIGHT_PX else None
            self._decoded = self._reader.frames_at(ahead, max_height_px=height_px, rough=self._rough, quick=True)
            self._held = []
        self._following, last = -1, self._parts[part][-1]
        for frame in chain(self._held, self._decoded):
            if frame.index <= last:
                yield frame
            if frame.index >= last:
                self._held = [frame] if frame.index > last else []
                self._following = part + 1
                return


class _Segment:
    """Takes the frames of one segment in order and tracks people in those in which somebody moves.

    The frame before a movement is tracked too, so that what is interpolated ends where the movement begins.

    Attributes:
        index, time_s, luma: of its frames.
        tracked, people: indices of those that the landmarker saw, and everybody in each, in pixels of the full picture.
        freeze: where its picture stands still.
    """

    def __init__(self, reader: ClipReader, estimator: Estimator, *, step_s: float, still_s: float) -> None:
        self.index, self.time_s, self.luma = list[int](), list[float](), list[float]()
        self.tracked, self.people = list[int](), list[tuple[Seen, ...]]()
        self.freeze = FreezeMeter()
        self._reader, self._estimator = reader, estimator
        self._step_s, self._still_s = step_s, still_s
        self._stillness = StillnessMeter()
        self._tracked_s = -np.inf
        self._waiting: Frame | None = None

    def take(self, frame: Frame) -> None:
        cells = cells_of(frame.image)
        moved = self._stillness.moved(cells)
        due = frame.time_s - self._tracked_s > self._still_s
        if moved and self._waiting:
            self._track(self._waiting)
        if moved or due:
            people = self._track(frame)
            self._stillness.refer(cells, [xy_px / CELL_PX for xy_px in people])
        else:
            self._waiting = frame
        recoded = self._reader.recoded(self.index[-1] if self.index else frame.index, frame.index)
        self.freeze.add(cells, frame.time_s, person=bool(self.people[-1]), recoded=recoded)
        self.index.append(frame.index)
        self.time_s.append(frame.time_s)
        self.luma.append(_luma(frame.image))

    def finish(self) -> None:
        """Track the last frame."""
        if self._waiting:
            self._track(self._waiting)

    def _track(self, frame: Frame) -> list[Floats]:
        """Landmarks of everybody in the frame's own pixels."""
        if not self.tracked:
            for k in range(RUN_IN, 0, -1):
                self._estimator.estimate(frame.image, frame.time_s - k * self._step_s)
        poses = self._estimator.estimate(frame.image, frame.time_s)
        scale, luma = self._reader.meta.height_px / frame.image.shape[0], _luma(frame.image)
        seen = tuple(Seen(p.xy_px * scale, p.visibility, _clothes(frame.image, p.xy_px, luma)) for p in poses)
        self.tracked.append(frame.index)
        self.people.append(seen)
        self._tracked_s, self._waiting = frame.time_s, None
        return [p.xy_px for p in poses]


def _luma(image: RgbImage) -> float:
    return float(image[::LUMA_STRIDE, ::LUMA_STRIDE].mean())


class _Scout:
    """Counts everybody in single pictures, which wait until a thread has nothing else to do.

    Attributes:
        waiting: the pictures.
        most: people seen at once in those that were counted, at least one.
    """

    def __init__(self, backend: Backend, settings: Settings, closing: ExitStack) -> None:
        """``closing`` closes the model's estimator, once it was needed."""
        self._backend, self._model, self._closing = backend, settings.tracking_model, closing
        self._estimator: Estimator | None = None
        self._turn = threading.Lock()
        self.waiting, self.most = deque[Frame](), 1

    def count(self) -> None:
        """Count in all that wait, unless another thread does; the model is loaded when it is first needed."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            while self.waiting:
                if self._estimator is None:
                    estimator = self._backend.stills(self._model, max_people=MAX_PEOPLE)
                    self._estimator = self._closing.enter_context(estimator)
                frame = self.waiting.popleft()
                self.most = max(self.most, len(self._estimator.estimate(frame.image, frame.time_s)))
        finally:
            self._turn.release()


def _in_threads(work: Callable[[int], None], threads: int, stop: threading.Event) -> None:
    """Call it with each thread's number; on any error or Ctrl-C the others are told to stop, and are waited for."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(work, thread) for thread in range(threads)]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _cut(reader: ClipReader, chosen: list[int]) -> list[list[int]]:
    """Split the chosen frames into segments of about ``CHUNK_S`` or less, at key frames where one is near."""
    times = reader.time_s
    length_s = float(times[-1])
    count = CHUNKS_OF * max(1, round(length_s / (CHUNKS_OF * CHUNK_S))) if length_s > CHUNK_S else 1
    keys = times[reader.key_frames]
    snap_s = SNAP_SHARE * length_s / count
    cuts = []
    for due in np.linspace(0.0, length_s, count + 1)[1:-1]:
        near = keys[np.abs(keys - due) <= snap_s]
        cuts.append(float(near[np.argmin(np.abs(near - due))]) if len(near) else float(due))
    parts = np.split(np.array(chosen), np.searchsorted(times[chosen], sorted(set(cuts))))
    return [[int(i) for i in part] for part in parts if len(part)]


def _clothes(image: RgbImage, xy_px: Floats, luma: float) -> Floats:
    """(2, 3) colours of top and trousers, from small spots along the trunk and both thighs."""
    hip, shoulder = mid_hip(xy_px), mid_shoulder(xy_px)
    knees = [xy_px[Landmark.LEFT_KNEE], xy_px[Landmark.RIGHT_KNEE]]
    top = [_spot(image, shoulder + share * (hip - shoulder)) for share in CLOTHES_AT]
    trousers = [_spot(image, hip + share * (knee - hip)) for knee in knees for share in CLOTHES_AT]
    return np.array([np.median(top, axis=0), np.median(trousers, axis=0)]) * (100.0 / max(luma, DARKEST))


def _spot(image: RgbImage, xy_px: Floats) -> Floats:
    """Mean colour (3,) of a few pixels, the nearest ones inside the picture."""
    x, y = (int(np.clip(v, 1, n - 2)) for v, n in zip(xy_px, (image.shape[1], image.shape[0]), strict=True))
    return np.asarray(image[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1)))


def _tracks(reader: ClipReader, segments: Sequence[_Segment], backend: Backend, settings: Settings) -> list[PoseTrack]:
    tracked = [index for segment in segments for index in segment.tracked]
    everybody = [seen for segment in segments for seen in segment.people]
    time_s = np.array([t for segment in segments for t in segment.time_s])
    frame = np.array([i for segment in segments for i in segment.index], dtype=np.int64)
    rows = np.searchsorted(frame, tracked)
    people = link_people(everybody, time_s[rows])
    if not people:
        nobody = np.full((len(tracked), N_LANDMARKS, 2), np.nan)
        people = [Linked(nobody, nobody[..., 0], np.full((len(tracked), 2, 3), np.nan))]
    model, sha256 = backend.identity(settings.model)
    seen = np.array([len(seen) for seen in everybody], dtype=np.int64)
    return [
        PoseTrack(
            time_s=time_s,
            frame=frame,
            xy_px=_between(person.xy_px, rows, time_s),
            visibility=_between(person.visibility, rows, time_s),
            people=seen[np.searchsorted(rows, np.arange(len(frame)), side="right") - 1],
            luma=np.array([value for segment in segments for value in segment.luma]),
            meta=reader.meta,
            backend=backend.name,
            model=model,
            model_sha256=sha256,
            clothes=_between(person.clothes, rows, time_s),
        )
        for person in people
    ]


def _between(known: Floats, rows: NDArray[np.int64], time_s: Floats) -> Floats:
    """Values at all times from those at some rows, by straight lines; NaN next to a row that is."""
    every = np.arange(len(time_s))
    after = np.searchsorted(rows, every)
    before = np.where(rows[after] == every, after, after - 1)
    start_s, length_s = time_s[rows[before]], time_s[rows[after]] - time_s[rows[before]]
    share = np.divide(time_s - start_s, length_s, out=np.zeros(len(every)), where=length_s > 0)
    share = share.reshape(-1, *[1] * (known.ndim - 1))
    return np.where(share > 0, (1 - share) * known[before] + share * known[after], known[before])
