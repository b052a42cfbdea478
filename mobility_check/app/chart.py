"""Small charts as SVG without any style of their own: a line per leg over the dates of the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from markupsafe import Markup, escape

from mobility_check.kinematics.landmarks import SIDES, Side

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 16, 40
SPARK_WIDTH, SPARK_HEIGHT = 96, 28
LABEL_WIDTH = 84
STEPS_DEG = (1, 2, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Dot:
    """One leg on one day; dots of different series are not joined."""

    at: datetime
    value_deg: float
    low_deg: float
    high_deg: float
    series: str
    words: str


Legs = Mapping[Side, Sequence[Dot]]


def sparkline(values: Sequence[float], side: Side) -> Markup:
    """A line through the last scores of a leg, for a list."""
    if not values:
        return Markup("")
    low, high = min(values), max(values)
    step = SPARK_WIDTH / max(1, len(values) - 1)
    points = [
        (3 + i * (step - 6 / max(1, len(values) - 1)), 24 - 20 * ((v - low) / (high - low) if high > low else 0.5))
        for i, v in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        f'<svg class="spark key-{side}" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" aria-hidden="true">'
        f'<polyline points="{line}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3"/></svg>'
    )


class _Scale:
    """Dates and degrees to places in the picture."""

    def __init__(self, legs: Legs, goal_deg: float | None) -> None:
        dots = [d for row in legs.values() for d in row]
        times = [d.at.timestamp() for d in dots]
        ends = [x for d in dots for x in (d.low_deg, d.value_deg, d.high_deg)] + (
            [] if goal_deg is None else [goal_deg]
        )
        self.first, self.last = min(times), max(times)
        span = max(ends) - min(ends)
        self.step = next((s for s in STEPS_DEG if span / s <= 6), 40)
        self.low = int(min(ends) // self.step) * self.step
        self.high = int(-(-max(ends) // self.step)) * self.step or self.low + self.step

    def x(self, at: datetime) -> float:
        share = (at.timestamp() - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return LEFT + 10 + share * (WIDTH - LEFT - RIGHT - 20)

    def y(self, deg: float) -> float:
        return TOP + (self.high - deg) / max(1, self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def progress(legs: Legs, *, goal_deg: float | None, label: str) -> Markup:
    """Scores with their intervals over time; the table beside it says the same in numbers."""
    scale = _Scale(legs, goal_deg)
    parts = [_grid(scale), _dates(scale, legs)]
    if goal_deg is not None:
        y = scale.y(goal_deg)
        parts.append(f'<line class="goal" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts += [_leg(scale, side, legs[side]) for side in SIDES if legs.get(side)]
    return Markup(
        f'<svg class="progress-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _grid(scale: _Scale) -> str:
    rows = range(scale.low, scale.high + 1, scale.step)
    return "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(v):.1f}" y2="{scale.y(v):.1f}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{scale.y(v) + 5:.1f}" text-anchor="end">{v}°</text>'
        for v in rows
    )


def _dates(scale: _Scale, legs: Legs) -> str:
    """Dates of tests, each once, as many as have room."""
    places: dict[str, float] = {}
    for at in sorted({d.at for row in legs.values() for d in row}):
        x = min(max(scale.x(at), LEFT + 34), WIDTH - 40)
        if not places or x - max(places.values()) >= LABEL_WIDTH:
            places.setdefault(f"{at:%Y-%m-%d}", x)
    return "".join(
        f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 14}" text-anchor="middle">{day}</text>'
        for day, x in places.items()
    )


def _leg(scale: _Scale, side: Side, dots: Sequence[Dot]) -> str:
    lines = "".join(
        f'<line class="trend" x1="{scale.x(a.at):.1f}" y1="{scale.y(a.value_deg):.1f}" x2="{scale.x(b.at):.1f}"'
        f' y2="{scale.y(b.value_deg):.1f}"/>'
        for a, b in pairwise(dots)
        if a.series == b.series
    )
    bars = "".join(
        f'<line class="whisker" x1="{scale.x(d.at):.1f}" x2="{scale.x(d.at):.1f}" y1="{scale.y(d.low_deg):.1f}"'
        f' y2="{scale.y(d.high_deg):.1f}"/>{_mark(scale, side, d)}'
        for d in dots
    )
    return f'<g class="key-{side}">{lines}{bars}</g>'


def _mark(scale: _Scale, side: Side, dot: Dot) -> str:
    """Round for the left leg, square for the right one, so that colour is not all that tells them apart."""
    x, y = scale.x(dot.at), scale.y(dot.value_deg)
    title = f"<title>{escape(dot.words)}</title>"
    if side == "left":
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="6">{title}</circle>'
    return f'<rect class="mark" x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11">{title}</rect>'
