"""Is it better than before? Pure statistics over the sessions of one person, in degrees, never in percent.

**SEM**, the standard error of measurement, is how much a leg's score differs between sessions when the leg itself has
not changed. Until a leg has three sessions in one series it is the provisional 2.0°. From the third on it is the
person's own, estimated from neighbouring sessions: each session is compared with the straight line between the one
before and the one after, so that somebody who improves steadily does not look like somebody who measures badly
(pseudo-residuals, Gasser, Sroka and Jennen-Steinmetz, Biometrika 1986)::

    e_i = a_i x_(i-1) + b_i x_(i+1) - x_i,   a_i = (t_(i+1) - t_i) / (t_(i+1) - t_(i-1)),   b_i = 1 - a_i
    s2  = mean of e_i^2 / (a_i^2 + b_i^2 + 1)            over the n - 2 inner sessions
    SEM = max(1.0, sqrt((4 * 2.0^2 + v * s2) / (4 + v)))     with  v = max(1, (n - 2) * 18/35)

``v`` is how many independent values those overlapping comparisons are worth. Few sessions say little about scatter, so
the provisional value weighs in like four of them and fades as sessions come in; 1.0° is the floor (both are our
engineering choices). **MDC95** = 2.77 SEM is the smallest change that is likely real. Where the two sessions compared
claim a larger error of their own (a far leg, say), that larger one is used for this comparison.

Sessions made with another model, back end or angle rule are another **series**: never compared, never joined by a line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.results import wording
from mobility_check.results.result import Interval
from mobility_check.results.wording import Change, Verdict

PRIOR_SEM_DEG = 2.0
PRIOR_WEIGHT = 4.0
FLOOR_SEM_DEG = 1.0
OWN_SEM_SESSIONS = 3
MDC95_FACTOR = 2.77
MIN_TREND_DAYS = 7.0
"""Sessions closer together than this give no slope worth telling (engineering choice)."""
MAX_FORECAST_DAYS = 365
FORECAST_SPANS = 3.0
"""A goal date is told at most this many times the time already observed ahead (engineering choice)."""

DifferenceVerdict = Literal["no detectable difference", "possible", "clear", "error not known"]
GoalState = Literal[
    "reached", "expected", "too far ahead", "no real trend", "moving away", "too few sessions", "error not known"
]


@dataclass(frozen=True, slots=True)
class Point:
    """One leg in one session.

    Attributes:
        series: names model, back end and angle rule.
        error_known: the test's error was measured, so that changes can be graded.
    """

    session: str
    at: datetime
    score_deg: float
    ci95_deg: Interval | None
    se_deg: float | None
    series: str
    status: str = "scored"
    error_known: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """Left minus right in one session."""

    session: str
    at: datetime
    difference_deg: float
    ci95_deg: Interval | None
    series: str

    @property
    def verdict(self) -> DifferenceVerdict:
        """Whether the legs differ, in the words of the measurement's own interval."""
        kind = wording.kind_of(self.difference_deg, self.ci95_deg)
        if kind == "unknown":
            return "error not known"
        return kind if kind == "possible" or kind == "clear" else "no detectable difference"


@dataclass(frozen=True, slots=True)
class SubjectPoints:
    """All scored sessions of a person in one test, oldest first."""

    legs: Mapping[Side, Sequence[Point]]
    differences: Sequence[Difference] = ()
    test: str = KICK_BACK.test

    def until(self, session: str) -> SubjectPoints:
        """Up to and including one session, points of the same time in the order of saving; all when it has none."""
        at = max((p.at for leg in self.legs.values() for p in leg if p.session == session), default=None)
        if at is None:
            return self
        legs: dict[Side, Sequence[Point]] = {}
        for side, leg in self.legs.items():
            ids = [p.session for p in leg]
            legs[side] = leg[: ids.index(session) + 1] if session in ids else [p for p in leg if p.at <= at]
        return replace(self, legs=legs, differences=[d for d in self.differences if d.at <= at])

    @property
    def last_day(self) -> date | None:
        """Day of the last session with a score."""
        return max((leg[-1].at.date() for leg in self.legs.values() if leg), default=None)


