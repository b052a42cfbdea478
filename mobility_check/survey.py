"""The first pass over a clip: landmarks of everybody in it, at a modest rate, on every core.

A clip is cut into stretches of a few seconds, each looked at by a landmarker of its own in a thread of its own (the
model and the decoder both release the interpreter). Where the cuts lie depends on the clip alone, so the number of
threads never changes a number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mobility_check.core.landmarks import N_LANDMARKS
from mobility_check.core.people import Seen, link_people
from mobility_check.core.track import PoseTrack
from mobility_check.pose.base import Backend, Estimator
from mobility_check.settings import Settings
from mobility_check.video.source import ClipReader, Frame

STRETCH_S = 5.0
RUN_IN = 3
"""Times the first picture of a stretch is shown before it counts: the landmarker's filter settles without decoding
pictures before the cut."""
HEIGHT_PX = 720
"""The survey looks at pictures of at most this height; the model itself sees 256 x 256 of the person."""
SCOUT_STEP_S = 1.5
SCOUT_PICTURES = 24
MAX_PEOPLE = 4
LUMA_STRIDE = 8

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Look:
    """One looked-at frame: everybody in it, in pixels of the full upright picture."""

    index: int
    time_s: float
    people: tuple[Seen, ...]
    luma: float


def survey(
    reader: ClipReader, backend: Backend, settings: Settings, *, on_progress: Progress | None = None
) -> list[PoseTrack]:
    """One track per person seen in the clip (at least one, perhaps empty of landmarks).

    Raises:
        InputError, ModelError: the clip or the model cannot be read.
    """
    people = _count_people(reader, backend, settings)
    chosen = sorted(reader.sampled(settings.survey_step_s))
    stretches = _cut(reader, chosen)
    done, lock, stop = [0], threading.Lock(), threading.Event()

    def look(indices: list[int]) -> list[Look]:
        looks: list[Look] = []
        with backend.video(settings.survey_model, max_people=people) as estimator:
            for frame in reader.frames_at(indices, max_height_px=_height(reader)):
                if stop.is_set():
                    break
                looks.append(_look(reader, estimator, frame, run_in=not looks))
                with lock:
                    done[0] += 1
                    if on_progress:
                        on_progress(done[0] / len(chosen))
        return looks

    looks = [look_ for part in _in_threads(look, stretches, settings, stop) for look_ in part]
    return _tracks(reader, looks, backend, settings)


def _in_threads(
    work: Callable[[list[int]], list[Look]], parts: Sequence[list[int]], settings: Settings, stop: threading.Event
) -> list[list[Look]]:
    """Like ``map``, in threads; on any error or Ctrl-C the others are told to stop, and are waited for."""
    with ThreadPoolExecutor(max_workers=settings.threads) as pool:
        futures = [pool.submit(work, part) for part in parts]
        try:
            return [f.result() for f in futures]
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _height(reader: ClipReader) -> int | None:
    return HEIGHT_PX if reader.meta.height_px > HEIGHT_PX else None


def _cut(reader: ClipReader, chosen: list[int]) -> list[list[int]]:
    """Split the chosen frames near every ``STRETCH_S``, at a key frame where one is near, for decoding starts there."""
    times = reader.time_s
    keys = times[reader.key_frames]
    cuts = []
    for due in np.arange(STRETCH_S, float(times[-1]) - STRETCH_S / 2, STRETCH_S):
        near = keys[np.abs(keys - due) <= STRETCH_S / 2]
        cuts.append(float(near[np.argmin(np.abs(near - due))]) if len(near) else float(due))
    parts = np.split(np.array(chosen), np.searchsorted(times[chosen], sorted(set(cuts))))
    return [[int(i) for i in part] for part in parts if len(part)]


def _look(reader: ClipReader, estimator: Estimator, frame: Frame, *, run_in: bool) -> Look:
    if run_in:
        for k in range(RUN_IN, 0, -1):
            estimator.estimate(frame.image, frame.time_s - k / 15)
    poses = estimator.estimate(frame.image, frame.time_s)
    scale = reader.meta.height_px / frame.image.shape[0]
    people = tuple(Seen(p.xy_px * scale, p.visibility) for p in poses)
    return Look(frame.index, frame.time_s, people, float(frame.image[::LUMA_STRIDE, ::LUMA_STRIDE].mean()))


def _count_people(reader: ClipReader, backend: Backend, settings: Settings) -> int:
    """How many people to follow: the most that are seen at once in a few pictures spread over the clip."""
    n = len(reader.time_s)
    pictures = int(min(SCOUT_PICTURES, max(2, reader.meta.duration_s / SCOUT_STEP_S), n))
    indices = np.unique(np.linspace(0, n - 1, pictures).astype(int))
    most = 1
    with backend.stills(settings.survey_model, max_people=MAX_PEOPLE) as estimator:
        for frame in reader.frames_at([int(i) for i in indices], max_height_px=_height(reader)):
            most = max(most, len(estimator.estimate(frame.image, frame.time_s)))
    return most


def _tracks(reader: ClipReader, looks: list[Look], backend: Backend, settings: Settings) -> list[PoseTrack]:
    time_s = np.array([look.time_s for look in looks])
    people = link_people([look.people for look in looks], time_s)
    if not people:
        nobody = np.full((len(looks), N_LANDMARKS, 2), np.nan)
        people = [(nobody, nobody[..., 0])]
    model, sha256 = backend.identity(settings.model)
    return [
        PoseTrack(
            time_s=time_s, frame=np.array([look.index for look in looks], dtype=np.int64), xy_px=xy, visibility=vis,
            people=np.array([len(look.people) for look in looks], dtype=np.int64),
            luma=np.array([look.luma for look in looks]), meta=reader.meta, backend=backend.name, model=model,
            model_sha256=sha256,
        )
        for xy, vis in people
    ]  # fmt: skip
