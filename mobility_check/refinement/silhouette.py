"""What the silhouette tells of the trunk: its motion between two phases."""

from __future__ import annotations

import numpy as np

from mobility_check.kinematics.landmarks import Facing
from mobility_check.kinematics.signals import nan_median
from mobility_check.kinematics.track import Floats, RefinedFrames
from mobility_check.refinement.frames import EDGE_STATIONS, TRUNK_LINE, back_normal

TRUNK_SPAN = (-0.10, 0.90)
"""Part of the trunk line over which its edges are compared."""
MIN_POINTS = 6
ROUNDS = 12
MIN_SCATTER_PX = 0.3


def robust_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Cauchy-weighted straight line: value at 0 and slope; NaN with too few points."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < MIN_POINTS:
        return float("nan"), float("nan")
    x, y = x[known], y[known]
    design, weight = np.stack([np.ones_like(x), x], axis=1), np.ones_like(x)
    line = np.zeros(2)
    for _ in range(ROUNDS):
        root = np.sqrt(weight)
        line = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
        rest = y - design @ line
        scatter = max(1.4826 * float(np.median(np.abs(rest))), MIN_SCATTER_PX)
        weight = 1.0 / (1.0 + (rest / (2.0 * scatter)) ** 2)
    return float(line[0]), float(line[1])


def line_length_px(phases: tuple[RefinedFrames, RefinedFrames], line: int) -> float:
    """Median length of a line over both phases."""
    lines = np.concatenate([phase.line_px[:, line] for phase in phases])
    return float(nan_median(np.linalg.norm(lines[:, 2:] - lines[:, :2], axis=1)))


def trunk_motion(hold: RefinedFrames, neutral: RefinedFrames, edge: int, facing: Facing) -> tuple[float, float]:
    """Motion of the trunk's back or front edge from neutral to hold.

    Returns:
        Displacement at hip level in px, + forwards, and change of lean in degrees, + forwards; NaN if not measured.
    """
    base = nan_median(neutral.line_px[:, TRUNK_LINE])
    if not np.isfinite(base).all():
        return float("nan"), float("nan")
    length = line_length_px((hold, neutral), TRUNK_LINE)
    now, zero = (_trunk_profile(phase, edge, base, facing, length) for phase in (hold, neutral))
    inside = (TRUNK_SPAN[0] <= EDGE_STATIONS) & (TRUNK_SPAN[1] >= EDGE_STATIONS)
    place, change = (EDGE_STATIONS * length)[inside], (now - zero)[inside]
    _, slope = robust_line(place, change)
    if not np.isfinite(slope):
        return float("nan"), float("nan")
    return -float(nan_median(change - slope * place)), -float(np.degrees(np.arctan(slope)))


def _trunk_profile(frames: RefinedFrames, edge: int, base: Floats, facing: Facing, length_px: float) -> Floats:
    """Median edge profile (37,) of a phase, seen from the ``base`` trunk line (4,)."""
    along = (base[2:] - base[:2]) / np.hypot(*(base[2:] - base[:2]))
    normal, rows = back_normal(base, facing), []
    for line, offset in zip(frames.line_px[:, TRUNK_LINE], frames.edge_px[:, edge], strict=True):
        points = line[:2] + EDGE_STATIONS[:, None] * (line[2:] - line[:2]) + offset[:, None] * back_normal(line, facing)
        known = np.isfinite(points).all(axis=1)
        if known.sum() < MIN_POINTS:
            continue
        place, depth = (points[known] - base[:2]) @ along, (points[known] - base[:2]) @ normal
        rows.append(np.interp(EDGE_STATIONS * length_px, place, depth, left=np.nan, right=np.nan))
    return nan_median(np.array(rows)) if rows else np.full(len(EDGE_STATIONS), np.nan)
