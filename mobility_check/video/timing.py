"""Presentation times of a clip's frames, mended where the container's stamps are missing, repeated or backwards."""

from __future__ import annotations

import numpy as np

from mobility_check.kinematics.track import Floats

MIN_STEP_S = 0.0005
"""Two stamps closer than this are the same stamp: no camera takes 2000 pictures a second of a kick."""
MAX_GAP_S = 10.0
"""A longer gap is a broken stamp, not a pause of the camera."""
DEFAULT_FPS = 30.0


def mend(stamps_s: Floats, *, nominal_fps: float | None) -> tuple[Floats, bool]:
    """Times that start at 0 and rise strictly, and whether anything had to be repaired.

    Args:
        stamps_s: (N,) seconds in presentation order, NaN where the container has none.
        nominal_fps: the header's frame rate, used where the stamps say nothing; nonsense is ignored.
    """
    known = _trusted(stamps_s)
    steps = np.diff(known[np.isfinite(known)])
    steps = steps[(steps > 0) & (steps <= MAX_GAP_S)]
    step_s = float(np.median(steps)) if len(steps) else 1.0 / _sane_fps(nominal_fps)
    n = len(stamps_s)
    if n > 1 and 2 * len(steps) < n - 1:
        return np.arange(n, dtype=np.float64) / _sane_fps(nominal_fps), True
    filled = _filled(known, step_s)
    gaps = np.diff(filled)
    bad = (gaps <= 0) | (gaps > MAX_GAP_S)
    gaps[bad] = step_s
    repaired = bool(bad.any() or not np.isfinite(known).all())
    return np.asarray(np.concatenate([[0.0], np.cumsum(gaps)])[:n], dtype=np.float64), repaired


def _trusted(stamps_s: Floats) -> Floats:
    """NaN in place of each stamp that repeats the one before it or lies outside its two neighbours."""
    out = np.array(stamps_s, dtype=np.float64)
    before, here, after = stamps_s[:-2], stamps_s[1:-1], stamps_s[2:]
    out[1:-1][(before < after) & ((here < before) | (here > after))] = np.nan
    out[1:][np.abs(np.diff(stamps_s)) < MIN_STEP_S] = np.nan
    return out


def _filled(stamps_s: Floats, step_s: float) -> Floats:
    """Missing stamps spread evenly between their neighbours, at the usual step beyond the first and last known."""
    index = np.arange(len(stamps_s))
    known = np.flatnonzero(np.isfinite(stamps_s))
    if not len(known):
        return np.asarray(index * step_s, dtype=np.float64)
    out = np.interp(index, known, stamps_s[known])
    first, last = known[0], known[-1]
    out[:first] = stamps_s[first] + (index[:first] - first) * step_s
    out[last + 1 :] = stamps_s[last] + (index[last + 1 :] - last) * step_s
    return np.asarray(out, dtype=np.float64)


def _sane_fps(fps: float | None) -> float:
    return fps if fps is not None and 1.0 <= fps <= 1000.0 else DEFAULT_FPS


def mean_fps(times_s: Floats) -> float:
    """Frames per second over the whole clip; 0 for a clip of one frame."""
    return round(float((len(times_s) - 1) / (times_s[-1] - times_s[0])), 6) if len(times_s) > 1 else 0.0