@dataclass(frozen=True, slots=True)
class Sem:
    """Standard error of measurement of one leg; provisional until the person has sessions enough for an own one."""

    sem_deg: float
    provisional: bool
    sessions: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Straight line through the sessions of one series. ``real``: its interval excludes zero."""

    deg_per_week: float
    ci95_deg_per_week: Interval
    real: bool
    mean_at: datetime
    mean_deg: float
    half_width_deg: float


@dataclass(frozen=True, slots=True)
class Goal:
    """When the trend would reach the goal: a date with a range, only while that is not absurd."""

    goal_deg: float
    state: GoalState
    expected: date | None = None
    earliest: date | None = None
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class LegProgress:
    """One leg. Everything but ``points`` speaks of the latest series; ``earlier`` sessions are of another one.

    ``sem`` and ``trend`` are ``None`` in a test whose error is not known.
    """

    points: tuple[Point, ...]
    current: tuple[Point, ...]
    earlier: int
    sem: Sem | None
    first_to_last: Change | None
    best_to_last: Change | None
    since_last: Change | None
    trend: Trend | None
    goal: Goal | None


@dataclass(frozen=True, slots=True)
class SubjectProgress:
    """Both legs, and left minus right over time."""

    legs: Mapping[Side, LegProgress]
    differences: tuple[Difference, ...]
    difference_change: Change | None

    def changes(self, *, session: str | None = None) -> wording.History:
        """Changes of each leg since the first and the last session before, within the series of the last one.

        With ``session`` only of legs that this session measured, so that an old number is not told as today's.
        """
        return {
            side: wording.LegHistory(leg.first_to_last, leg.since_last)
            for side, leg in self.legs.items()
            if leg.first_to_last and leg.since_last and session in (None, leg.points[-1].session)
        }


def progress_of(points: SubjectPoints, *, goal_deg: float | None = None) -> SubjectProgress:
    """The progress of one person; legs without a scored session are left out."""
    legs = {side: leg_progress(points.legs[side], goal_deg=goal_deg) for side in SIDES if points.legs.get(side)}
    return SubjectProgress(legs, tuple(points.differences), _difference_change(points.differences, legs=legs))


def leg_progress(points: Sequence[Point], *, goal_deg: float | None = None) -> LegProgress:
    """The progress of one leg from at least one point, oldest first."""
    current = tuple(p for p in points if p.series == points[-1].series)
    sem = sem_of(current) if current[-1].error_known else None
    sem_deg = sem.sem_deg if sem else None
    trend = trend_of(current, sem_deg=sem_deg) if sem_deg else None
    best = max(current, key=lambda p: p.score_deg)
    starts = (current[0], best, current[-2]) if len(current) > 1 else ()
    found = [change_between(start, current[-1], sem_deg=sem_deg) for start in starts]
    first, peak, before = found or (None, None, None)
    return LegProgress(
        points=tuple(points),
        current=current,
        earlier=len(points) - len(current),
        sem=sem,
        first_to_last=first,
        best_to_last=peak,
        since_last=before,
        trend=trend,
        goal=None if goal_deg is None else forecast(current, trend=trend, goal_deg=goal_deg),
    )


def sem_of(points: Sequence[Point]) -> Sem:
    """SEM of one leg from the sessions of one series, oldest first; the formula is at the top of this module."""
    n = len(points)
    if n < OWN_SEM_SESSIONS:
        return Sem(PRIOR_SEM_DEG, True, n)
    residuals = [_pseudo_residual_sq(*points[i - 1 : i + 2]) for i in range(1, n - 1)]
    worth = max(1.0, len(residuals) * 18 / 35)
    own = sum(residuals) / len(residuals)
    pooled = (PRIOR_WEIGHT * PRIOR_SEM_DEG**2 + worth * own) / (PRIOR_WEIGHT + worth)
    return Sem(max(FLOOR_SEM_DEG, math.sqrt(pooled)), False, n)


def _pseudo_residual_sq(before: Point, here: Point, after: Point) -> float:
    """Squared distance of a session from the line between its neighbours, scaled to one measurement's variance."""
    span_s = (after.at - before.at).total_seconds()
    a = (after.at - here.at).total_seconds() / span_s if span_s > 0 else 0.5
    b = 1.0 - a
    e = a * before.score_deg + b * after.score_deg - here.score_deg
    return e * e / (a * a + b * b + 1.0)


def change_between(start: Point, end: Point, *, sem_deg: float | None) -> Change:
    """The change from one session to another, judged by the larger of the SEM and what the two claim themselves."""
    claimed = [p.se_deg for p in (start, end) if p.se_deg is not None]
    own = math.sqrt(sum(se * se for se in claimed) / len(claimed)) if claimed else 0.0
    known = sem_deg is not None and end.error_known
    return _change(start, start.score_deg, end, end.score_deg, sem_deg=max(sem_deg or 0.0, own) if known else None)


