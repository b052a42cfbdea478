"""Runs the second look at quiet standing and holds of a surveyed clip and puts what it gave into the track."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

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
from mobility_check.pose.base import Backend, Pose
from mobility_check.settings import Settings
from mobility_check.video.outline import crop, measure_edges
from mobility_check.video.source import Frame

Progress = Callable[[float], None]
FrameGetter = Callable[[Sequence[int]], Iterable[Frame]]
"""Gives the frames of these clip indices, full size, in rising order."""

N_VARIANTS = 4
"""Axis of ``Looks.landmarks_px``: heavy plain and mirrored, then the quick model (or the only one) the same way."""
WAITING = 1
"""Frames whose slow looks may be going on; they are held at full size."""


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
    looks: list[Looks] = []
    for look in _all_looks({p.frame: p for p in plans}, get_frames, backend, settings):
        looks.append(look)
        if on_progress:
            on_progress(len(looks) / len(plans))
    return replace(track, extra={**track.extra, **_joined(looks).as_arrays()})


def _all_looks(
    plans: dict[int, LookPlan], get_frames: FrameGetter, backend: Backend, settings: Settings
) -> Iterator[Looks]:
    """The looks in rising order of frames.

    This thread decodes, runs the quick model and measures outlines. The slow model sees the plain crops in a second
    thread and the mirrored ones in a third; only the one for the plain crops pays the memory that masks take.
    """
    slow_name, quick_name = settings.look_models
    alone = settings.threads == 1
    with ExitStack() as stack, ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(1) as third:
        made = [beside.submit(backend.stills, slow_name, masks=True)]
        made += [] if alone else [third.submit(backend.stills, slow_name)]
        quick = stack.enter_context(backend.stills(quick_name)) if quick_name else None
        slow_models = [stack.enter_context(future.result()) for future in made]
        plain, mirrored = slow_models[0], slow_models[-1]
        submit = [_at_once, _at_once] if alone else [beside.submit, third.submit]
        waiting: deque[_Glance] = deque()
        for frame in get_frames(sorted(plans)):
            crops = [crop(frame.image, plans[frame.index].affine, mirrored=m) for m in (False, True)]
            slow = [submit[i](model.estimate, crops[i], 0.0) for i, model in enumerate((plain, mirrored))]
            seen = [quick.estimate(c, 0.0) for c in crops] if quick else []
            waiting.append(_Glance(frame, plans[frame.index], slow, seen))
            if len(waiting) > WAITING:
                yield _finished(waiting.popleft())
        yield from map(_finished, waiting)


@dataclass(frozen=True, slots=True)
class _Glance:
    """A frame whose slow looks may still be going on; each pair is of the plain and the mirrored crop."""

    frame: Frame
    plan: LookPlan
    slow: Sequence[Future[tuple[Pose, ...]]]
    quick: Sequence[tuple[Pose, ...]]


def _at_once(work: Callable[..., tuple[Pose, ...]], *args: Any) -> Future[tuple[Pose, ...]]:
    future: Future[tuple[Pose, ...]] = Future()
    future.set_result(work(*args))
    return future


def _finished(glance: _Glance) -> Looks:
    """All variants of one frame, and the outline from the slow model's plain look."""
    frame, plan = glance.frame, glance.plan
    slow = [future.result() for future in glance.slow]
    landmarks = np.full((N_VARIANTS, N_LANDMARKS, 2), np.nan)
    for variant, people in enumerate((*slow, *glance.quick) if glance.quick else ((), (), *slow)):
        if people:
            landmarks[variant] = to_full_picture(people[0].xy_px, plan.affine, mirrored=bool(variant % 2))
    lines, edges = np.full((N_LINES, 4), np.nan), np.full((N_EDGES, len(EDGE_STATIONS)), np.nan)
    if slow[0] and (mask := slow[0][0].mask) is not None:
        lines, edges = measure_edges(frame.image, mask, plan.affine, middle_of_variants(landmarks), plan.facing)
    return Looks(np.array([frame.index], dtype=np.int64), landmarks[None], lines[None], edges[None])


def _joined(looks: list[Looks]) -> Looks:
    looks = sorted(looks, key=lambda look: int(look.frame[0]))
    names: tuple[str, ...] = ("landmarks_px", "line_px", "edge_px")
    arrays: list[Floats] = [np.concatenate([getattr(look, name) for look in looks]) for name in names]
    return Looks(np.concatenate([look.frame for look in looks]), *arrays)
