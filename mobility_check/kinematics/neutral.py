"""Quiet standing, the person's own zero: found by itself in each facing segment.

Standing and the hold of a kick are both quiet. They are told apart by the posture: of all quiet postures of a
segment, standing is the one with both thighs nearest the vertical, and of those about equally near, the earliest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics.params import Neutral
from mobility_check.kinematics.signals import Bools, frame_step_s, nan_median, runs, speed
from mobility_check.kinematics.track import Floats

SAME_POSTURE_DEG = 3.0
"""Quiet frames whose thighs both lie within this of a posture belong to it."""
ABOUT_AS_UPRIGHT_DEG = 8.0
"""Perspective and the model tilt the two thighs of a standing person by up to this, so it decides nothing."""
KNEES_APART_SHARE = 0.45
"""Distance between the knees over the length of a thigh: seen obliquely it spreads the thighs of a standing person."""


@dataclass(frozen=True, slots=True)
class NeutralStance:
    """Quiet standing of one segment.

    Attributes:
        frames: (T,) True where the person stands quietly in the standing posture (False outside the segment).
        seconds: their total duration.
        found: False when there was none and the most upright frames had to serve.
    """

    frames: Bools
    seconds: float
    found: bool


def find_standing(
    thighs_deg: Floats, trunk_deg: Floats, time_s: Floats, params: Neutral, *, yaw_deg: float = 0.0
) -> NeutralStance:
    """Find quiet standing in one segment.

    Args:
        thighs_deg: (T, 2) angles of both thighs from the vertical, NaN where unknown.
        trunk_deg: (T,) trunk angle.
        time_s: (T,) rising time stamps.
        yaw_deg: of the camera, NaN if unknown.
    """
    spread_deg = _spread_deg(yaw_deg)
    quiet = _quiet(thighs_deg, trunk_deg, time_s, params)
    segments = [(a, b) for a, b in runs(quiet) if time_s[b - 1] - time_s[a] >= params.min_s]
    if not segments:
        return _most_upright(thighs_deg, time_s, params)
    postures = np.array([nan_median(thighs_deg[a:b]) for a, b in segments])
    postures = postures[np.abs(postures[:, 0] - postures[:, 1]) <= params.max_thighs_apart_deg + spread_deg]
    if not len(postures):
        return _most_upright(thighs_deg, time_s, params)
    tilt = np.abs(postures).max(axis=1)
    standing = postures[tilt <= tilt.min() + ABOUT_AS_UPRIGHT_DEG + spread_deg][0]
    with np.errstate(invalid="ignore"):
        frames = quiet & (np.abs(thighs_deg - standing).max(axis=1) <= SAME_POSTURE_DEG)
    return NeutralStance(frames, float(frames.sum()) * frame_step_s(time_s), True)


def _spread_deg(yaw_deg: float) -> float:
    """Angle in the picture between the thighs of somebody who stands, from the camera's yaw alone."""
    side = np.sin(np.radians(yaw_deg)) if np.isfinite(yaw_deg) else 0.0
    return float(2.0 * np.degrees(np.arctan(KNEES_APART_SHARE / 2.0 * abs(side))))


def _quiet(thighs_deg: Floats, trunk_deg: Floats, time_s: Floats, params: Neutral) -> Bools:
    rates = np.stack([speed(x, time_s) for x in (thighs_deg[:, 0], thighs_deg[:, 1], trunk_deg)])
    with np.errstate(invalid="ignore"):
        return np.asarray(rates.max(axis=0) <= params.max_speed_deg_s)


def _least_tilt_deg(thighs_deg: Floats) -> float:
    """How upright the person gets: the 5th percentile of the more tilted thigh, for a single frame may be wrong."""
    tilt = np.abs(thighs_deg).max(axis=1)
    known = tilt[np.isfinite(tilt)]
    return float(np.percentile(known, 5)) if len(known) else float("inf")


def _most_upright(thighs_deg: Floats, time_s: Floats, params: Neutral) -> NeutralStance:
    """The ``min_s`` worth of frames whose more tilted thigh is most upright: a poor zero, and said to be one."""
    tilt = np.abs(thighs_deg).max(axis=1)
    step = frame_step_s(time_s)
    wanted = max(1, int(np.ceil(params.min_s / step))) if step > 0 else 1
    frames = np.zeros(len(time_s), dtype=bool)
    frames[np.argsort(np.where(np.isfinite(tilt), tilt, np.inf))[:wanted]] = True
    frames &= np.isfinite(tilt)
    return NeutralStance(frames, float(frames.sum()) * step, False)
