"""Agreement of the tool with a reference, from pairs of measurements. Pure: numbers in, numbers out; all in degrees.

The difference is always *tool minus reference*. Several pairs of one person are not independent: the limits of
agreement use the variance between people and within people, and their intervals the number of people (Bland and Altman
2007 for the limits; Zou 2013, MOVER, for their intervals). With one pair a person this is the ordinary Bland–Altman
analysis.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from mobility_check.kinematics.track import Floats

Interval = tuple[float, float]
Z95 = 1.959964
MDC95_FACTOR = Z95 * math.sqrt(2.0)
"""Smallest detectable change at 95 % is this many standard errors of measurement (2.77)."""
MIN_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One kick, or one score, measured with both."""

    subject: str
    side: str
    tool_deg: float
    reference_deg: float
    date: str = ""
    rep: str = ""


@dataclass(frozen=True, slots=True)
class Measurements:
    """Pairs, and what is worth saying about where they come from.

    Attributes:
        incomplete_lines: lines of a table without both measurements.
        movement_deg: mean absolute difference all through the movement, where both have curves.
    """

    pairs: tuple[Reading, ...]
    incomplete_lines: tuple[int, ...] = ()
    movement_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bland–Altman: mean difference and 95 % limits of agreement, each with a 95 % interval (None: cannot be known)."""

    n: int
    subjects: int
    bias_deg: float
    bias_ci95_deg: Interval | None
    sd_deg: float
    lower_deg: float
    upper_deg: float
    lower_ci95_deg: Interval | None
    upper_ci95_deg: Interval | None


@dataclass(frozen=True, slots=True)
class Icc:
    """Intraclass correlation, two-way random effects, absolute agreement, one measurement: ICC(2,1), also ICC(A,1)."""

    n: int
    value: float
    ci95: Interval


@dataclass(frozen=True, slots=True)
class BiasTrend:
    """Straight line of the difference over the mean of both: does the error grow with the angle?"""

    n: int
    slope_deg_per_deg: float
    slope_ci95: Interval
    real: bool


@dataclass(frozen=True, slots=True)
class Repeat:
    """Scatter of one instrument when the same leg is measured again.

    Attributes:
        over: ``dates`` (days apart) or ``reps`` (kicks of one session, the person's own variation included).
        legs, n: how many legs were measured again, and with how many values.
        sem_deg: standard error of measurement, the standard deviation within a leg.
        mdc95_deg: a change of one leg below this is within the measurement error.
    """

    over: Literal["dates", "reps"]
    legs: int
    n: int
    sem_deg: float
    mdc95_deg: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that a table of pairs says; what it cannot say is ``None``."""

    limits: Limits
    mean_absolute_deg: float
    worst_deg: float
    icc: Icc | None
    trend: BiasTrend | None
    repeat_tool: Repeat | None
    repeat_reference: Repeat | None


def agreement(pairs: Sequence[Reading]) -> Agreement:
    """Everything about a table of pairs.

    Raises:
        ValueError: fewer than three pairs.
    """
    if len(pairs) < MIN_PAIRS:
        raise ValueError(f"{len(pairs)} pairs; at least {MIN_PAIRS} are needed")
    tool = np.array([p.tool_deg for p in pairs])
    reference = np.array([p.reference_deg for p in pairs])
    legs = [(p.subject, p.side) for p in pairs]
    leg_tool, leg_reference = group_means(tool, legs), group_means(reference, legs)
    error = tool - reference
    return Agreement(
        limits=limits_of_agreement(error, groups=[p.subject for p in pairs]),
        mean_absolute_deg=float(np.mean(np.abs(error))),
        worst_deg=float(np.max(np.abs(error))),
        icc=icc_agreement(leg_tool, leg_reference),
        trend=proportional_bias(leg_tool, leg_reference),
        repeat_tool=repeatability(pairs, tool),
        repeat_reference=repeatability(pairs, reference),
    )


def group_means(values: Floats, groups: Sequence[Hashable]) -> Floats:
    """Mean of each group, groups in the order in which they first appear."""
    return np.array([v.mean() for v in _split(values, groups)])


def limits_of_agreement(error_deg: Floats, *, groups: Sequence[Hashable] | None = None) -> Limits:
    """Bias and 95 % limits of agreement of differences, with intervals.

    Args:
        error_deg: (n,) tool minus reference.
        groups: (n,) whose the differences are; None means that each is from somebody else.
    """
    parts = _split(error_deg, range(len(error_deg)) if groups is None else groups)
    means = np.array([p.mean() for p in parts])
    bias, between = float(means.mean()), _variance(means)
    within, freedom = _pooled_variance(parts)
    harmonic = 1.0 - float(np.mean([1.0 / len(p) for p in parts]))
    sd = math.sqrt(between + harmonic * within)
    low, high = bias - Z95 * sd, bias + Z95 * sd
    base = (len(error_deg), len(parts), bias)
    if len(parts) < 2:
        return Limits(*base, None, sd, low, high, None, None)
    half = float(stats.t.ppf(0.975, len(parts) - 1)) * math.sqrt(between / len(parts))
    sd_low, sd_high = _sd_interval(between, len(parts) - 1, harmonic * within, freedom)
    inner, outer = math.hypot(half, Z95 * (sd - sd_low)), math.hypot(half, Z95 * (sd_high - sd))
    return Limits(
        *base, (bias - half, bias + half), sd, low, high, (low - outer, low + inner), (high - inner, high + outer)
    )


def icc_agreement(a: Floats, b: Floats) -> Icc | None:
    """ICC(A,1) of two measurements of the same n things, with its 95 % interval (McGraw and Wong 1996).

    None if there are fewer than three things or nothing varies.
    """
    n, k = len(a), 2
    if n < MIN_PAIRS:
        return None
    table = np.stack([a, b], axis=1)
    rows = k * _variance(table.mean(axis=1))
    columns = n * _variance(table.mean(axis=0))
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    error = float((rest**2).sum()) / ((n - 1) * (k - 1))
    below = rows + (k - 1) * error + k * (columns - error) / n
    if below <= 0 or rows <= 0:
        return None
    value = (rows - error) / below
    if value >= 1 or error <= 0:
        return Icc(n, min(value, 1.0), (min(value, 1.0), 1.0))
    return Icc(n, value, _icc_interval(value, rows, columns, error, n, k))


def proportional_bias(tool: Floats, reference: Floats) -> BiasTrend | None:
    """Whether the difference changes with the size of the angle; None with fewer than three values or no spread."""
    n = len(tool)
    size, error = (tool + reference) / 2.0, tool - reference
    if n < MIN_PAIRS or float(np.ptp(size)) == 0.0:
        return None
    fit = stats.linregress(size, error)
    half = float(stats.t.ppf(0.975, n - 2)) * float(fit.stderr)
    slope = float(fit.slope)
    return BiasTrend(n, slope, (slope - half, slope + half), float(fit.pvalue) < 0.05)


def repeatability(pairs: Sequence[Reading], values: Floats) -> Repeat | None:
    """Scatter within legs that were measured again: over dates where there are several, else over reps, else None."""
    days = [(p.subject, p.side, p.date) for p in pairs]
    legs = [key[:2] for key in dict.fromkeys(days)]
    over: Literal["dates", "reps"] = "dates" if len(set(legs)) < len(legs) else "reps"
    parts = _split(group_means(values, days), legs) if over == "dates" else _split(values, days)
    again = [p for p in parts if len(p) > 1]
    if not again:
        return None
    sem = math.sqrt(_pooled_variance(again)[0])
    return Repeat(over, len(again), sum(map(len, again)), sem, MDC95_FACTOR * sem)


def _split(values: Floats, groups: Sequence[Hashable]) -> list[Floats]:
    rows: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        rows.setdefault(group, []).append(float(value))
    return [np.array(v) for v in rows.values()]


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _pooled_variance(parts: Sequence[Floats]) -> tuple[float, int]:
    """Variance within the groups and its degrees of freedom (0, 0 if no group has two values)."""
    freedom = sum(len(p) - 1 for p in parts)
    total = sum(float(((p - p.mean()) ** 2).sum()) for p in parts)
    return (total / freedom if freedom else 0.0), freedom


def _sd_interval(between: float, between_freedom: int, within: float, within_freedom: int) -> Interval:
    """95 % interval of the square root of the sum of two variances (MOVER)."""
    total, low, high = between + within, 0.0, 0.0
    for part, freedom in ((between, between_freedom), (within, within_freedom)):
        if freedom:
            low += (part * (1.0 - freedom / float(stats.chi2.ppf(0.975, freedom)))) ** 2
            high += (part * (freedom / float(stats.chi2.ppf(0.025, freedom)) - 1.0)) ** 2
    return math.sqrt(max(0.0, total - math.sqrt(low))), math.sqrt(total + math.sqrt(high))


def _icc_interval(value: float, rows: float, columns: float, error: float, n: int, k: int) -> Interval:
    a = k * value / (n * (1.0 - value))
    b = 1.0 + k * value * (n - 1) / (n * (1.0 - value))
    parts = (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    freedom = (a * columns + b * error) ** 2 / parts
    f_low = float(stats.f.ppf(0.975, n - 1, freedom))
    f_high = float(stats.f.ppf(0.975, freedom, n - 1))
    spread = k * columns + (k * n - k - n) * error
    return (
        n * (rows - f_low * error) / (f_low * spread + n * rows),
        n * (f_high * rows - error) / (spread + n * f_high * rows),
    )
