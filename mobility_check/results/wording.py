"""Every number and verdict in words, decided once: terminal, page, live check, voice, history and exports say the same.

A written angle has one decimal, a spoken one none. Statuses are *measured*, *limited*, *not measured*; two legs are
*alike*, *a possible difference* or *a clear difference*; a change is *no change*, *within measurement error*, *likely a
real change* or *likely a real loss*. Where a test's error was never measured, that is said instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mobility_check.kinematics.landmarks import SIDES, Side, other
from mobility_check.results.description import Column, Description
from mobility_check.results.result import Interval, Result, Status

CLEAR_DIFFERENCE_DEG = 10.0
"""Left against right: beyond its interval a difference is possible, beyond this too it is clear."""
MONTH_IS_ENOUGH_DAYS = 28
"""Sessions further apart are told by month, closer ones by day."""

DifferenceKind = Literal["none", "possible", "clear", "unknown"]
Verdict = Literal["no change", "within measurement error", "likely a real change", "error not known"]

STATUS_WORDS: Mapping[Status, str] = {"scored": "measured", "limited": "limited", "not_scored": "not measured"}
DIFFERENCE_WORDS: Mapping[DifferenceKind, str] = {
    "none": "alike",
    "possible": "a possible difference",
    "clear": "a clear difference",
    "unknown": "cannot be compared",
}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One leg now against an earlier session of the same series.

    ``mdc95_deg`` is the smallest change that is likely real, ``None`` where the error is not known.
    """

    since: date
    before_deg: float
    now_deg: float
    verdict: Verdict
    mdc95_deg: float | None

    @property
    def change_deg(self) -> float:
        """Degrees, + is more motion."""
        return self.now_deg - self.before_deg

    @property
    def told(self) -> bool:
        """Larger than measurement error, or than nobody knows."""
        return self.verdict in ("likely a real change", "error not known")


@dataclass(frozen=True, slots=True)
class LegHistory:
    """Changes of one leg since the first and since the last session before; both are the same with two sessions."""

    since_first: Change
    since_last: Change


History = Mapping[Side, LegHistory]


def degrees(value_deg: float | None, *, signed: bool = False) -> str:
    """``17.2°`` with a true minus sign and never a negative zero; a dash where there is no number."""
    if value_deg is None:
        return "–"
    value_deg = round(value_deg, 1) + 0.0
    sign = "−" if value_deg < 0 else "+" if signed and value_deg > 0 else ""
    return f"{sign}{abs(value_deg):.1f}°"


def number(value: float | None, column: Column) -> str:
    """A number of a rep in its column's unit and digits; a dash where there is none."""
    if value is None:
        return "–"
    if column.unit == "deg":
        return degrees(value)
    return f"{value:.{column.digits}f} {column.unit.replace('deg', '°')}"


def whole(value_deg: float) -> int:
    """The angle as it is spoken and shown large: the written one, rounded half up."""
    return math.floor(round(value_deg, 1) + 0.5)


def plus_minus(ci95_deg: Interval | None) -> str:
    """Half the width of an interval as ``± 1.6°``; empty where there is none."""
    return f"± {(ci95_deg[1] - ci95_deg[0]) / 2:.1f}°" if ci95_deg else ""


def margin(value_deg: float | None, ci95_deg: Interval | None) -> str:
    """``± 1.6°``, ``error not known``, or nothing where there is no value."""
    return "" if value_deg is None else plus_minus(ci95_deg) or "error not known"


def span(ci95_deg: Interval | None, *, of: float | None) -> str:
    """``15.6° to 18.8°``, ``error not known``, or a dash where there is no value."""
    if ci95_deg is None:
        return "–" if of is None else "error not known"
    return f"{degrees(ci95_deg[0])} to {degrees(ci95_deg[1])}"


