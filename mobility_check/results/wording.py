"""Every number and verdict in words, decided once: terminal, page, live check, voice, history and exports say the same.

A written angle has one decimal, a spoken one none. Statuses are *measured*, *limited*, *not measured*; two legs are
*alike*, *a possible difference* or *a clear difference*; a change is *no change*, *within measurement error*, *likely a
real change* or *likely a real loss*. Where a test's error was never measured, that is said instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mobility_check import language
from mobility_check.kinematics.landmarks import SIDES, Side, View, other
from mobility_check.language import N_, pgettext
from mobility_check.language import gettext as _
from mobility_check.results.description import Column, Description
from mobility_check.results.reasons import told
from mobility_check.results.result import Interval, Result, Status

CLEAR_DIFFERENCE_DEG = 10.0
"""Left against right: beyond its interval a difference is possible, beyond this too it is clear."""
MONTH_IS_ENOUGH_DAYS = 28
"""Sessions further apart are told by month, closer ones by day."""

DifferenceKind = Literal["none", "possible", "clear", "unknown"]
Verdict = Literal["no change", "within measurement error", "likely a real change", "error not known"]

STATUS_WORDS: Mapping[Status, str] = {
    "scored": N_("measured"),
    "limited": N_("limited"),
    "not_scored": N_("not measured"),
}
DIFFERENCE_WORDS: Mapping[DifferenceKind, str] = {
    "none": N_("alike"),
    "possible": N_("a possible difference"),
    "clear": N_("a clear difference"),
    "unknown": N_("cannot be compared"),
}
VIEW_WORDS: Mapping[View, str] = {"near": N_("near"), "far": N_("far")}
VERDICT_WORDS = (
    N_("no change"),
    N_("within measurement error"),
    N_("likely a real change"),
    N_("likely a real loss"),
    N_("error not known"),
)
"""The verdicts on a change, marked for translation."""


@dataclass(frozen=True, slots=True)
class Change:
    """One leg now, or the difference of both, against an earlier session of the same series.

    ``mdc95_deg`` is the smallest change that is likely real, 2.77 times ``sem_deg``; both are ``None`` where the error
    is not known. ``start`` and ``end`` are the ids of the sessions, if they are saved.
    """

    since: date
    before_deg: float
    now_deg: float
    verdict: Verdict
    mdc95_deg: float | None
    sem_deg: float | None = None
    start: str = ""
    end: str = ""

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
    return f"{sign}{language.number(abs(value_deg), 1)}°"


def number(value: float | None, column: Column) -> str:
    """A number of a rep in its column's unit and digits; a dash where there is none."""
    if value is None:
        return "–"
    if column.unit == "deg":
        return degrees(value)
    return f"{language.number(value, column.digits)} {column.unit.replace('deg', '°')}"


def whole(value_deg: float) -> int:
    """The angle as it is spoken and shown large: the written one, rounded half up."""
    return math.floor(round(value_deg, 1) + 0.5)


def plus_minus(ci95_deg: Interval | None) -> str:
    """Half the width of an interval as ``± 1.6°``; empty where there is none."""
    return f"± {language.number((ci95_deg[1] - ci95_deg[0]) / 2, 1)}°" if ci95_deg else ""


def margin(value_deg: float | None, ci95_deg: Interval | None) -> str:
    """``± 1.6°``, ``error not known``, or nothing where there is no value."""
    return "" if value_deg is None else plus_minus(ci95_deg) or _("error not known")


def span(ci95_deg: Interval | None, *, of: float | None) -> str:
    """``15.6° to 18.8°``, ``error not known``, or a dash where there is no value."""
    if ci95_deg is None:
        return "–" if of is None else _("error not known")
    return _("{low} to {high}", low=degrees(ci95_deg[0]), high=degrees(ci95_deg[1]))


def with_margin(value_deg: float | None, ci95_deg: Interval | None) -> str:
    """``17.2° ± 1.6°``, or ``65.2° (error not known)``."""
    if value_deg is None:
        return degrees(None)
    return f"{degrees(value_deg)} {plus_minus(ci95_deg) or _('(error not known)')}"


def seconds(value_s: float) -> str:
    """``3.4 s``."""
    return f"{language.number(value_s, 1)} s"


def long_date(day: date) -> str:
    """``26 October 2026``."""
    return language.long_date(day)


def short_date(day: date) -> str:
    """``26 Oct``."""
    return language.date_as(day, "MMMd")


def since(earlier: date, now: date) -> str:
    """``since August``; with the day where the month does not tell them apart, with the year where that differs."""
    if earlier == now:
        return _("since earlier that day")
    near = (now - earlier).days < MONTH_IS_ENOUGH_DAYS or earlier.month == now.month
    year = "y" if earlier.year != now.year else ""
    if near:
        return _("since {day}", day=language.date_as(earlier, f"{year}MMMMd"))
    return _("since {month}", month=language.date_as(earlier, f"{year}MMMM") if year else language.month(earlier))


def side_word(side: Side) -> str:
    """``left``, alone in a cell."""
    return pgettext("side", "left") if side == "left" else pgettext("side", "right")


def leg_name(side: Side) -> str:
    """``left leg``."""
    return _("left leg") if side == "left" else _("right leg")


def the_leg(side: Side) -> str:
    """``the left leg``, as it stands in a sentence."""
    return _("the left leg") if side == "left" else _("the right leg")


def hip_name(side: Side) -> str:
    """``Left hip``."""
    return _("Left hip") if side == "left" else _("Right hip")


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def status_word(status: Status) -> str:
    """``measured``, ``limited`` or ``not measured``."""
    return _(STATUS_WORDS[status])


