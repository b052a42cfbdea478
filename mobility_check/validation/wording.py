"""What the statistics mean, in plain sentences for people who are no statisticians."""

from __future__ import annotations

from typing import Any

from mobility_check.language import N_, local_digits, ngettext, speaking
from mobility_check.language import gettext as _
from mobility_check.results.result import plain
from mobility_check.validation.agreement import Agreement, Interval, Limits, Measurements

SCHEMA = "mobility-check/validation/1"
WANTED_SUBJECTS = 10
NEGLIGIBLE_DEG = 0.5


def signed(degrees: float) -> str:
    """One decimal with a sign; a rounded zero has a plus."""
    return f"{local_digits(f'{round(degrees, 1) + 0.0:+.1f}')}°"


def span(interval: Interval | None, *, form: str = "+.1f") -> str:
    """``a to b``, or a dash when the interval is not known."""
    if interval is None:
        return "–"
    return _("{low} to {high}", low=local_digits(f"{interval[0]:{form}}"), high=local_digits(f"{interval[1]:{form}}"))


def sentences(a: Agreement, read: Measurements) -> list[str]:
    """The answer in a few sentences: bias, limits, trend, repeats, and what the table is too small for."""
    limits = _(
        "In 95 of 100 measurements the tool will read between {low} and {high} from the reference.",
        low=signed(a.limits.lower_deg),
        high=signed(a.limits.upper_deg),
    )
    out = [bias_sentence(a.limits), limits]
    if a.trend is not None:
        out.append(_trend_sentence(a))
    for name, repeat in (("tool", a.repeat_tool), ("reference", a.repeat_reference)):
        if repeat is not None:
            out.append(_(_SCATTERS[name, repeat.over], sem=repeat.sem_deg, mdc95=repeat.mdc95_deg))
    if a.limits.subjects < WANTED_SUBJECTS:
        out.append(
            ngettext(
                "Only {count} person: the limits are a first impression; measure {wanted} or more.",
                "Only {count} people: the limits are a first impression; measure {wanted} or more.",
                a.limits.subjects,
                wanted=WANTED_SUBJECTS,
            )
        )
    if read.movement_deg is not None:
        out.append(
            _(
                "At the peak the tool is {peak:.1f}° off on average; all through the movement it is {movement:.1f}°,"
                " which says little about the score.",
                peak=a.mean_absolute_deg,
                movement=read.movement_deg,
            )
        )
    if incomplete_lines := read.incomplete_lines:
        lines = ", ".join(map(str, incomplete_lines[:8])) + (" …" if len(incomplete_lines) > 8 else "")
        out.append(_("Left out, because a measurement is missing: line {lines}.", lines=lines))
    return out


def bias_sentence(limits: Limits) -> str:
    """Whether the tool reads higher or lower than the reference, on average."""
    bias, ci = limits.bias_deg, limits.bias_ci95_deg
    if ci is not None and ci[0] <= 0.0 <= ci[1]:
        return _(
            "On average the tool and the reference agree: the difference of {bias} may be chance.", bias=signed(bias)
        )
    if ci is None:
        if bias > 0:
            return _("In this one person the tool reads {bias:.1f}° higher than the reference.", bias=bias)
        return _("In this one person the tool reads {bias:.1f}° lower than the reference.", bias=-bias)
    if abs(bias) < NEGLIGIBLE_DEG:
        if bias > 0:
            return _(
                "On average the tool reads {bias:.1f}° higher than the reference, too little to matter.", bias=bias
            )
        return _("On average the tool reads {bias:.1f}° lower than the reference, too little to matter.", bias=-bias)
    if bias > 0:
        return _("On average the tool reads {bias:.1f}° higher than the reference.", bias=bias)
    return _("On average the tool reads {bias:.1f}° lower than the reference.", bias=-bias)


def to_dict(a: Agreement, read: Measurements) -> dict[str, Any]:
    """The object that ``validate --json`` prints; intervals are lists, what is not known is null."""
    more = {"incomplete_lines": read.incomplete_lines, "movement_deg": read.movement_deg}
    with speaking("en"):
        return {"schema": SCHEMA, **plain(a), **plain(more), "sentences": sentences(a, read)}


def _trend_sentence(a: Agreement) -> str:
    assert a.trend is not None
    if not a.trend.real:
        return _("The difference does not visibly grow or shrink with the size of the angle.")
    per_ten = signed(10 * a.trend.slope_deg_per_deg)
    if a.trend.slope_deg_per_deg > 0:
        return _(
            "The larger the angle, the more the tool reads relatively higher ({per_ten} for every 10°): bias depends"
            " on the angle.",
            per_ten=per_ten,
        )
    return _(
        "The larger the angle, the more the tool reads relatively lower ({per_ten} for every 10°): bias depends on"
        " the angle.",
        per_ten=per_ten,
    )


_SCATTERS = {
    ("tool", "reps"): N_(
        "From kick to kick of one leg the tool scatters by {sem:.1f}° (SD), the person's own variation included."
    ),
    ("reference", "reps"): N_(
        "From kick to kick of one leg the reference scatters by {sem:.1f}° (SD), the person's own variation included."
    ),
    ("tool", "dates"): N_(
        "From day to day the tool scatters by {sem:.1f}° (SEM): a change of one leg below {mdc95:.1f}° (MDC95) is"
        " within its measurement error."
    ),
    ("reference", "dates"): N_(
        "From day to day the reference scatters by {sem:.1f}° (SEM): a change of one leg below {mdc95:.1f}° (MDC95) is"
        " within its measurement error."
    ),
}