def with_margin(value_deg: float | None, ci95_deg: Interval | None) -> str:
    """``17.2° ± 1.6°``, or ``65.2° (error not known)``."""
    if value_deg is None:
        return degrees(None)
    return f"{degrees(value_deg)} {plus_minus(ci95_deg) or '(error not known)'}"


def seconds(value_s: float) -> str:
    """``3.4 s``."""
    return f"{value_s:.1f} s"


def long_date(day: date) -> str:
    """``26 October 2026``, the same in every locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """``26 Oct``."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def since(earlier: date, now: date) -> str:
    """``since August``; with the day where the month does not tell them apart, with the year where that differs."""
    if earlier == now:
        return "since earlier that day"
    month = MONTHS[earlier.month - 1]
    near = (now - earlier).days < MONTH_IS_ENOUGH_DAYS or earlier.month == now.month
    day = f"{earlier.day} {month}" if near else month
    return f"since {day}" if earlier.year == now.year else f"since {day} {earlier.year}"


def difference_kind(result: Result) -> DifferenceKind:
    """How left and right compare; ``unknown`` when one leg has no number or there is no interval."""
    found = result.asymmetry
    return kind_of(found.difference_deg, found.ci95_deg) if found.detectable is not None else "unknown"


def kind_of(difference_deg: float | None, ci95_deg: Interval | None) -> DifferenceKind:
    """Within the interval of the difference, beyond it, or beyond 10° too."""
    if difference_deg is None or ci95_deg is None:
        return "unknown"
    if ci95_deg[0] <= 0.0 <= ci95_deg[1]:
        return "none"
    return "clear" if abs(difference_deg) > CLEAR_DIFFERENCE_DEG else "possible"


def less_mobile(result: Result) -> Side | None:
    """The leg that moves less, where the two differ."""
    difference_deg = result.asymmetry.difference_deg
    if difference_deg is None or difference_kind(result) not in ("possible", "clear"):
        return None
    return "right" if difference_deg > 0 else "left"


def measured_sides(result: Result) -> tuple[Side, ...]:
    """The legs that have a number."""
    return tuple(side for side in SIDES if result.sides[side].score_deg is not None)


def headline(result: Result, words: Description, history: History | None = None, *, day: date | None = None) -> str:
    """The answer: what has changed, then left against right."""
    changed = progress_sentence(history, day=day) if history and day else ""
    return f"{changed} {comparison(result, words, now=bool(changed))}".strip()


def comparison(result: Result, words: Description, *, now: bool = False) -> str:
    """Left against right in one sentence, without the size of what cannot be told apart."""
    measured = measured_sides(result)
    if not measured:
        return "No angle could be measured in this session."
    if len(measured) == 1:
        return f"Only the {measured[0]} leg was measured."
    kind, less, at = difference_kind(result), less_mobile(result), " now" if now else ""
    if kind == "unknown":
        return f"Left and right differ by {_size(result)}; the error is not known."
    if less is None:
        return f"Left and right are{at} {DIFFERENCE_WORDS['none']}."
    return f"The {less} leg{at} {words.moves} {_size(result)} less, {DIFFERENCE_WORDS[kind]}."


def _size(result: Result) -> str:
    """Of the difference between the legs."""
    return degrees(abs(result.asymmetry.difference_deg or 0.0))


def difference_words(difference_deg: float, ci95_deg: Interval | None, words: Description) -> str:
    """``5.8° ± 2.4°, the right leg goes back less: a possible difference``, or ``0.9° ± 1.6°: alike``."""
    kind = kind_of(difference_deg, ci95_deg)
    if kind == "unknown":
        return with_margin(abs(difference_deg), None)
    less = "right" if difference_deg > 0 else "left"
    who = f", the {less} leg {words.moves} less" if kind in ("possible", "clear") else ""
    return f"{with_margin(abs(difference_deg), ci95_deg)}{who}: {DIFFERENCE_WORDS[kind]}"


