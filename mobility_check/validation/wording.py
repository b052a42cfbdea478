"""What the statistics mean, in plain sentences for people who are no statisticians."""

from __future__ import annotations

from typing import Any

from mobility_check.validation.agreement import Agreement, Interval, Limits, Measurements, Repeat

SCHEMA = "mobility-check/validation/1"
WANTED_SUBJECTS = 10
NEGLIGIBLE_DEG = 0.5


def signed(degrees: float) -> str:
    """One decimal with a sign; a rounded zero has a plus."""
    return f"{round(degrees, 1) + 0.0:+.1f}°"


def span(interval: Interval | None, *, form: str = "+.1f") -> str:
    """``a to b``, or a dash when the interval is not known."""
    return "–" if interval is None else f"{interval[0]:{form}} to {interval[1]:{form}}"


def sentences(a: Agreement, read: Measurements) -> list[str]:
    """The answer in a few sentences: bias, limits, trend, repeats, and what the table is too small for."""
    out = [bias_sentence(a.limits), limits_sentence(a.limits)]
    if a.trend is not None:
        out.append(_trend_sentence(a))
    out += [_repeat_sentence(name, r) for name, r in (("tool", a.repeat_tool), ("reference", a.repeat_reference)) if r]
    if a.limits.subjects < WANTED_SUBJECTS:
        people = f"{a.limits.subjects} {'person' if a.limits.subjects == 1 else 'people'}"
        out.append(f"Only {people}: the limits are a first impression; measure {WANTED_SUBJECTS} or more.")
    if read.movement_deg is not None:
        out.append(
            f"At the peak the tool is {a.mean_absolute_deg:.1f}° off on average; all through the movement it is"
            f" {read.movement_deg:.1f}°, which says little about the score."
        )
    if incomplete_lines := read.incomplete_lines:
        lines = ", ".join(map(str, incomplete_lines[:8])) + (" …" if len(incomplete_lines) > 8 else "")
        out.append(f"Left out, because a measurement is missing: line {lines}.")
    return out


def bias_sentence(limits: Limits) -> str:
    """Whether the tool reads higher or lower than the reference, on average."""
    bias, ci = limits.bias_deg, limits.bias_ci95_deg
    if ci is not None and ci[0] <= 0.0 <= ci[1]:
        return f"On average the tool and the reference agree: the difference of {signed(bias)} may be chance."
    direction = "higher" if bias > 0 else "lower"
    if ci is None:
        return f"In this one person the tool reads {abs(bias):.1f}° {direction} than the reference."
    small = ", too little to matter" if abs(bias) < NEGLIGIBLE_DEG else ""
    return f"On average the tool reads {abs(bias):.1f}° {direction} than the reference{small}."


def limits_sentence(limits: Limits) -> str:
    """Where a single new measurement will lie."""
    low, high = signed(limits.lower_deg), signed(limits.upper_deg)
    return f"In 95 of 100 measurements the tool will read between {low} and {high} from the reference."


def to_dict(a: Agreement, read: Measurements) -> dict[str, Any]:
    """The object that ``validate --json`` prints; intervals are lists, what is not known is null."""
    import dataclasses

    body = {k: _plain(v) for k, v in dataclasses.asdict(a).items()}
    more = {"incomplete_lines": list(read.incomplete_lines), "movement_deg": _plain(read.movement_deg)}
    return {"schema": SCHEMA, **body, **more, "sentences": sentences(a, read)}


def _trend_sentence(a: Agreement) -> str:
    assert a.trend is not None
    if not a.trend.real:
        return "The difference does not visibly grow or shrink with the size of the angle."
    way = "reads relatively higher" if a.trend.slope_deg_per_deg > 0 else "reads relatively lower"
    per_ten = 10 * a.trend.slope_deg_per_deg
    return (
        f"The larger the angle, the more the tool {way} ({signed(per_ten)} for every 10°): bias depends on the angle."
    )


def _repeat_sentence(name: str, r: Repeat) -> str:
    if r.over == "reps":
        return (
            f"From kick to kick of one leg the {name} scatters by {r.sem_deg:.1f}° (SD), the person's own variation"
            " included."
        )
    return (
        f"From day to day the {name} scatters by {r.sem_deg:.1f}° (SEM): a change of one leg below"
        f" {r.mdc95_deg:.1f}° (MDC95) is within its measurement error."
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value
