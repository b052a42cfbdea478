"""Which way the person faces, decided per segment of the clip and never per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.geometry import facing_signal, yaw_deg
from mobility_check.kinematics.landmarks import Facing
from mobility_check.kinematics.signals import Bools, frame_step_s, running_median, runs
from mobility_check.kinematics.track import Floats

CLEAR_SIGNAL = 0.12
"""Below this the head and feet point neither left nor right (trunk lengths; side views give 0.35 to 0.5)."""
MAX_YAW_DEG = 50.0
"""Beyond this the view is no side view at all, only a turn or a frontal picture."""
MIN_SEGMENT_S = 0.8
MAX_PAUSE_S = 1.0
MEDIAN_S = 0.5
TURN_MARGIN_S = 0.15


Directions = NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class FacingSegment:
    """Frames ``start`` to ``stop`` (exclusive) of a track in which the person faces one way."""

    start: int
    stop: int
    facing: Facing


def side_on(xy_px: Floats) -> Bools:
    """(T,) True where the view can be taken as a side view at all."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(facing_signal(xy_px)) > CLEAR_SIGNAL) & (np.abs(yaw_deg(xy_px)) < MAX_YAW_DEG))


def facing_segments(xy_px: Floats, time_s: Floats) -> tuple[FacingSegment, ...]:
    """Split a clip into segments of one facing, turns and frontal views left out.

    Args:
        xy_px: (T, 33, 2) landmarks in pixels, NaN where not seen.
        time_s: (T,) rising time stamps.
    """
    if len(time_s) == 0:
        return ()
    signal = _median_over_time(facing_signal(xy_px), time_s)
    yaw = _median_over_time(yaw_deg(xy_px), time_s)
    with np.errstate(invalid="ignore"):
        usable = np.abs(yaw) < MAX_YAW_DEG
        direction = np.where(usable & (signal > CLEAR_SIGNAL), 1, np.where(usable & (signal < -CLEAR_SIGNAL), -1, 0))
    segments = []
    for a, b, sign in _same_direction(direction, time_s):
        a, b = _trim(a, b, time_s, len(direction))
        if b > a and time_s[b - 1] - time_s[a] >= MIN_SEGMENT_S:
            segments.append(FacingSegment(a, b, "right" if sign > 0 else "left"))
    return tuple(segments)


def _same_direction(direction: Directions, time_s: Floats) -> list[tuple[int, int, int]]:
    """Runs of one direction; a short undecided pause inside one of them doesn't split it."""
    found = [(a, b, sign) for sign in (1, -1) for a, b in runs(direction == sign)]
    merged: list[tuple[int, int, int]] = []
    for a, b, sign in sorted(found):
        if merged and merged[-1][2] == sign and time_s[a] - time_s[merged[-1][1] - 1] <= MAX_PAUSE_S:
            merged[-1] = (merged[-1][0], b, sign)
        else:
            merged.append((a, b, sign))
    return merged


def _trim(a: int, b: int, time_s: Floats, n: int) -> tuple[int, int]:
    """Step back from a turn at either end, where the body still rotates."""
    if a > 0:
        a = int(np.searchsorted(time_s, time_s[a] + TURN_MARGIN_S))
    if b < n:
        b = int(np.searchsorted(time_s, time_s[b - 1] - TURN_MARGIN_S))
    return a, b


def _median_over_time(x: Floats, time_s: Floats) -> Floats:
    """Running median over ``MEDIAN_S`` that looks through missing frames; NaN where nothing is known nearby."""
    step = frame_step_s(time_s)
    size = max(3, round(MEDIAN_S / step) | 1) if step > 0 else 1
    known = np.isfinite(x)
    if not known.any():
        return x
    filled = np.interp(np.arange(len(x)), np.flatnonzero(known), x[known])
    near_known = np.convolve(known, np.ones(2 * size + 1))[size:-size] > 0.5
    return np.where(near_known, running_median(filled, size), np.nan)
