"""Kicks in an extension curve: two thresholds (hysteresis) with limits in seconds, and the hold plateau of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics.params import Reps
from mobility_check.kinematics.signals import Bools, runs, speed
from mobility_check.kinematics.track import Floats

HOLD_SPEED_DEG_S = 8.0
"""A leg slower than this is being held (a kick moves at 15 to 60 °/s)."""


@dataclass(frozen=True, slots=True)
class RepFrames:
    """One excursion of the curve: frame indices, all within the curve; ``stop`` and ``hold_stop`` are exclusive.

    ``cut`` tells that the curve began or ended in the middle of the excursion.
    """

    start: int
    peak: int
    stop: int
    hold_start: int
    hold_stop: int
    cut: bool


def find_reps(extension_deg: Floats, time_s: Floats, params: Reps) -> list[RepFrames]:
    """Excursions above ``on_deg`` that begin and end at ``off_deg``.

    Args:
        extension_deg: (T,) smoothed, neutral subtracted, + backwards; NaN where unknown.
        time_s: (T,) rising time stamps.
    """
    with np.errstate(invalid="ignore"):
        # an unknown segment inside a kick keeps it together: its gates will say what that costs
        above = _through_gaps(extension_deg > params.off_deg, np.isfinite(extension_deg))
    kicks = []
    for a, b in _join(runs(above), time_s, params.min_gap_s):
        part = extension_deg[a:b]
        if not np.isfinite(part).any() or np.nanmax(part) < params.on_deg:
            continue
        if not params.min_duration_s <= time_s[b - 1] - time_s[a] <= params.max_duration_s:
            continue
        kicks.append(_kick(extension_deg, time_s, a, b, params))
    return kicks


def _kick(extension_deg: Floats, time_s: Floats, a: int, b: int, params: Reps) -> RepFrames:
    hold_start, hold_stop = find_hold(extension_deg, time_s, start=a, stop=b, params=params)
    held = extension_deg[hold_start:hold_stop]
    peak = hold_start + (int(np.nanargmax(held)) if len(held) else 0)
    return RepFrames(a, peak, b, hold_start, hold_stop, cut=a == 0 or b == len(extension_deg))


def find_hold(extension_deg: Floats, time_s: Floats, *, start: int, stop: int, params: Reps) -> tuple[int, int]:
    """The longest still segment of an excursion near the highest level it keeps, or an empty one at the peak.

    The level is the highest that is kept for ``min_hold_s``, so that a swing beyond the hold doesn't hide the hold.
    """
    part, t = extension_deg[start:stop], time_s[start:stop]
    level = _kept_level(part, t, params.min_hold_s)
    with np.errstate(invalid="ignore"):
        still = (part >= level - params.hold_band_deg) & (speed(part, t) <= HOLD_SPEED_DEG_S)
        still = _through_gaps(still, np.isfinite(part))
    held = max(runs(still), key=lambda r: t[r[1] - 1] - t[r[0]], default=None)
    if held is None or t[held[1] - 1] - t[held[0]] < params.min_hold_s:
        peak = start + int(np.nanargmax(part))
        return peak, peak
    return start + held[0], start + held[1]


def _kept_level(x: Floats, time_s: Floats, kept_s: float) -> float:
    """The highest value below which ``x`` does not fall for ``kept_s``; its maximum if the time is shorter."""
    stops = np.searchsorted(time_s, time_s + kept_s, side="right")
    whole = stops[stops < len(x)]  # stops rise, so these are the first ones
    if not len(whole):
        return float(np.nanmax(x))
    low = np.append(np.where(np.isfinite(x), x, np.inf), np.inf)
    lowest = np.minimum.reduceat(low, np.stack([np.arange(len(whole)), whole], axis=1).ravel())[::2]
    lowest = lowest[np.isfinite(lowest)]
    return float(lowest.max()) if len(lowest) else float(np.nanmax(x))


def _through_gaps(mask: Bools, known: Bools) -> Bools:
    """Frames of an unknown gap take the value of the known frames on both of its sides, if these agree on True."""
    out = np.asarray(mask & known)
    for a, b in runs(~known):
        if a > 0 and b < len(out) and out[a - 1] and out[b]:
            out[a:b] = True
    return out


def _join(pieces: list[tuple[int, int]], time_s: Floats, gap_s: float) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for a, b in pieces:
        if joined and time_s[a] - time_s[joined[-1][1] - 1] <= gap_s:
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return joined
