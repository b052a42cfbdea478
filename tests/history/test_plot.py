from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mobility_check.history.plot import ASCII, UNICODE, plot_lines
from mobility_check.history.present import progress_lines, progress_object
from mobility_check.history.progress import Point, Progress, SubjectPoints, progress_of


def _progress(n: int = 3, *, series: list[str] | None = None, goal_deg: float | None = None) -> Progress:
    def leg(first: float) -> list[Point]:
        return [
            Point(f"s{k}", datetime(2026, 8, 3) + timedelta(days=7 * k), first + k, (first + k - 2, first + k + 2), 1.0,
                  series[k] if series else "a")
            for k in range(n)
        ]  # fmt: skip

    return progress_of(SubjectPoints({"left": leg(18.0), "right": leg(12.0)}), goal_deg=goal_deg)


@pytest.mark.parametrize("n", [1, 2, 3, 40, 500])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_width(n: int, width: int) -> None:
    lines = plot_lines(_progress(n), width=width, goal_deg=25.0)[:-1]
    assert max(map(len, lines)) <= width
    for mark in "LR":
        assert any(mark in line or "B" in line for line in lines)


def test_ascii_is_ascii() -> None:
    text = "\n".join(plot_lines(_progress(series=["a", "b", "b"]), goal_deg=15.0, glyphs=ASCII))
    assert text.isascii()


def test_marks_stand_at_their_degrees_in_order_of_time() -> None:
    lines = plot_lines(_progress(3), glyphs=UNICODE)
    where = {(line.index(m), m): row for row, line in enumerate(lines[:-1]) for m in "LR" if m in line}
    assert len(where) == 6, "both legs, three sessions each"
    for mark in "LR":
        rows = [row for (_, m), row in sorted(where.items()) if m == mark]
        assert rows == sorted(rows, reverse=True), "a rising score rises"
    labelled = {int(line.split("°")[0]): row for row, line in enumerate(lines[:-1]) if line[:5].strip().endswith("°")}
    assert labelled[18] in where.values()


def test_goal_and_series_break_are_shown_and_explained() -> None:
    lines = plot_lines(_progress(3, series=["a", "a", "b"]), goal_deg=22.0)
    assert sum(line.count("┄") > 10 for line in lines) == 1
    assert all("┊" in line for line in lines[:8] if "┄" not in line)
    assert "goal 22°" in lines[-1]
    assert "do not compare" in lines[-1]


def test_crowded_sessions_lose_their_intervals_not_their_marks() -> None:
    lines = plot_lines(_progress(100))
    assert "95 %" not in lines[-1]
    assert sum(line.count("L") for line in lines[:-1]) > 30


def test_nothing_to_plot() -> None:
    assert plot_lines(progress_of(SubjectPoints({"left": [], "right": []}))) == []


def test_sentences_name_what_counts() -> None:
    text = "\n".join(progress_lines(_progress(8, goal_deg=40.0)))
    assert "likely a real change (above the MDC95" in text
    assert "from 8 sessions" in text
    assert "%" not in text
    one = "\n".join(progress_lines(_progress(1)))
    assert "measure again to compare" in one
    changed = "\n".join(progress_lines(_progress(3, series=["a", "b", "b"])))
    assert "1 of another model or angle rule are not" in changed
    assert "provisional" in changed


@pytest.mark.parametrize("goal_deg", [13.0, 30.0, 89.0])
def test_goal_sentences(goal_deg: float) -> None:
    goals = [line for line in progress_lines(_progress(8, goal_deg=goal_deg)) if "  goal" in line]
    assert len(goals) == 2
    assert all(any(w in g for w in ("reached", "about 2026", "too far ahead")) for g in goals)


def test_object_is_plain_and_complete() -> None:
    obj = progress_object(_progress(3, goal_deg=20.0), subject="P", goal_deg=20.0)
    right = obj["legs"]["right"]
    assert (obj["subject"], obj["goal_deg"], right["series"]) == ("P", 20.0, "a")
    assert [p["at"] for p in right["points"]] == ["2026-08-03", "2026-08-10", "2026-08-17"]
    assert right["first_to_last"]["verdict"] == "within measurement error"
    assert right["goal"]["goal_deg"] == 20.0
