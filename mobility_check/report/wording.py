"""Numbers and sentences of the report: one place for how an angle, an interval and a difference are said."""

from __future__ import annotations

from mobility_check.kinematics.landmarks import SIDES, Side, other
from mobility_check.results.result import Interval, Result, Status

CLEAR_DIFFERENCE_DEG = 10.0
"""Left against right: beyond its interval a difference is possible, beyond this it is clear."""

STATUS_WORDS: dict[Status, str] = {
    "scored": "Measured",
    "limited": "Measured, with limits",
    "not_scored": "Not measured",
}


def degrees(value_deg: float | None, *, signed: bool = False) -> str:
    """``17.2°`` with a true minus sign; a dash where there is no number."""
    if value_deg is None:
        return "–"
    value_deg = round(value_deg, 1) + 0.0
    sign = "−" if value_deg < 0 else "+" if signed and value_deg > 0 else ""
    return f"{sign}{abs(value_deg):.1f}°"


def plus_minus(ci95_deg: Interval | None) -> str:
    """Half the width of an interval as ``± 1.6°``; empty where there is none."""
    return f"± {(ci95_deg[1] - ci95_deg[0]) / 2:.1f}°" if ci95_deg else ""


def span(ci95_deg: Interval | None) -> str:
    """``15.6° to 18.8°``, or a dash."""
    return f"{degrees(ci95_deg[0])} to {degrees(ci95_deg[1])}" if ci95_deg else "–"


def seconds(value_s: float) -> str:
    """``3.4 s``."""
    return f"{value_s:.1f} s"


def less_mobile(result: Result) -> Side | None:
    """The side that went back less, if both were measured."""
    difference = result.asymmetry.difference_deg
    if difference is None or round(difference, 1) == 0:
        return None
    return "right" if difference > 0 else "left"


def difference_kind(result: Result) -> str:
    """``none``, ``possible``, ``clear``, or ``unknown`` when one leg has no number or no interval."""
    found = result.asymmetry
    if found.difference_deg is None or found.detectable is None:
        return "unknown"
    if not found.detectable:
        return "none"
    return "clear" if abs(found.difference_deg) > CLEAR_DIFFERENCE_DEG else "possible"


DIFFERENCE_WORDS = {
    "none": "No detectable difference",
    "possible": "Possible difference",
    "clear": "Clear difference",
    "unknown": "Cannot be compared",
}


def headline(result: Result) -> str:
    """The answer in one line, for the top of the page."""
    scored = [side for side in SIDES if result.sides[side].score_deg is not None]
    if not scored:
        return "No angle could be measured in this session"
    if len(scored) == 1:
        return f"Only the {scored[0]} leg was measured"
    less = less_mobile(result)
    kind = difference_kind(result)
    if kind == "unknown":
        return "Both legs were measured, but cannot be compared"
    if kind == "none" or less is None:
        return "No detectable difference between the left and the right leg"
    size = degrees(abs(result.asymmetry.difference_deg or 0.0))
    return f"The {less} leg goes back {size} less: a {kind} difference"


def meaning(result: Result) -> str:
    """One sentence that says what the answer means; the first reason when there is no number."""
    scored = [side for side in SIDES if result.sides[side].score_deg is not None]
    if not scored:
        return result.reasons[0].message if result.reasons else "See the reasons below."
    if len(scored) == 1:
        missing = other(scored[0])
        why = result.sides[missing].reasons
        return why[0].message if why else f"Turn round and kick with the {missing} leg too to compare."
    return _difference_meaning(result)


def _difference_meaning(result: Result) -> str:
    found = result.asymmetry
    kind = difference_kind(result)
    size = degrees(abs(found.difference_deg or 0.0))
    if kind == "clear":
        return (
            f"{size} is more than measuring error explains and more than the {CLEAR_DIFFERENCE_DEG:.0f}° often"
            " taken as a clear difference between two sides."
        )
    if kind == "possible":
        return (
            f"{size} is more than measuring error explains, but less than the {CLEAR_DIFFERENCE_DEG:.0f}° often"
            " taken as a clear difference; measure again to be sure."
        )
    if kind == "unknown":
        return f"The two legs are {size} apart, but there is no interval for that difference."
    return f"The two legs are {size} apart, which is no more than measuring the same leg twice can give."
