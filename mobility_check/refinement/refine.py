"""Runs the refinement pass over the quiet standing and the holds of a clip that was tracked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import Floats, PoseTrack, RefinedFrames
from mobility_check.memory import give_back
from mobility_check.pose.base import Backend, Estimator, OnProgress, Pose, RgbImage
from mobility_check.pose.lending import Lending
from mobility_check.refinement.frames import (
    EDGE_STATIONS,
    MAP_PLACES,
    MAP_STATIONS,
    N_EDGES,
    N_LINES,
    PlannedFrame,
    SegmentFrames,
    legs_as_tracked,
    middle_of_variants,
    plan_frames,
    same_person,
    to_full_picture,
)
from mobility_check.settings import Settings
from mobility_check.video.prefetch import prefetch
from mobility_check.video.silhouette import crop, measure_edges
from mobility_check.video.source import Frame

FrameGetter = Callable[[Sequence[int]], Iterable[Frame]]
"""Gives the frames of these clip indices, full size, in rising order."""

N_VARIANTS = 4
"""Axis of ``RefinedFrames.landmarks_px``: heavy plain and mirrored, then the tracking model the same way."""
WAITING = 1
"""Frames that the slow model may be working on; they are held at full size."""
FAR_PX, AHEAD = 100e6, 1
"""Pixels decoded on the way to each refined frame from which decoding is the work (slow motion, 4K), and has a thread
of its own; so many frames that it makes ready."""
COSTLY_PX_PER_S = 200e6
"""Pixels in a second of a clip (slow motion, 4K) from which frames soon after a key frame are refined rather than those
between: the same hold, for a fraction of the decoding."""
TIDY_EVERY = 32
"""Frames after which freed memory goes back to the system; ten minutes of kicks take hundreds."""


def refine(
    track: PoseTrack,
    segments: Sequence[SegmentFrames],
    get_frames: FrameGetter,
    *,
    backend: Backend,
    settings: Settings,
    entries: NDArray[np.int64] | None = None,
    on_progress: OnProgress | None = None,
) -> RefinedFrames | None:
    """The refined frames of the track's standing and holds; ``None`` if there are none to refine.

    Args:
        track: of the tracking pass.
        segments: which clip frames are standing and holds.
        get_frames: gives full-size frames of the clip.
        entries: frames where its decoding can start, if any.

    Raises:
        ModelError: a model is missing or damaged.
    """
    meta = track.meta
    costly = meta.fps * meta.width_px * meta.height_px > COSTLY_PX_PER_S
    plans = plan_frames(
        track.xy_px,
        track.frame,
        segments,
        density=settings.refinement_density,
        entries=entries if costly else None,
    )
    if not plans:
        return None
    decoded_px = meta.frames * meta.width_px * meta.height_px
    if settings.threads > 1 and decoded_px > FAR_PX * len(plans):
        get_frames = _beside(get_frames)
    done: list[RefinedFrames] = []
    for frame in refine_frames(plans, get_frames, backend=backend, settings=settings):
        done.append(frame)
        if len(done) % TIDY_EVERY == 0:
            give_back()
        if on_progress:
            on_progress(len(done) / len(plans))
    return joined(done)


def _beside(get_frames: FrameGetter) -> FrameGetter:
    """Decoding in a thread of its own; where the models keep the cores busy it would cost 4 % of the time instead."""
    return lambda indices: prefetch(get_frames(indices), depth=AHEAD)


def refine_frames(
    planned: Sequence[PlannedFrame], get_frames: FrameGetter, *, backend: Backend, settings: Settings
) -> Iterator[RefinedFrames]:
    """The planned frames, refined one by one, in rising order.

    This thread decodes (or has it done), runs the quick model and measures edges. The slow model sees the crops in
    a second thread; with more than two cores the mirrored ones in a third. A slow model takes 130 MB, and on two cores
    another gains a tenth of the time only.
    """
    slow_name, quick_name = settings.refinement_models
    plans = {p.frame: p for p in planned}
    with ExitStack() as stack:
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(2 if settings.threads > 2 else 1)]
        made = [pool.submit(backend.stills, slow_name, masks=pool is pools[0]) for pool in pools]
        quick = stack.enter_context(backend.stills(quick_name)) if quick_name else None
        models = [stack.enter_context(future.result()) for future in made]
        for pool in pools:  # interrupted, a model that is closed while it works takes the whole process with it
            stack.callback(pool.shutdown, cancel_futures=True)
        beside = settings.threads > 1
        seats = [_seat(model, pool if beside else None) for pool, model in zip(pools, models, strict=True)]
        waiting: deque[_FrameInWork] = deque()
        for frame in get_frames(sorted(plans)):
            crops = [crop(frame.image, plans[frame.index].affine, mirrored=m) for m in (False, True)]
            slow = [seat(c) for seat, c in zip((seats[0], seats[-1]), crops, strict=True)]
            seen = [quick.estimate(c, 0.0) for c in crops] if quick else []
            waiting.append(_FrameInWork(frame, plans[frame.index], slow, seen))
            if len(waiting) > WAITING:
                yield _finished(waiting.popleft())
        yield from map(_finished, waiting)


def open_slow_model(lending: Lending, settings: Settings) -> None:
    """Open the model that takes longest, while there is time; the quick one would only be one more in memory."""
    lending.stills(settings.refinement_models[0], masks=True)


@dataclass(frozen=True, slots=True)
class _FrameInWork:
    """A frame that the slow model may still be working on; each pair is of the plain and the mirrored crop."""

    frame: Frame
    plan: PlannedFrame
    slow: Sequence[Future[tuple[Pose, ...]]]
    quick: Sequence[tuple[Pose, ...]]


def _seat(model: Estimator, pool: ThreadPoolExecutor | None) -> Callable[[RgbImage], Future[tuple[Pose, ...]]]:
    """Gives a model one crop after the other: in its thread, or at once where there is none."""
    if pool is not None:
        return lambda image: pool.submit(model.estimate, image, 0.0)

    def at_once(image: RgbImage) -> Future[tuple[Pose, ...]]:
        future: Future[tuple[Pose, ...]] = Future()
        future.set_result(model.estimate(image, 0.0))
        return future

    return at_once


def _finished(work: _FrameInWork) -> RefinedFrames:
    """All variants of one frame, and the silhouette from the slow model's plain crop."""
    frame, plan = work.frame, work.plan
    slow = [future.result() for future in work.slow]
    landmarks = np.full((N_VARIANTS, N_LANDMARKS, 2), np.nan)
    for variant, people in enumerate((*slow, *work.quick) if work.quick else ((), (), *slow)):
        for person in people[:1]:
            points = to_full_picture(person.xy_px, plan.affine, mirrored=bool(variant % 2))
            if same_person(points, plan.tracked_px):
                landmarks[variant] = legs_as_tracked(points, plan.tracked_px)
    lines, edges = np.full((N_LINES, 4), np.nan), np.full((N_EDGES, len(EDGE_STATIONS)), np.nan)
    maps = np.full((2, len(MAP_STATIONS), len(MAP_PLACES)), np.nan)
    plain = 0 if work.quick else 2
    if np.isfinite(landmarks[plain]).all() and (mask := slow[0][0].mask) is not None:
        lines, edges, maps = measure_edges(frame.image, mask, plan.affine, middle_of_variants(landmarks), plan.facing)
    return RefinedFrames(np.array([frame.index], dtype=np.int64), landmarks[None], lines[None], edges[None], maps[None])


def joined(frames: Sequence[RefinedFrames]) -> RefinedFrames:
    """All of them as one, in rising order of frames."""
    frames = sorted(frames, key=lambda f: int(f.frame[0]))
    names: tuple[str, ...] = ("landmarks_px", "line_px", "edge_px", "edge_map")
    arrays: list[Floats] = [np.concatenate([getattr(f, name) for f in frames]) for name in names]
    return RefinedFrames(np.concatenate([f.frame for f in frames]), *arrays)
