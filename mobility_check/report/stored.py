"""Angle curves that a history kept, as plain JSON, back to what the report draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mobility_check.assessments.session import ClipAnalysis
from mobility_check.kinematics.curves import LegSeries
from mobility_check.kinematics.facing import FacingSegment
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.kinematics.track import Floats
from mobility_check.results.result import Result


def clips_from_curves(curves: Mapping[str, Any] | None, result: Result) -> tuple[ClipAnalysis, ...]:
    """One analysis per clip; empty when no curves were kept.

    Args:
        curves: ``{"clips": [{"time_s", "trunk_lean_deg", "legs": {side: {"extension_deg", "thigh_deg",
            "knee_flexion_deg"}}, "facing": [{"start_s", "end_s", "facing"}], "neutral_spans_s"}]}``; ``None`` in
            a list is "not seen".
        result: the session they belong to.

    Raises:
        KeyError: a clip lacks one of these.
    """
    rows = curves["clips"] if curves else []
    return tuple(_clip(row, result, clip=i) for i, row in enumerate(rows))


def _clip(row: Mapping[str, Any], result: Result, *, clip: int) -> ClipAnalysis:
    time_s = _numbers(row["time_s"])
    unseen = np.full(len(time_s), np.nan)
    legs = {}
    for side in SIDES:
        leg = row["legs"].get(side)
        names = ("extension_deg", "thigh_deg", "knee_flexion_deg")
        legs[side] = LegSeries(*(_numbers(leg[name]) if leg else unseen for name in names))
    return ClipAnalysis(
        time_s,
        _numbers(row["trunk_lean_deg"]),
        legs,
        tuple(_segment(s, time_s) for s in row["facing"]),
        tuple((a, b) for a, b in row["neutral_spans_s"]),
        {side: tuple(r for r in result.sides[side].reps if r.clip == clip) for side in SIDES},
    )


def _segment(row: Mapping[str, Any], time_s: Floats) -> FacingSegment:
    start = int(np.searchsorted(time_s, row["start_s"] - 1e-3))
    return FacingSegment(start, int(np.searchsorted(time_s, row["end_s"] + 1e-3)), row["facing"])


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
