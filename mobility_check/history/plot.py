"""A small plot of both legs over time in plain characters: marks, intervals, the goal, breaks between series."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mobility_check.history.progress import Point, Progress
from mobility_check.kinematics.landmarks import Side

MARKS: dict[Side, str] = {"left": "L", "right": "R"}
_BOTH = "B"
_GUTTER = 6
_ROOM_PER_SESSION = 6


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of lines; :data:`UNICODE` where the console can show them, else :data:`ASCII`."""

    axis: str
    tick: str
    corner: str
    floor: str
    bar: str
    goal: str
    series_break: str
    degree: str


UNICODE = Glyphs("│", "┤", "└", "─", "│", "┄", "┊", "°")
ASCII = Glyphs("|", "+", "+", "-", "|", "-", ":", "")


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where degrees and dates go on the grid."""

    low_deg: float
    high_deg: float
    rows: int
    start: datetime
    span_s: float
    columns: int

    def row(self, deg: float) -> int:
        share = (self.high_deg - deg) / (self.high_deg - self.low_deg)
        return min(self.rows - 1, max(0, round(share * (self.rows - 1))))

    def column(self, at: datetime) -> int:
        """Two columns stay free at either end for the marks beside a date."""
        share = (at - self.start).total_seconds() / self.span_s if self.span_s else 0.5
        return 2 + round(share * (self.columns - 5))


def plot_lines(
    progress: Progress, *, goal_deg: float | None = None, width: int = 80, rows: int = 15, glyphs: Glyphs = UNICODE
) -> list[str]:
    """The plot, line by line, at most ``width`` characters wide; empty without a scored session."""
    points = [p for leg in progress.legs.values() for p in leg.points]
    if not points:
        return []
    columns = max(20, min(width, 120) - _GUTTER - 1)
    room = len({p.session for p in points}) * _ROOM_PER_SESSION <= columns
    frame = _frame(points, goal_deg=goal_deg, rows=rows, columns=columns, intervals=room)
    grid = [[" "] * columns for _ in range(rows)]
    if goal_deg is not None:
        grid[frame.row(goal_deg)] = list((glyphs.goal + " ") * columns)[:columns]
    _draw_breaks(grid, points, frame, glyphs)
    if room:
        _draw_intervals(grid, progress, frame, glyphs)
    _draw_marks(grid, progress, frame, apart=room)
    return [*_labelled(grid, frame, glyphs), *_floor(frame, glyphs), _legend(points, room, goal_deg, glyphs)]


def _frame(points: list[Point], *, goal_deg: float | None, rows: int, columns: int, intervals: bool) -> _Frame:
    values = [p.score_deg for p in points] + ([goal_deg] if goal_deg is not None else [])
    if intervals:
        values += [edge for p in points for edge in p.ci95_deg or ()]
    low, high = math.floor(min(values)), math.ceil(max(values))
    start, end = min(p.at for p in points), max(p.at for p in points)
    return _Frame(low, max(high, low + 2), rows, start, (end - start).total_seconds(), columns)


def _draw_breaks(grid: list[list[str]], points: list[Point], frame: _Frame, glyphs: Glyphs) -> None:
    ordered = sorted(points, key=lambda p: p.at)
    for before, after in itertools.pairwise(ordered):
        if before.series != after.series:
            middle = (frame.column(before.at) + frame.column(after.at)) // 2
            for line in grid:
                line[middle] = glyphs.series_break


def _draw_intervals(grid: list[list[str]], progress: Progress, frame: _Frame, glyphs: Glyphs) -> None:
    for side, leg in progress.legs.items():
        for p in leg.points:
            if p.ci95_deg is not None:
                for row in range(frame.row(p.ci95_deg[1]), frame.row(p.ci95_deg[0]) + 1):
                    grid[row][frame.column(p.at) + _shift(side)] = glyphs.bar


def _draw_marks(grid: list[list[str]], progress: Progress, frame: _Frame, *, apart: bool) -> None:
    taken: dict[tuple[int, int], str] = {}
    for side, leg in progress.legs.items():
        for p in leg.points:
            cell = frame.row(p.score_deg), frame.column(p.at) + (_shift(side) if apart else 0)
            taken[cell] = MARKS[side] if taken.get(cell, MARKS[side]) == MARKS[side] else _BOTH
    for (row, column), mark in taken.items():
        grid[row][column] = mark


def _shift(side: Side) -> int:
    """The legs of one session stand beside each other."""
    return -1 if side == "left" else 1


def _labelled(grid: list[list[str]], frame: _Frame, glyphs: Glyphs) -> list[str]:
    """Rows with the degree axis; a label on each row that a round step falls on."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if (frame.high_deg - frame.low_deg) / s <= 7)
    first = math.ceil(frame.low_deg / step)
    ticks = {frame.row(k * step): k * step for k in range(first, math.floor(frame.high_deg / step) + 1)}
    return [
        (
            f"{f'{ticks[row]}{glyphs.degree}':>{_GUTTER - 1}} {glyphs.tick}"
            if row in ticks
            else " " * _GUTTER + glyphs.axis
        )
        + "".join(cells).rstrip()
        for row, cells in enumerate(grid)
    ]


def _floor(frame: _Frame, glyphs: Glyphs) -> list[str]:
    """The date axis: first and last date, and the middle one where there is room."""
    first, last = frame.start.date(), (frame.start + timedelta(seconds=frame.span_s)).date()
    dates = first.isoformat() if first == last else f"{first}{last.isoformat():>{frame.columns - 10}}"
    if first == last:
        dates = dates.center(frame.columns).rstrip()
    return [" " * _GUTTER + glyphs.corner + glyphs.floor * frame.columns, " " * (_GUTTER + 1) + dates]


def _legend(points: Iterable[Point], room: bool, goal_deg: float | None, glyphs: Glyphs) -> str:
    parts = ["L left leg", "R right leg", f"{glyphs.bar} 95 % interval" if room else f"{_BOTH} both legs"]
    if goal_deg is not None:
        parts.append(f"{glyphs.goal * 3} goal {goal_deg:g}{glyphs.degree}")
    if len({p.series for p in points}) > 1:
        parts.append(f"{glyphs.series_break} other model: do not compare")
    return " " * (_GUTTER + 1) + "   ".join(parts)