def view_word(view: View) -> str:
    """``near`` or ``far``: whether the leg was the one nearest the camera."""
    return _(VIEW_WORDS[view])


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
        return _("No angle could be measured in this session.")
    if len(measured) == 1:
        return _("Only the left leg was measured.") if measured[0] == "left" else _("Only the right leg was measured.")
    if result.asymmetry.difference_deg is None:
        return _("Left and right cannot be compared.")
    kind, less = difference_kind(result), less_mobile(result)
    if kind == "unknown":
        return _("Left and right differ by {size}; the error is not known.", size=_size(result))
    if less is None:
        return _("Left and right are now alike.") if now else _("Left and right are alike.")
    sentence = words.less_now if now else words.less
    return capital(_(sentence, leg=the_leg(less), size=_size(result), verdict=_(DIFFERENCE_WORDS[kind])))


def _size(result: Result) -> str:
    """Of the difference between the legs."""
    return degrees(abs(result.asymmetry.difference_deg or 0.0))


def difference_words(difference_deg: float, ci95_deg: Interval | None, words: Description) -> str:
    """``5.8° ± 2.4°, the right leg goes back less: a possible difference``, or ``0.9° ± 1.6°: alike``."""
    kind = kind_of(difference_deg, ci95_deg)
    size, verdict = with_margin(abs(difference_deg), ci95_deg), _(DIFFERENCE_WORDS[kind])
    if kind == "unknown":
        return size
    if kind == "none":
        return f"{size}: {verdict}"
    return _(words.which_less, size=size, leg=the_leg("right" if difference_deg > 0 else "left"), verdict=verdict)


def change_words(change: Change) -> str:
    """The verdict on a change; a loss is called a loss."""
    return verdict_words(change.verdict, change.change_deg)


def verdict_words(verdict: Verdict, change_deg: float) -> str:
    """The same from its parts."""
    return _("likely a real loss") if verdict == "likely a real change" and change_deg < 0 else _(verdict)


def progress_sentence(history: History, *, day: date) -> str:
    """What has changed since the first session, in one or two plain sentences."""
    first = {side: leg.since_first for side, leg in history.items()}
    told = {side: change for side, change in first.items() if change.told}
    if told:
        return " ".join(_from_to(side, change, day) for side, change in told.items())
    starts = {change.since for change in first.values()}
    if len(starts) > 1 or len(first) == 1:
        return " ".join(_nothing_in_hip(side, change, day) for side, change in first.items())
    start = since(starts.pop(), day)
    if all(change.verdict == "no change" for change in first.values()):
        return _("No change {since}.", since=start)
    return _("No change beyond measurement error {since}.", since=start)


def _from_to(side: Side, change: Change, day: date) -> str:
    return _(
        "{hip}: {before} → {now} {since}, {verdict}.",
        hip=hip_name(side),
        before=degrees(change.before_deg),
        now=degrees(change.now_deg),
        since=since(change.since, day),
        verdict=change_words(change),
    )


def _nothing_in_hip(side: Side, change: Change, day: date) -> str:
    start = since(change.since, day)
    if change.verdict == "no change":
        return _("{hip}: no change {since}.", hip=hip_name(side), since=start)
    return _("{hip}: no change beyond measurement error {since}.", hip=hip_name(side), since=start)


def chip(change: Change, *, day: date) -> str:
    """``+7.1° since August: likely a real change``."""
    size = degrees(change.change_deg, signed=True)
    return _("{change} {since}: {verdict}", change=size, since=since(change.since, day), verdict=change_words(change))


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
        return told(result.reasons[0]) if result.reasons else _("See the reasons below.")
    if len(measured) == 1 or result.asymmetry.difference_deg is None:
        missing = other(measured[0])
        why = result.sides[missing].reasons
        return told(why[0]) if why else _("Turn round and measure {leg} too to compare.", leg=the_leg(missing))
    found, kind = result.asymmetry, difference_kind(result)
    if kind in ("possible", "clear"):  # the headline says how large it is
        return _(
            _WORTH[kind], margin=plus_minus(found.ci95_deg).removeprefix("± "), limit=f"{CLEAR_DIFFERENCE_DEG:.0f}"
        )
    return _(_WORTH[kind], size=with_margin(abs(found.difference_deg or 0.0), found.ci95_deg))


_WORTH: Mapping[DifferenceKind, str] = {
    "none": N_("Between left and right: {size}, no more than measuring the same leg twice can give."),
    "possible": N_(
        "Give or take {margin}, more than measurement error, but less than the {limit}° often taken as clear; measure"
        " again to be sure."
    ),
    "clear": N_("Give or take {margin}, more than measurement error, and more than the {limit}° often taken as clear."),
    "unknown": N_("Between left and right: {size}, so it cannot be judged."),
}


def counted(result: Result, side: Side, words: Description) -> str:
    """``3 of 3 kicks counted``."""
    reps = result.sides[side].reps
    return _(words.counted, valid=sum(r.valid for r in reps), all=len(reps)) if reps else _(words.none_found)


def pain_word(hurt: bool) -> str:
    """What a person said about a leg."""
    return _("pain during the test") if hurt else _("no pain during the test")


def pain_words(pain: Mapping[Side, bool]) -> str:
    """``Left leg: pain during the test. Right leg: no pain during the test.``; empty where nobody asked."""
    return " ".join(f"{capital(leg_name(side))}: {pain_word(pain[side])}." for side in SIDES if side in pain)


def leg_sentence(result: Result, side: Side, words: Description) -> str:
    """``Right hip extension 19.3° ± 1.2°, measured.``, in English: it goes into records of other programs."""
    leg = result.sides[side]
    angle = f" {with_margin(leg.score_deg, leg.ci95_deg)}" if leg.score_deg is not None else ""
    return f"{side.capitalize()} {words.measured}{angle}, {STATUS_WORDS[leg.status]}."
