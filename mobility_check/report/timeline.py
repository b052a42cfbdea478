"""All clips of a session on one time axis: the curves that the chart draws and that its table lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mobility_check.assessments.session import ClipAnalysis
from mobility_check.kinematics.landmarks import SIDES, Side, near_side
from mobility_check.kinematics.track import Floats
from mobility_check.report.data import hold_of
from mobility_check.results.result import Rep, Result

MAX_POINTS = 1600
"""Points per curve that a page carries; more cannot be told apart on a screen."""


@dataclass(frozen=True, slots=True)
class Kick:
    """One kick on the session's axis, seconds; ``place`` is its index in the side's reps."""

    side: Side
    place: int
    rep: Rep
    start_s: float
    end_s: float
    hold_s: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Curves over the session's axis, (T,), degrees, NaN where not seen.

    Attributes:
        near, far: extension of each leg, split by whether it was the leg next to the camera.
        starts_s: where each clip begins.
    """

    time_s: Floats
    near: Mapping[Side, Floats]
    far: Mapping[Side, Floats]
    knee: Mapping[Side, Floats]
    trunk: Floats
    kicks: tuple[Kick, ...]
    starts_s: tuple[float, ...]


def timeline(result: Result, clips: tuple[ClipAnalysis, ...]) -> Timeline:
    """Put clips one after the other, with a break of a second between them, thinned to ``MAX_POINTS``."""
    starts = _starts(result)
    thin = slice(None, None, max(1, -(-sum(len(c.time_s) for c in clips) // MAX_POINTS)))
    is_near = {side: _chain([_near_mask(c, side) for c in clips], thin) for side in SIDES}
    extension = {side: _chain([c.legs[side].extension_deg for c in clips], thin) for side in SIDES}
    return Timeline(
        time_s=_chain([c.time_s + start for c, start in zip(clips, starts, strict=False)], thin),
        near={s: np.where(is_near[s] > 0, extension[s], np.nan) for s in SIDES},
        far={s: np.where(is_near[s] > 0, np.nan, extension[s]) for s in SIDES},
        knee={s: _chain([c.legs[s].knee_flexion_deg for c in clips], thin) for s in SIDES},
        trunk=_chain([c.trunk_lean_deg for c in clips], thin),
        kicks=kicks(result),
        starts_s=starts,
    )


def kicks(result: Result) -> tuple[Kick, ...]:
    """All kicks of a session in order of time."""
    starts = _starts(result)
    found = [_kick(side, i, rep, starts[rep.clip]) for side in SIDES for i, rep in enumerate(result.sides[side].reps)]
    return tuple(sorted(found, key=lambda k: k.start_s))


def _kick(side: Side, place: int, rep: Rep, offset_s: float) -> Kick:
    hold = hold_of(rep)
    return Kick(
        side, place, rep, rep.start_s + offset_s, rep.end_s + offset_s, (hold[0] + offset_s, hold[1] + offset_s)
    )


def _starts(result: Result) -> tuple[float, ...]:
    starts = [0.0]
    for clip in result.inputs:
        starts.append(starts[-1] + clip.duration_s + 1.0)
    return tuple(starts[:-1]) or (0.0,)


def _near_mask(clip: ClipAnalysis, side: Side) -> Floats:
    mask = np.zeros(len(clip.time_s))
    for segment in clip.segments:
        if near_side(segment.facing) == side:
            mask[segment.start : segment.stop] = 1.0
    return mask


def _chain(parts: list[Floats], thin: slice) -> Floats:
    """Clips end to end with one empty sample between them, which breaks the line there."""
    joined: list[Floats] = []
    for part in parts:
        joined += [part[thin], np.array([np.nan])]
    return np.concatenate(joined[:-1]) if joined else np.empty(0)