def _change(
    start: Point | Difference, before_deg: float, end: Point | Difference, now_deg: float, *, sem_deg: float | None
) -> Change:
    verdict: Verdict = "error not known" if sem_deg is None else verdict_of(now_deg - before_deg, sem_deg=sem_deg)
    mdc95_deg = None if sem_deg is None else MDC95_FACTOR * sem_deg
    return Change(start.at.date(), before_deg, now_deg, verdict, mdc95_deg, sem_deg, start.session, end.session)


def verdict_of(change_deg: float, *, sem_deg: float) -> Verdict:
    """The three wordings: up to SEM, up to MDC95, beyond."""
    if abs(change_deg) <= sem_deg:
        return "no change"
    return "within measurement error" if abs(change_deg) <= MDC95_FACTOR * sem_deg else "likely a real change"


def trend_of(points: Sequence[Point], *, sem_deg: float) -> Trend | None:
    """Least-squares line; its interval comes from the SEM, so with two sessions "real" means the same as for a change.

    ``None`` with fewer than two sessions or when they lie within a week.
    """
    if len(points) < 2 or _days(points[0], points[-1]) < MIN_TREND_DAYS:
        return None
    days = [_days(points[0], p) for p in points]
    mean_day = sum(days) / len(days)
    mean_deg = sum(p.score_deg for p in points) / len(points)
    sxx = sum((d - mean_day) ** 2 for d in days)
    slope = sum((d - mean_day) * (p.score_deg - mean_deg) for d, p in zip(days, points, strict=True)) / sxx
    half = MDC95_FACTOR / math.sqrt(2) * sem_deg / math.sqrt(sxx)
    return Trend(
        deg_per_week=7 * slope,
        ci95_deg_per_week=(7 * (slope - half), 7 * (slope + half)),
        real=abs(slope) > half,
        mean_at=points[0].at + timedelta(days=mean_day),
        mean_deg=mean_deg,
        half_width_deg=MDC95_FACTOR / math.sqrt(2) * sem_deg / math.sqrt(len(points)),
    )


def forecast(points: Sequence[Point], *, trend: Trend | None, goal_deg: float) -> Goal:
    """When the leg would reach ``goal_deg`` if it went on like this; no date unless the trend is real and near."""
    last = points[-1]
    if last.score_deg >= goal_deg:
        return Goal(goal_deg, "reached")
    if not last.error_known:
        return Goal(goal_deg, "error not known")
    if trend is None or len(points) < OWN_SEM_SESSIONS:
        return Goal(goal_deg, "too few sessions")
    if not trend.real:
        return Goal(goal_deg, "no real trend")
    if trend.deg_per_week <= 0:
        return Goal(goal_deg, "moving away")
    horizon = int(min(MAX_FORECAST_DAYS, FORECAST_SPANS * _days(points[0], last)))
    days = (_reaching(trend, last.at, goal_deg=goal_deg, band=band, horizon=horizon) for band in (0, 1, -1))
    expected, earliest, latest = days
    if expected is None:
        return Goal(goal_deg, "too far ahead")
    return Goal(goal_deg, "expected", expected, earliest, latest)


def _reaching(trend: Trend, start: datetime, *, goal_deg: float, band: int, horizon: int) -> date | None:
    """First day from ``start`` on which the line (band 0) or an edge of its 95 % band (+1, -1) is at the goal."""
    slope_half = (trend.ci95_deg_per_week[1] - trend.deg_per_week) / 7
    for day in range(horizon + 1):
        at = start + timedelta(days=day)
        ahead = (at - trend.mean_at).total_seconds() / 86400
        centre = trend.mean_deg + trend.deg_per_week / 7 * ahead
        if centre + band * math.hypot(trend.half_width_deg, slope_half * ahead) >= goal_deg:
            return at.date()
    return None


def _difference_change(differences: Sequence[Difference], *, legs: Mapping[Side, LegProgress]) -> Change | None:
    """First to last difference of the latest series; its SEM is that of both legs together."""
    same = [d for d in differences if d.series == differences[-1].series]
    if len(same) < 2 or set(legs) != set(SIDES):
        return None
    sems = [leg.sem.sem_deg for leg in legs.values() if leg.sem]
    sem = math.hypot(*sems) if len(sems) == len(SIDES) else None
    first, last = same[0], same[-1]
    return _change(first, first.difference_deg, last, last.difference_deg, sem_deg=sem)


def _days(start: Point, end: Point) -> float:
    return (end.at - start.at).total_seconds() / 86400
