"""Progress in words and as plain JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mobility_check.history.progress import Difference, Goal, GradedChange, LegProgress, Sem, SubjectProgress, Trend
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.results import wording
from mobility_check.results.description import Description
from mobility_check.results.result import Interval

_SHOWN_DIFFERENCES = 6
LINE = 32
"""Columns of the line on which the scores of a session are marked."""


def progress_object(progress: SubjectProgress, *, subject: str, goal_deg: float | None) -> dict[str, Any]:
    """Everything as plain JSON; angles in degrees, dates as ISO text."""
    body = _plain(progress)
    for side, leg in body["legs"].items():
        leg["series"] = progress.legs[side].current[-1].series
        del leg["current"]
    for row, difference in zip(body["differences"], progress.differences, strict=True):
        row["verdict"] = difference.verdict
    return {"subject": subject, "goal_deg": goal_deg, **body}


def session_rows(progress: SubjectProgress, *, goal_deg: float | None = None) -> list[tuple[str, ...]]:
    """A heading and one row per session: day, both scores, and where they lie between the lowest and the highest."""
    points = {(p.session, side): p for side, leg in progress.legs.items() for p in leg.points}
    sessions = sorted({p.session: p for p in points.values()}.values(), key=lambda p: p.at)
    values = [p.score_deg for p in points.values()] + ([] if goal_deg is None else [goal_deg])
    low, high = math.floor(min(values)), max(math.ceil(max(values)), math.floor(min(values)) + 1)
    rows: list[tuple[str, ...]] = [("TESTED", "LEFT", "RIGHT", f"{f'{low}°':<{LINE - 4}}{f'{high}°':>4}")]
    before = sessions[0].series
    for session in sessions:
        if session.series != before:
            rows.append(("new series", "", "", "another model or angle rule: do not compare"))
            before = session.series
        legs = {side: points[session.session, side] for side in SIDES if (session.session, side) in points}
        marks = {":": goal_deg, **{side[0].upper(): leg.score_deg for side, leg in legs.items()}}
        line = _line({mark: (deg - low) / (high - low) for mark, deg in marks.items() if deg is not None})
        scores = (wording.degrees(legs[side].score_deg if side in legs else None) for side in SIDES)
        rows.append((str(session.at.date()), *scores, line))
    return rows


def _line(shares: Mapping[str, float]) -> str:
    """Marks at their shares of the line; where both legs meet, ``B``."""
    cells = [" "] * LINE
    for mark, share in shares.items():
        at = round(share * (LINE - 1))
        cells[at] = "B" if cells[at] in ("L", "R") else mark
    return "".join(cells).rstrip()


def progress_lines(progress: SubjectProgress, words: Description) -> list[str]:
    """What a person wants to know, in plain sentences; legs first, then their difference."""
    lines: list[str] = []
    for side, leg in progress.legs.items():
        lines += [f"{side.capitalize()} leg", *(f"  {line}" for line in _leg_lines(leg)), ""]
    if progress.differences:
        lines += ["Left minus right", *(f"  {line}" for line in _difference_lines(progress, words)), ""]
    if any(leg.sem for leg in progress.legs.values()):
        lines.append("SEM: how much a score differs between sessions when the leg has not changed.")
        lines.append("MDC95 = 2.77 SEM: a larger change is likely real.")
    return lines


def _leg_lines(leg: LegProgress) -> list[str]:
    last = leg.current[-1]
    limited = ", limited: see `history show`" if last.status == "limited" else ""
    lines = [f"last          {wording.degrees(last.score_deg)}{_interval(last.ci95_deg)} on {last.at.date()}{limited}"]
    if leg.earlier:
        lines.append(f"compared      {len(leg.current)} sessions; {leg.earlier} of another model or angle rule are not")
    if leg.first_to_last is None or leg.best_to_last is None:
        return [*lines, "change        measure again to compare; one session of this series so far"]
    lines.append(f"first to last {_change(leg.first_to_last)}")
    is_best = leg.best_to_last.start == leg.best_to_last.end
    lines.append(f"best to last  {'the last session is the best' if is_best else _change(leg.best_to_last)}")
    if leg.trend is not None:
        lines.append(f"trend         {_trend(leg.trend)}")
    if leg.goal is not None:
        lines.append(f"goal {f'{leg.goal.goal_deg:g}°':<8} {_goal(leg.goal)}")
    return [*lines, f"SEM           {_sem(leg.sem)}"]


def _sem(sem: Sem | None) -> str:
    if sem is None:
        return "error not known, so no change is judged"
    source = "provisional, until three sessions" if sem.provisional else f"from {sem.sessions} sessions"
    return f"{sem.sem_deg:.1f}° ({source})"


def _change(change: GradedChange, *, of_a_leg: bool = True) -> str:
    """A change in words; only a leg can lose motion, a difference grows or shrinks."""
    size = wording.degrees(change.change_deg, signed=True)
    if change.sem_deg is None or change.mdc95_deg is None:
        return f"{size}: {change.verdict}"
    limit = {
        "no change": f"not above the SEM, {change.sem_deg:.1f}°",
        "within measurement error": f"not above the MDC95, {change.mdc95_deg:.1f}°",
        "likely a real change": f"above the MDC95, {change.mdc95_deg:.1f}°",
    }
    verdict = wording.verdict_words(change.verdict, change.change_deg) if of_a_leg else change.verdict
    return f"{size}: {verdict} ({limit[change.verdict]})"


def _trend(trend: Trend) -> str:
    low, high = trend.ci95_deg_per_week
    verdict = "real" if trend.real else "not certain yet"
    return f"{trend.deg_per_week:+.2f}° a week ({low:+.2f} to {high:+.2f}): {verdict}"


def _goal(goal: Goal) -> str:
    if goal.state == "expected":
        latest = goal.latest.isoformat() if goal.latest else "much later"
        return f"about {goal.expected}, if it goes on like this (between {goal.earliest} and {latest})"
    return {
        "reached": "reached in the last session",
        "too far ahead": "too far ahead to name a date",
        "no real trend": "no date, because there is no certain trend",
        "moving away": "no date, because the angle is going down",
        "error not known": "no date, because the error is not known",
        "too few sessions": "a date needs three sessions over more than a week",
    }[goal.state]


def _difference_lines(progress: SubjectProgress, words: Description) -> list[str]:
    shown = progress.differences[-_SHOWN_DIFFERENCES:]
    left_out = len(progress.differences) - len(shown)
    lines = [f"... {left_out} earlier"] if left_out else []
    lines += [_difference(d, words) for d in shown]
    if progress.difference_change is not None:
        lines.append(f"first to last {_change(progress.difference_change, of_a_leg=False)}")
    return lines


def _difference(d: Difference, words: Description) -> str:
    return f"{d.at.date()}    {wording.difference_words(d.difference_deg, d.ci95_deg, words)}"


def _interval(interval: Interval | None, *, sign: str = "") -> str:
    return "" if interval is None else f" ({interval[0]:{sign}.1f} to {interval[1]:{sign}.1f})"


def _plain(x: Any) -> Any:
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return {f.name: _plain(getattr(x, f.name)) for f in dataclasses.fields(x)}
    if isinstance(x, Mapping):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, datetime):
        return x.date().isoformat() if x.time() == datetime.min.time() else x.isoformat()
    if isinstance(x, date):
        return x.isoformat()
    if isinstance(x, float):
        return round(x, 4)
    return [_plain(v) for v in x] if isinstance(x, Sequence) and not isinstance(x, str) else x