def change_words(change: Change) -> str:
    """The verdict on a change; a loss is called a loss."""
    return verdict_words(change.verdict, change.change_deg)


def verdict_words(verdict: Verdict, change_deg: float) -> str:
    """The same from its parts."""
    return "likely a real loss" if verdict == "likely a real change" and change_deg < 0 else verdict


def progress_sentence(history: History, *, day: date) -> str:
    """What has changed since the first session, in one or two plain sentences."""
    first = {side: leg.since_first for side, leg in history.items()}
    told = {side: change for side, change in first.items() if change.told}
    if told:
        return " ".join(_from_to(side, change, day) for side, change in told.items())
    starts = {change.since for change in first.values()}
    if len(starts) > 1:
        return " ".join(f"{side.capitalize()} hip: {_nothing([c])} {since(c.since, day)}." for side, c in first.items())
    who = "" if len(first) > 1 else f"{next(iter(first)).capitalize()} hip: "
    sentence = f"{who}{_nothing(first.values())} {since(starts.pop(), day)}."
    return sentence[0].upper() + sentence[1:]


def _from_to(side: Side, change: Change, day: date) -> str:
    return (
        f"{side.capitalize()} hip: {degrees(change.before_deg)} → {degrees(change.now_deg)}"
        f" {since(change.since, day)}, {change_words(change)}."
    )


def _nothing(changes: Iterable[Change]) -> str:
    return "no change" if all(c.verdict == "no change" for c in changes) else "no change beyond measurement error"


def chip(change: Change, *, day: date) -> str:
    """``+7.1° since August: likely a real change``."""
    return f"{degrees(change.change_deg, signed=True)} {since(change.since, day)}: {change_words(change)}"


def chips(leg: LegHistory | None, *, day: date) -> tuple[str, ...]:
    """Change since last time and since the first; one of them when that is the same session."""
    if leg is None:
        return ()
    found = (leg.since_last, leg.since_first)
    return tuple(chip(c, day=day) for c in (found[:1] if leg.since_last.since == leg.since_first.since else found))


def meaning(result: Result) -> str:
    """One sentence that says what the answer means; the first reason when there is no number."""
    measured = measured_sides(result)
    if not measured:
        return result.reasons[0].message if result.reasons else "See the reasons below."
    if len(measured) == 1:
        missing = other(measured[0])
        why = result.sides[missing].reasons
        return why[0].message if why else f"Turn round and measure the {missing} leg too to compare."
    found, kind = result.asymmetry, difference_kind(result)
    if kind in ("possible", "clear"):  # the headline says how large it is
        return f"Give or take {plus_minus(found.ci95_deg).removeprefix('± ')}, {_WORTH[kind]}"
    return f"Between left and right: {with_margin(abs(found.difference_deg or 0.0), found.ci95_deg)}, {_WORTH[kind]}"


_WORTH: Mapping[DifferenceKind, str] = {
    "none": "no more than measuring the same leg twice can give.",
    "possible": f"more than measurement error, but less than the {CLEAR_DIFFERENCE_DEG:.0f}° often taken as clear;"
    " measure again to be sure.",
    "clear": f"more than measurement error, and more than the {CLEAR_DIFFERENCE_DEG:.0f}° often taken as clear.",
    "unknown": "so it cannot be judged.",
}


def counted(result: Result, side: Side, words: Description) -> str:
    """``3 of 3 kicks counted``."""
    reps = result.sides[side].reps
    return f"{sum(r.valid for r in reps)} of {len(reps)} {words.reps} counted" if reps else f"no {words.reps} found"


def leg_sentence(result: Result, side: Side, words: Description) -> str:
    """``Right hip extension 19.3° ± 1.2°, measured.``"""
    leg = result.sides[side]
    angle = f" {with_margin(leg.score_deg, leg.ci95_deg)}" if leg.score_deg is not None else ""
    return f"{side.capitalize()} {words.measured}{angle}, {STATUS_WORDS[leg.status]}."
