"""Runs the second look at quiet standing and holds of a surveyed clip and puts what it gave into the track."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mobility_check.core.landmarks import N_LANDMARKS
from mobility_check.core.looks import (
    EDGE_STATIONS,
    N_EDGES,
    N_LINES,
    LookPlan,
    Looks,
    StretchFrames,
    middle_of_variants,
    plan_looks,
    to_full_picture,
)
from mobility_check.core.track import Floats, PoseTrack
from mobility_check.pose.base import Backend, Estimator, Pose
from mobility_check.settings import Settings
from mobility_check.video.outline import crop, measure_edges
from mobility_check.video.source import Frame

Progress = Callable[[float], None]
FrameGetter = Callable[[Sequence[int]], Iterable[Frame]]
"""Gives the frames of these clip indices, full size, in rising order."""

N_VARIANTS = 4
"""Axis of ``Looks.landmarks_px``: first model plain and mirrored, second model plain and mirrored."""


def second_look(
    track: PoseTrack,
    stretches: Sequence[StretchFrames],
    get_frames: FrameGetter,
    *,
    backend: Backend,
    settings: Settings,
    on_progress: Progress | None = None,
) -> PoseTrack:
    """The track with careful looks at its standing and holds; unchanged if there is nothing to look at.

    Args:
        track: of the survey.
        stretches: which clip frames are standing and holds.
        get_frames: gives full-size frames of the clip.

    Raises:
        ModelError: a model is missing or damaged.
    """
    plans = plan_looks(track.xy_px, track.frame, stretches)
    if not plans:
        return track
    threads = min(settings.threads, len(plans))
    # neighbours stay together, so that each thread decodes its own part of the clip only
    bounds = [len(plans) * i // threads for i in range(threads + 1)]
    parts = [plans[a:b] for a, b in pairwise(bounds)]
    done, lock = [0], threading.Lock()

    def tick() -> None:
        with lock:
            done[0] += 1
            if on_progress:
                on_progress(done[0] / len(plans))

    with ThreadPoolExecutor(max_workers=threads) as pool:
        found = list(pool.map(lambda part: _look_at(part, get_frames, backend, settings, tick), parts))
    looks = _joined([look for part in found for look in part])
    return replace(track, extra={**track.extra, **looks.as_arrays()})


def _look_at(
    plans: list[LookPlan], get_frames: FrameGetter, backend: Backend, settings: Settings, tick: Callable[[], None]
) -> list[Looks]:
    by_frame = {p.frame: p for p in plans}
    with ExitStack() as stack:
        models = [
            None if name is None else stack.enter_context(backend.stills(name, masks=i == masked))
            for masked in [0 if settings.look_models[0] else 1]
            for i, name in enumerate(settings.look_models)
        ]
        looks = []
        for frame in get_frames(sorted(by_frame)):
            looks.append(_look(frame, by_frame[frame.index], models))
            tick()
        return looks


def _look(frame: Frame, plan: LookPlan, models: Sequence[Estimator | None]) -> Looks:
    """All variants of one frame, and the outline from the first model's plain look."""
    landmarks = np.full((N_VARIANTS, N_LANDMARKS, 2), np.nan)
    mask = None
    for m, model in enumerate(models):
        if model is None:
            continue
        for mirrored in (False, True):
            pose = _best(model.estimate(crop(frame.image, plan.affine, mirrored=mirrored), 0.0))
            if pose is None:
                continue
            landmarks[2 * m + mirrored] = to_full_picture(pose.xy_px, plan.affine, mirrored=mirrored)
            if pose.mask is not None and not mirrored:
                mask = pose.mask
    lines, edges = np.full((N_LINES, 4), np.nan), np.full((N_EDGES, len(EDGE_STATIONS)), np.nan)
    if mask is not None:
        lines, edges = measure_edges(frame.image, mask, plan.affine, middle_of_variants(landmarks), plan.facing)
    return Looks(np.array([frame.index], dtype=np.int64), landmarks[None], lines[None], edges[None])


def _best(people: tuple[Pose, ...]) -> Pose | None:
    return people[0] if people else None


def _joined(looks: list[Looks]) -> Looks:
    looks = sorted(looks, key=lambda look: int(look.frame[0]))
    names: tuple[str, ...] = ("landmarks_px", "line_px", "edge_px")
    arrays: list[Floats] = [np.concatenate([getattr(look, name) for look in looks]) for name in names]
    return Looks(np.concatenate([look.frame for look in looks]), *arrays)
