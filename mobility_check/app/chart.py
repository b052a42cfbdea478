"""Places in the chart of a person's scores, a line per leg over the dates of the tests; ``chart.html.j2`` draws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mobility_check.history.progress import Point
    from mobility_check.kinematics.landmarks import Side

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 16, 40
SPARK_WIDTH = 96
LABEL_WIDTH = 84
STEPS_DEG = (1, 2, 5, 10, 20)


def spark(values: Sequence[float]) -> list[tuple[float, float]]:
    """Places of a line through the last scores of a leg, for a list."""
    low, high = min(values), max(values)
    step = (SPARK_WIDTH - 6) / max(1, len(values) - 1)
    heights = (24 - 20 * ((v - low) / (high - low) if high > low else 0.5) for v in values)
    return [(3 + i * step, y) for i, y in enumerate(heights)]


class Chart:
    """Dates and degrees to places in the picture.

    Attributes:
        legs: the scores, oldest first.
        goal_deg: the goal, if there is one.
        rows: the degrees at which a line stands.
    """

    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM
    width, height = WIDTH, HEIGHT

    def __init__(self, legs: Mapping[Side, Sequence[Point]], *, goal_deg: float | None) -> None:
        self.legs, self.goal_deg = legs, goal_deg
        points = [p for row in legs.values() for p in row]
        self._days = sorted({p.at for p in points})
        ends = [x for p in points for x in (p.score_deg, *(p.ci95_deg or ()))]
        ends += [] if goal_deg is None else [goal_deg]
        low, high = min(ends), max(ends)
        step = next((s for s in STEPS_DEG if (high - low) / s <= 6), 40)
        start = int(low // step) * step
        stop = int(-(-high // step)) * step or start + step
        self.rows = range(start, stop + 1, step)

    def x(self, at: datetime) -> float:
        """Of a date."""
        first, last = self._days[0].timestamp(), self._days[-1].timestamp()
        share = (at.timestamp() - first) / (last - first) if last > first else 0.5
        return self.left + 10 + share * (self.right - self.left - 20)

    def y(self, deg: float) -> float:
        """Of an angle."""
        return self.top + (self.rows[-1] - deg) / max(1, self.rows[-1] - self.rows[0]) * (self.bottom - self.top)

    def dates(self) -> dict[str, float]:
        """Dates of tests and where they stand, each once, the newest and as many before it as have room."""
        places: dict[str, float] = {}
        for at in reversed(self._days):
            x = min(max(self.x(at), LEFT + 34), WIDTH - 40)
            if not places or min(places.values()) - x >= LABEL_WIDTH:
                places.setdefault(f"{at:%Y-%m-%d}", x)
        return places

    def trends(self, side: Side) -> Iterator[tuple[Point, Point]]:
        """Neighbours that a line joins: those of one series."""
        return ((a, b) for a, b in pairwise(self.legs[side]) if a.series == b.series)
