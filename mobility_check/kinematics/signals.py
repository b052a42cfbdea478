"""One-dimensional signals over real time stamps: short-gap filling, smoothing, runs of true frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mobility_check.kinematics.track import Floats

Bools = NDArray[np.bool_]
SLOW_STEPS, MOST_GAP_S = 1.6, 0.55
"""Two frames of a slow camera further apart than ``max_gap_s`` are no gap, as long as none is missing between them.
With fewer than two a second a hold is not told from the way there: a live check read 6° and 14° for 18° and 22° (E)."""


def runs(mask: Bools) -> list[tuple[int, int]]:
    """Maximal runs of True as (start, stop) index pairs, stop exclusive."""
    padded = np.zeros(len(mask) + 2, dtype=bool)
    padded[1:-1] = mask
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def median(x: Floats) -> float:
    """Median of a flat array; NaN if it holds one or is empty. Ten times as fast as ``np.median`` on short ones."""
    if not x.size:
        return float("nan")
    ordered = x.flatten()
    ordered.sort()  # NaN comes last
    if np.isnan(ordered[-1]):
        return float("nan")
    return float((ordered[(x.size - 1) // 2] + ordered[x.size // 2]) / 2)


def known_median(x: Floats) -> float:
    """Median of what is finite in a flat array; NaN where nothing is."""
    return median(x[np.isfinite(x)])


def nan_median(x: Floats, *, axis: int = 0) -> Floats:
    """Median along an axis of what is known; NaN where nothing is. Several times as fast as ``np.nanmedian``."""
    ordered = np.sort(x, axis=axis)  # NaN comes last
    known = np.isfinite(ordered).sum(axis=axis, keepdims=True)
    middle = [np.take_along_axis(ordered, place, axis) for place in (np.maximum(known - 1, 0) // 2, known // 2)]
    return np.asarray(((middle[0] + middle[1]) / 2).squeeze(axis))


def known_sd(x: Floats) -> float:
    """Standard deviation of what is finite in a flat array; 0 where nothing is."""
    known = x[np.isfinite(x)]
    return float(known.std()) if len(known) else 0.0


def frame_step_s(time_s: Floats) -> float:
    """Median time between frames; 0 for fewer than two frames."""
    return median(np.diff(time_s)) if len(time_s) > 1 else 0.0


def fill_gaps(x: Floats, time_s: Floats, *, longest_s: float) -> Floats:
    """Bridge inner gaps (NaN) up to ``longest_s`` by a straight line; longer ones stay NaN."""
    y = np.array(x, dtype=np.float64)
    known = np.isfinite(y)
    if known.sum() < 2:
        return y
    for a, b in runs(~known):
        inside = a > 0 and b < len(y)
        if inside and time_s[b] - time_s[a - 1] <= longest_s + frame_step_s(time_s):
            y[a:b] = np.interp(time_s[a:b], time_s[[a - 1, b]], y[[a - 1, b]])
    return y


def smooth(x: Floats, time_s: Floats, *, cutoff_hz: float) -> Floats:
    """Zero-lag Gaussian low-pass of each unbroken run after a 3-point median; NaN stays NaN.

    The Gaussian's standard deviation is sqrt(ln 2) / (2 π f_c), which puts its -3 dB point at ``cutoff_hz``.
    """
    y = np.array(x, dtype=np.float64)
    step = frame_step_s(time_s)
    if step <= 0:
        return y
    sigma = np.sqrt(np.log(2)) / (2 * np.pi * cutoff_hz) / step
    for a, b in runs(np.isfinite(y)):
        y[a:b] = _blurred(_median_of_3(y[a:b]), sigma)
    return y


def _blurred(x: Floats, sigma: float) -> Floats:
    """Gaussian of so many samples, up to four times as far; the ends go on as they are."""
    reach = int(4.0 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(x, reach, mode="edge"), weights / weights.sum(), mode="valid")


def running_median(x: Floats, size: int) -> Floats:
    """Median over an odd number of samples around each; the ends go on as they are."""
    return np.asarray(np.median(sliding_window_view(np.pad(x, size // 2, mode="edge"), size), axis=1))


def _median_of_3(x: Floats) -> Floats:
    """Each inner value's median with its two neighbours; the ends stay."""
    out = x.copy()
    low, high = np.minimum(x[:-2], x[1:-1]), np.maximum(x[:-2], x[1:-1])
    out[1:-1] = np.maximum(low, np.minimum(high, x[2:]))
    return out


def rate(x: Floats, time_s: Floats) -> Floats:
    """Rate of change per second over real time stamps: the mean of the rates to both neighbours.

    Beside a gap (NaN) and at the ends it is the rate to the one neighbour that is known; NaN where there is none.
    """
    steps = np.full(len(x) + 1, np.nan)
    steps[1:-1] = (x[1:] - x[:-1]) / (time_s[1:] - time_s[:-1])
    both = np.stack([steps[:-1], steps[1:]])
    known = np.isfinite(both)
    total = np.where(known, both, 0.0).sum(axis=0)
    return np.asarray(np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan))


def speed(x: Floats, time_s: Floats) -> Floats:
    """Absolute :func:`rate`."""
    return np.asarray(np.abs(rate(x, time_s)))


def longest_gap_s(known: Bools, time_s: Floats) -> float:
    """Longest time between two known frames, ends included; infinite when nothing is known."""
    t = time_s[known]
    if len(t) == 0:
        return float("inf")
    return float(np.max(np.diff(np.concatenate(([time_s[0]], t, [time_s[-1]])))))


def allowed_gap_s(time_s: Sequence[float] | Floats, *, max_gap_s: float) -> float:
    """The longest gap that is no loss: the setting, or what a slow camera's own rate makes of it."""
    own_s = SLOW_STEPS * median(np.diff(time_s)) if len(time_s) > 1 else 0.0
    return max(max_gap_s, min(own_s, MOST_GAP_S))
