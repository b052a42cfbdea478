"""All clips of a session on one time axis: the curves that the chart draws and that its table lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from mobility_check.assessments import describe
from mobility_check.assessments.session import ClipAnalysis
from mobility_check.kinematics.curves import LegSeries
from mobility_check.kinematics.facing import FacingSegment
from mobility_check.kinematics.landmarks import SIDES, Side, near_side
from mobility_check.kinematics.track import Floats
from mobility_check.results.result import Rep, Result

MAX_POINTS = 1600
"""Points per curve that a page carries; more cannot be told apart on a screen."""
CURVES = ("extension_deg", "thigh_deg", "knee_flexion_deg")


@dataclass(frozen=True, slots=True)
class TimedRep:
    """One rep on the session's axis, seconds; ``place``: index in the side's reps, ``at_s``: where it was measured."""

    side: Side
    place: int
    rep: Rep
    start_s: float
    end_s: float
    at_s: tuple[float, float]

    @property
    def id(self) -> str:
        """What the chart, the buttons and the pictures call it."""
        return f"{self.side}-{self.place}"

    @property
    def seek_s(self) -> float:
        """Where an annotated clip is looked at for it."""
        return round(max((self.rep.hold_s or (self.rep.peak_s, 0.0))[0], 0.0), 2)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Curves over the session's axis, (T,), degrees, NaN where not seen.

    Attributes:
        near, far: the measured angle of each leg, split by whether it was the leg next to the camera.
        starts_s: where each clip begins.
    """

    time_s: Floats
    near: Mapping[Side, Floats]
    far: Mapping[Side, Floats]
    knee: Mapping[Side, Floats]
    trunk: Floats
    reps: tuple[TimedRep, ...]
    starts_s: tuple[float, ...]

    def seen(self, side: Side) -> Floats:
        """The angle of a leg, near or far."""
        return np.where(np.isfinite(self.near[side]), self.near[side], self.far[side])

    def every_half_second(self) -> Iterator[list[float | None]]:
        """Time, left, right and trunk lean, for those who cannot see the chart; ``None`` where not seen."""
        due = -np.inf
        for row in np.column_stack([self.time_s, *map(self.seen, SIDES), self.trunk]).tolist():
            if np.isfinite(row[0]) and not due - 0.5 < row[0] < due:
                due = row[0] + 0.5
                yield [value if np.isfinite(value) else None for value in row]


def timeline(result: Result, clips: tuple[ClipAnalysis, ...]) -> Timeline:
    """Put clips (one at least) one after the other, a second between them, thinned to ``MAX_POINTS``."""
    starts, sign = _starts(result), describe(result.test).curve_sign
    thin = slice(None, None, max(1, -(-sum(len(c.time_s) for c in clips) // MAX_POINTS)))
    is_near = {side: _chain([_near_mask(c, side) for c in clips], thin) for side in SIDES}
    angle = {side: sign * _chain([c.legs[side].extension_deg for c in clips], thin) for side in SIDES}
    return Timeline(
        time_s=_chain([c.time_s + start for c, start in zip(clips, starts, strict=False)], thin),
        near={s: np.where(is_near[s] > 0, angle[s], np.nan) for s in SIDES},
        far={s: np.where(is_near[s] > 0, np.nan, angle[s]) for s in SIDES},
        knee={s: _chain([c.legs[s].knee_flexion_deg for c in clips], thin) for s in SIDES},
        trunk=_chain([c.trunk_lean_deg for c in clips], thin),
        reps=timed_reps(result),
        starts_s=starts,
    )


def timed_reps(result: Result) -> tuple[TimedRep, ...]:
    """All reps of a session in order of time."""
    starts, words, found = _starts(result), describe(result.test), []
    for side in SIDES:
        for place, rep in enumerate(result.sides[side].reps):
            start = starts[min(rep.clip, len(starts) - 1)]
            from_s, to_s = words.value_at_s(rep)
            at_s = from_s + start, to_s + start
            found.append(TimedRep(side, place, rep, rep.start_s + start, rep.end_s + start, at_s))
    return tuple(sorted(found, key=lambda r: r.start_s))


def _starts(result: Result) -> tuple[float, ...]:
    return tuple(accumulate((clip.duration_s + 1.0 for clip in result.inputs[:-1]), initial=0.0))


def _near_mask(clip: ClipAnalysis, side: Side) -> Floats:
    mask = np.zeros(len(clip.time_s))
    for segment in clip.segments:
        if near_side(segment.facing) == side:
            mask[segment.start : segment.stop] = 1.0
    return mask


def _chain(parts: list[Floats], thin: slice) -> Floats:
    """Clips end to end with one empty sample between them, which breaks the line there."""
    return np.concatenate([piece for part in parts for piece in (part[thin], [np.nan])][:-1])


def clips_from_curves(curves: Mapping[str, Any] | None, result: Result) -> tuple[ClipAnalysis, ...]:
    """Angle curves that a history kept (see ``history.curves``), one analysis per clip; empty when none were kept.

    Raises:
        KeyError: a clip lacks one of its fields.
    """
    rows = curves["clips"] if curves else []
    return tuple(_clip(row, result, clip=i) for i, row in enumerate(rows))


def _clip(row: Mapping[str, Any], result: Result, *, clip: int) -> ClipAnalysis:
    time_s = np.array(row["time_s"], dtype=np.float64)
    unseen = dict.fromkeys(CURVES, np.full(len(time_s), np.nan))
    legs = {side: row["legs"].get(side) or unseen for side in SIDES}
    return ClipAnalysis(
        time_s,
        np.array(row["trunk_lean_deg"], dtype=np.float64),  # None becomes NaN
        {side: LegSeries(*(np.array(leg[name], dtype=np.float64) for name in CURVES)) for side, leg in legs.items()},
        tuple(_segment(s, time_s) for s in row["facing"]),
        tuple((a, b) for a, b in row["neutral_spans_s"]),
        {side: tuple(r for r in result.sides[side].reps if r.clip == clip) for side in SIDES},
    )


def _segment(row: Mapping[str, Any], time_s: Floats) -> FacingSegment:
    start, stop = np.searchsorted(time_s, [row["start_s"] - 1e-3, row["end_s"] + 1e-3]).tolist()
    return FacingSegment(start, stop, row["facing"])
