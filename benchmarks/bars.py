"""The bars: what the project promises of its figures, each with the figure and whether it is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.scoring import Errors, Summary

Test = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise. ``met`` is None when there was nothing to judge it by."""

    what: str
    promise: str
    figure: str
    met: bool | None

    @property
    def mark(self) -> str:
        """``pass``, ``MISS`` or a dash."""
        return "–" if self.met is None else "pass" if self.met else "MISS"


def bars(s: Summary) -> list[Bar]:
    """The bars on one set of clips."""
    return [*_error_bars(s), *_interval_bars(s), *_rep_bars(s)]


def table(rows: Sequence[Bar]) -> str:
    """The bars as aligned text."""
    cells = [("what", "bar", "figure", ""), *((b.what, b.promise, b.figure, b.mark) for b in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def at_most(what: str, limit: float, value: float | None, *, unit: str = "°", digits: int = 2) -> Bar:
    """A figure that must not exceed a limit."""
    return _bar(what, f"≤ {limit:g}{unit}", value, lambda v: v <= limit, f"{{:.{digits}f}}{unit}")


def at_least(what: str, limit: float, value: float | None) -> Bar:
    """A share that must reach a limit."""
    return _bar(what, f"≥ {limit:g}", value, lambda v: v >= limit, "{:.3f}")


def _bar(what: str, promise: str, value: float | None, test: Test, form: str) -> Bar:
    if value is None:
        return Bar(what, promise, "–", None)
    return Bar(what, promise, form.format(value), test(value))


def _error_bars(s: Summary) -> list[Bar]:
    near: Errors = s.near
    return [
        at_most("near kick, mean absolute error", 0.8, near.mean_absolute),
        _bar("near kick, bias", "within ±0.3°", near.bias, lambda v: abs(v) <= 0.3, "{:+.2f}°"),
        at_most("near kick, 95th percentile", 1.8, near.p95),
        at_most("near kick, worst", 2.5, near.worst),
        at_most("side score, mean absolute error", 0.8, s.side.mean_absolute),
        at_most("side score, worst", 2.0, s.side.worst),
        at_most("far kick, mean absolute error", 2.5, s.far.mean_absolute),
    ]


def _interval_bars(s: Summary) -> list[Bar]:
    def covers(what: str, value: float | None) -> Bar:
        return _bar(what, "0.93–0.99", value, lambda v: 0.93 <= v <= 0.99, "{:.3f}")

    return [
        covers("95 % interval holds the truth, kicks", s.near_cover.share),
        covers("95 % interval holds the truth, sides", s.side_cover.share),
        at_most("95 % interval of a near kick, mean half width", 2.2, s.near_cover.mean_half_width),
    ]


def _rep_bars(s: Summary) -> list[Bar]:
    return [
        at_least("near kicks found", 0.98, s.found),
        at_most("kicks counted that nobody kicked", 0, float(s.ghosts), unit="", digits=0),
        at_most("kicks counted for the wrong leg", 0, float(s.swapped), unit="", digits=0),
        at_least("good form kept", 1.0, s.good_kept),
        at_least("bad form rejected", 0.97, s.bad_rejected),
        at_least("controls answered rightly", 1.0, s.controls_passed),
    ]
