"""Progress in words and as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mobility_check.history.progress import Goal, LegProgress, Sem, SubjectProgress, Trend
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import N_
from mobility_check.language import gettext as _
from mobility_check.results import wording
from mobility_check.results.description import Description
from mobility_check.results.result import Interval, plain

_SHOWN_DIFFERENCES = 6
_CHANGES = ("first_to_last", "best_to_last", "since_last")
LINE = 32
"""Columns of the line on which the scores of a session are marked."""


def progress_object(progress: SubjectProgress, *, subject: str, goal_deg: float | None) -> dict[str, Any]:
    """Everything as plain JSON; angles in degrees, dates as ISO text."""
    body = plain(progress)
    for leg in body["legs"].values():
        leg["series"] = leg.pop("current")[-1]["series"]
    for change in (body["difference_change"], *(leg[name] for leg in body["legs"].values() for name in _CHANGES)):
        if change:
            change["change_deg"] = round(change["now_deg"] - change["before_deg"], 4)
    for row, difference in zip(body["differences"], progress.differences, strict=True):
        row["verdict"] = difference.verdict
    return {"subject": subject, "goal_deg": goal_deg, **body}


def session_rows(progress: SubjectProgress, *, goal_deg: float | None = None) -> list[tuple[str, ...]]:
    """A heading and one row per session: day, both scores, and where they lie between the lowest and the highest."""
    points = {(p.session, side): p for side, leg in progress.legs.items() for p in leg.points}
    sessions = sorted({p.session: p for p in points.values()}.values(), key=lambda p: p.at)
    values = [p.score_deg for p in points.values()] + ([] if goal_deg is None else [goal_deg])
    low, high = math.floor(min(values)), max(math.ceil(max(values)), math.floor(min(values)) + 1)
    rows: list[tuple[str, ...]] = [(_("TESTED"), _("LEFT"), _("RIGHT"), f"{f'{low}°':<{LINE - 4}}{f'{high}°':>4}")]
    before = sessions[0].series
    for session in sessions:
        if session.series != before:
            rows.append((_("new series"), "", "", _("another model or angle rule: do not compare")))
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
        lines += [wording.capital(wording.leg_name(side)), *(f"  {line}" for line in _leg_lines(leg)), ""]
    if progress.differences:
        lines += [_("Left minus right"), *(f"  {line}" for line in _difference_lines(progress, words)), ""]
    if any(leg.sem for leg in progress.legs.values()):
        lines.append(_("SEM: how much a score differs between sessions when the leg has not changed."))
        lines.append(_("MDC95 = 2.77 SEM: a larger change is likely real."))
    return lines


def _leg_lines(leg: LegProgress) -> list[str]:
    rows = list(_leg_rows(leg))
    width = max(MIN_LABEL, *(len(label) + 1 for label, _text in rows))
    return [f"{label:<{width}}{text}" for label, text in rows]


def _leg_rows(leg: LegProgress) -> Iterator[tuple[str, str]]:
    """A label and what it says, line by line."""
    last = leg.current[-1]
    on = f"{wording.degrees(last.score_deg)}{_interval(last.ci95_deg)}"
    limited = N_("{angle} on {date}, limited: see `history show`")
    yield _("last"), _(limited if last.status == "limited" else N_("{angle} on {date}"), angle=on, date=last.at.date())
    if leg.earlier:
        text = N_("{count} of {all} sessions; the rest is of another model or angle rule")
        yield _("compared"), _(text, count=len(leg.current), all=len(leg.current) + leg.earlier)
    if leg.first_to_last is None or leg.best_to_last is None:
        yield _("change"), _("measure again to compare; one session of this series so far")
        return
    yield _("first to last"), _change(leg.first_to_last)
    is_best = leg.best_to_last.start == leg.best_to_last.end
    yield _("best to last"), _("the last session is the best") if is_best else _change(leg.best_to_last)
    if leg.trend is not None:
        yield _("trend"), _trend(leg.trend)
    if leg.goal is not None:
        yield _("goal {angle:g}°", angle=leg.goal.goal_deg), _goal(leg.goal)
    yield "SEM", _sem(leg.sem)


def _sem(sem: Sem | None) -> str:
    if sem is None:
        return _("error not known, so no change is judged")
    if sem.provisional:
        return _("{sem:.1f}° (provisional, until three sessions)", sem=sem.sem_deg)
    return _("{sem:.1f}° (from {sessions} sessions)", sem=sem.sem_deg, sessions=sem.sessions)


def _change(change: wording.Change, *, of_a_leg: bool = True) -> str:
    """A change in words; only a leg can lose motion, a difference grows or shrinks."""
    verdict = wording.change_words(change) if of_a_leg else _(change.verdict)
    size = wording.degrees(change.change_deg, signed=True)
    if change.sem_deg is None or change.mdc95_deg is None:
        return f"{size}: {verdict}"
    text = _AGAINST_ERROR[change.verdict]
    return _(text, change=size, verdict=verdict, sem=change.sem_deg, mdc95=change.mdc95_deg)


_AGAINST_ERROR: Mapping[str, str] = {
    "no change": N_("{change}: {verdict} (not above the SEM, {sem:.1f}°)"),
    "within measurement error": N_("{change}: {verdict} (not above the MDC95, {mdc95:.1f}°)"),
    "likely a real change": N_("{change}: {verdict} (above the MDC95, {mdc95:.1f}°)"),
}


def _trend(trend: Trend) -> str:
    low, high = trend.ci95_deg_per_week
    real = N_("{slope:+.2f}° a week ({low:+.2f} to {high:+.2f}): real")
    unsure = N_("{slope:+.2f}° a week ({low:+.2f} to {high:+.2f}): not certain yet")
    return _(real if trend.real else unsure, slope=trend.deg_per_week, low=low, high=high)


def _goal(goal: Goal) -> str:
    if goal.state != "expected":
        return _(GOAL_WORDS[goal.state])
    text = (
        N_("about {day}, if it goes on like this (not before {earliest}, or much later)")
        if goal.latest is None
        else N_("about {day}, if it goes on like this (between {earliest} and {latest})")
    )
    return _(text, day=goal.expected, earliest=goal.earliest, latest=goal.latest)


GOAL_WORDS: Mapping[str, str] = {
    "reached": N_("reached in the last session"),
    "too far ahead": N_("too far ahead to name a date"),
    "no real trend": N_("no date, because there is no certain trend"),
    "moving away": N_("no date, because the angle is going down"),
    "error not known": N_("no date, because the error is not known"),
    "too few sessions": N_("a date needs three sessions over more than a week"),
}
MIN_LABEL = 14
"""Columns of the labels before the lines of a leg."""


def _difference_lines(progress: SubjectProgress, words: Description) -> list[str]:
    shown = progress.differences[-_SHOWN_DIFFERENCES:]
    left_out = len(progress.differences) - len(shown)
    lines = [_("... {count} earlier", count=left_out)] if left_out else []
    lines += [f"{d.at.date()}    {wording.difference_words(d.difference_deg, d.ci95_deg, words)}" for d in shown]
    if progress.difference_change is not None:
        change = _change(progress.difference_change, of_a_leg=False)
        lines.append(f"{_('first to last'):<{MIN_LABEL - 1}} {change}")
    return lines


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f" ({_('{low:.1f} to {high:.1f}', low=interval[0], high=interval[1])})"
