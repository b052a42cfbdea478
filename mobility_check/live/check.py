"""One live check without a screen: frames with their times go in, a :class:`View` comes out of each, then a session.

The window, the text mode and the page drive it alike::

    with LiveCheck() as check:
        while not check.feed(frame).done:
            ...
    session = check.finish()
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress

import numpy as np

from mobility_check import pipeline
from mobility_check.assessments.session import Session
from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats
from mobility_check.live.engine import Engine
from mobility_check.live.follower import TrackBuilder
from mobility_check.live.view import Keep, Observation, View
from mobility_check.pose.base import Backend, OnProgress, Pose
from mobility_check.pose.lending import Lending
from mobility_check.refinement.frames import PlannedFrame
from mobility_check.refinement.refine import refine_frames
from mobility_check.settings import Settings
from mobility_check.text import public_address
from mobility_check.video.jpeg import decode_jpeg, encode_jpeg
from mobility_check.video.source import Frame

MIN_STEP_S = {"hold": 0.06, "quiet": 0.12}
NEAR_S = 0.12
"""A picture that was not kept is replaced by one this near in time: in a hold or in standing they show the same."""
JPEG_QUALITY = 93
"""Good enough that a model sees the same in the picture."""
MAX_BYTES = 28 * 2**20
LUMA_STRIDE = 8
COUNT_EVERY_S = 2.0
"""How often people are counted in set-up; the followed person is looked at in every frame."""
TEST = "kick-back"


class FrameBuffer:
    """JPEG pictures by their time. Beyond ``max_bytes`` every second picture of quiet standing goes, then of holds."""

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: dict[float, tuple[Keep, bytes]] = {}
        self._offered_s: dict[int, float] = {}
        self._last_s: dict[Keep, float] = {}
        self._turn = threading.Lock()
        self.bytes = 0

    def offer(self, frame: Frame, why: Keep) -> None:
        """Keep the picture unless one was kept for the same reason just before."""
        self._offered_s[frame.index] = frame.time_s
        if frame.time_s in self._kept or frame.time_s - self._last_s.get(why, -1e9) < MIN_STEP_S[why]:
            return
        self._last_s[why] = frame.time_s
        jpeg, _, _ = encode_jpeg(frame.image, quality=JPEG_QUALITY)
        with self._turn:
            self._kept[frame.time_s] = (why, jpeg)
            self.bytes += len(jpeg)
            while self.bytes > self._max_bytes:
                quiet = [time_s for time_s, (why, _) in self._kept.items() if why == "quiet"]
                for time_s in (quiet if len(quiet) > 1 else list(self._kept))[::2]:
                    self.bytes -= len(self._kept.pop(time_s)[1])

    def frames(self, indices: Sequence[int]) -> Iterator[Frame]:
        """The frames of these indices that were offered, each as itself or as the kept one nearest in time."""
        for index in sorted(set(indices) & set(self._offered_s)):
            time_s = self._offered_s[index]
            with self._turn:
                nearest_s = min(self._kept, key=lambda kept_s: abs(kept_s - time_s))
                jpeg = self._kept[nearest_s][1]
            if abs(nearest_s - time_s) <= NEAR_S:
                yield Frame(index, time_s, decode_jpeg(jpeg))

    @property
    def time_s(self) -> Floats:
        """Times of the kept frames, rising: with :meth:`frames_at` the buffer serves a report like a clip."""
        return np.array(sorted(self._kept))

    def frames_at(self, indices: Sequence[int], *, max_height_px: int | None = None) -> Iterator[Frame]:
        """The kept frames at these places of :attr:`time_s`, as large as they are."""
        kept = sorted(self._kept.items())
        for index in indices:
            yield Frame(index, kept[index][0], decode_jpeg(kept[index][1][1]))


class Hurried(Exception):  # noqa: N818 - not a fault, a wish
    """The session was asked to end a second time, while it was being measured."""


class LiveCheck:
    """A session from the first frame to its result; the ``with`` block holds the models.

    The refinement pass runs beside it, one request at a time in a thread of its own, so that a kick's angle is told as
    it will be stored.

    Attributes:
        engine: the flow; for views before the first frame and after the last.
        frames: frames of holds and neutral stance, kept in memory.
        fed: how many frames the model has seen.
        xy_px: (33, 2) landmarks in the frame that was fed last; ``None`` when nobody was seen.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        name: str = "live",
        reps: int = 3,
        targets: Mapping[Side, float] | None = None,
        backend: Backend | None = None,
    ) -> None:
        """Prepare a session of ``reps`` kicks per leg; ``targets`` are the scores of the person's last one.

        Raises:
            UsageError: the live check knows no such test.
            ModelError: the model is missing or damaged.
        """
        settings, self._backend = settings or Settings(), backend or pipeline.default_backend()
        if settings.test != TEST:
            raise UsageError(
                "The live check does the {measured}; measure a {test} from a clip with: analyze",
                measured=TEST,
                test=settings.test,
            )
        params = dataclasses.replace(settings.params, reps=dataclasses.replace(settings.params.reps, wanted=reps))
        self._settings = dataclasses.replace(settings, params=params)
        builder = TrackBuilder(public_address(name), self._backend.name, *self._backend.identity(settings.model))
        self.engine = Engine(settings=self._settings, targets=targets or {}, builder=builder, refines=True)
        self.frames = FrameBuffer()
        self.fed = 0
        self.xy_px: Floats | None = None
        self._counted_s, self._people, self._counting = -np.inf, 1, True
        self._over = threading.Event()
        self._refining: Future[None] | None = None

    def __enter__(self) -> LiveCheck:
        model = self._settings.tracking_model
        with ExitStack() as opening:
            self._tracker = opening.enter_context(self._backend.video(model))
            self._counter = opening.enter_context(self._backend.stills(model, max_people=2))
            self._lending = opening.enter_context(Lending(self._backend))
            self._pool = opening.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="refinement"))
            opening.callback(self._over.set)
            self._tracker.estimate(np.zeros((256, 256, 3), dtype=np.uint8), -1.0)  # the first call is many times slower
            self._models = opening.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._models.close()

    def feed(self, frame: Frame, *, on_seen: Callable[[Floats | None], None] | None = None) -> View:
        """Look at one frame; one call at a time.

        Args:
            frame: not mirrored; of any origin in time, later than the last; frames may have been left out.
            on_seen: told the landmarks as soon as they are found; the view takes longer.

        Raises:
            ModelError: a model of the refinement pass is missing.
        """
        self.fed += 1
        image = frame.image
        poses = self._tracker.estimate(image, frame.time_s)
        person = poses[0] if poses else None
        self.xy_px = person.xy_px if person else None
        if on_seen is not None:
            on_seen(self.xy_px)
        view = self.engine.observe(
            Observation(
                time_s=frame.time_s,
                xy_px=self.xy_px,
                visibility=person.visibility if person else None,
                size_px=(image.shape[1], image.shape[0]),
                people=self._count(frame, poses),
                luma=float(image[::LUMA_STRIDE, ::LUMA_STRIDE].mean()),
                index=frame.index,
            )
        )
        self._counting = view.state in ("setup", "turn")
        if view.keep is not None:
            self.frames.offer(frame, view.keep)
        self._refine_beside()
        return view

    def finish(
        self, *, frames: int | None = None, notes: Sequence[str] = (), on_progress: OnProgress | None = None
    ) -> Session:
        """Measure what was seen until now, as if it were a recorded clip.

        Args:
            frames: how many the camera gave; the model may have seen fewer.
            notes: codes of ``results.reasons`` about the recording.
            on_progress: told the share done; when it raises ``Hurried``, the refinement pass is left out and the
                intervals are wider.

        Raises:
            ModelError: a model of the refinement pass is missing.
        """
        found = pipeline.find_movements(self.engine.builder.track(frames=frames, notes=notes), settings=self._settings)
        with suppress(Hurried):
            found = pipeline.refine_clip(
                found, self.frames.frames, settings=self._settings, backend=self._backend, on_progress=on_progress
            )
        return pipeline.assess_clips([found], settings=self._settings)

    def _count(self, frame: Frame, poses: Sequence[Pose]) -> int:
        """People in the frame; beyond the followed one they are looked for only now and then, and not in a kick."""
        if self._counting and frame.time_s - self._counted_s >= COUNT_EVERY_S:
            self._counted_s = frame.time_s
            self._people = len(self._counter.estimate(frame.image, 0.0))
        return min(len(poses), 1) if self._people < 2 else self._people

    def _refine_beside(self) -> None:
        """Ask for what should be refined next when the last request is done."""
        if self._refining is not None and self._refining.done():
            self._refining.result()
            self._refining = None
        if self._refining is None and (planned := self.engine.follower.to_refine()):
            self._refining = self._pool.submit(self._refine, planned)

    def _refine(self, planned: Sequence[PlannedFrame]) -> None:
        alone = dataclasses.replace(self._settings, workers=1)  # the other cores belong to the camera
        for refined in refine_frames(planned, self.frames.frames, backend=self._lending, settings=alone):
            self.engine.follower.take(refined)
            if self._over.is_set():
                return
