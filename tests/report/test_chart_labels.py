"""Labels of the charts in a real browser: none overlaps another or is cut, at any width, however often people test."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from mobility_check.app.chart import Chart
from mobility_check.app.pages import STYLE, environment
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import speaking
from mobility_check.report import Progress, ProgressPoint
from mobility_check.results import wording
from tests.report.conftest import Opener, full_data

START = datetime(2024, 2, 27)
SESSIONS: dict[str, list[datetime]] = {
    "one": [START],
    "three": [START, START + timedelta(days=42), START + timedelta(days=84)],
    "forty": [START + timedelta(days=9 * i + i % 3) for i in range(40)],
    "four on one day": [START + timedelta(hours=h) for h in (9, 11, 14, 18)],
    "several days, several each": [START + timedelta(days=d, hours=h) for d in (0, 1, 30) for h in (8, 9, 17)],
    "a long pause": [START, START + timedelta(days=3), START + timedelta(days=1200), START + timedelta(days=1203)],
}
WIDTHS = (390, 800, 1280)
DRAWN_ANEW = """() => new Promise((done) => {
  let frames = 4;
  const next = () => frames-- ? requestAnimationFrame(next) : setTimeout(done, 100);
  next();
})"""
"""Waits in the page's own thread, in which Bokeh draws a chart that became wider or narrower."""
BOXES = """(id) => {
  const texts = [];
  const walk = (root) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) walk(e.shadowRoot);
      if (e.tagName === 'text' && e.textContent.trim()) {
        const r = e.getBoundingClientRect();
        if (r.width > 0) texts.push({text: e.textContent, x0: r.left, x1: r.right, y0: r.top, y1: r.bottom});
      }
    }
  };
  walk(document.getElementById(id));
  const f = document.getElementById(id).getBoundingClientRect();
  return {texts, frame: {x0: f.left, x1: f.right, y0: f.top, y1: f.bottom}};
}"""


def progress_over(times: list[datetime], *, apart_deg: float) -> Progress:
    def leg(base: float) -> tuple[ProgressPoint, ...]:
        return tuple(
            ProgressPoint(t, base + 0.15 * i, (base - 1.5, base + 1.9 + 0.15 * i), "a") for i, t in enumerate(times)
        )

    legs: dict[Side, tuple[ProgressPoint, ...]] = {"left": leg(15.0), "right": leg(15.0 - apart_deg)}
    return Progress(legs, {}, {"left": 5.5, "right": 5.5}, 22.0)


def shared(a: dict[str, Any], b: dict[str, Any], axis: str) -> float:
    return float(min(a[f"{axis}1"], b[f"{axis}1"]) - max(a[f"{axis}0"], b[f"{axis}0"]))


def faults(found: dict[str, Any]) -> list[str]:
    frame, texts = found["frame"], found["texts"]
    cut = [
        t["text"]
        for t in texts
        if t["x0"] < frame["x0"] - 1
        or t["x1"] > frame["x1"] + 1
        or t["y0"] < frame["y0"] - 1
        or t["y1"] > frame["y1"] + 1
    ]
    over = [
        f"{a['text']} / {b['text']}"
        for a, b in combinations(texts, 2)
        if shared(a, b, "x") > 1 and shared(a, b, "y") > 2
    ]
    return cut + over


def labels_fit(page: Any) -> None:
    """The labels of both charts, at every width that the page is made."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(DRAWN_ANEW)
        for chart in ("chart-progress", "chart-curves"):
            found = page.evaluate(BOXES, chart)
            assert len(found["texts"]) >= 5, "the labels are there to be judged"
            assert faults(found) == [], (chart, width)


@pytest.mark.parametrize("apart_deg", [0.3, 6.0])
@pytest.mark.parametrize("times", SESSIONS.values(), ids=SESSIONS)
def test_labels_of_the_charts_neither_overlap_nor_are_cut(
    visit: Opener, times: list[datetime], apart_deg: float
) -> None:
    data = full_data(progress=progress_over(times, apart_deg=apart_deg), day=date(2028, 1, 1))
    labels_fit(visit(data, width=WIDTHS[0]).page)


@pytest.mark.parametrize(
    ("kind", "width"), list(zip(["one", "forty", "several days, several each"], WIDTHS, strict=True))
)
def test_labels_of_the_charts_have_room_in_german_too(visit: Opener, width: int, kind: str) -> None:
    """Whatever the width at which the page was opened."""
    with speaking("de"):
        page = visit(full_data(progress=progress_over(SESSIONS[kind], apart_deg=0.3)), width=width).page
    labels_fit(page)


def test_labels_lie_where_they_would_had_the_page_been_opened_at_that_width(visit: Opener) -> None:
    data = full_data(progress=progress_over(SESSIONS["forty"], apart_deg=0.3))
    opened, widened = visit(data, width=WIDTHS[-1]).page, visit(data, width=WIDTHS[0]).page
    widened.set_viewport_size({"width": WIDTHS[-1], "height": 900})
    widened.evaluate(DRAWN_ANEW)
    for chart in ("chart-progress", "chart-curves"):
        one, other = (page.evaluate(BOXES, chart)["texts"] for page in (opened, widened))
        assert [t["text"] for t in one] == [t["text"] for t in other]
        assert [t["x0"] for t in one] == pytest.approx([t["x0"] for t in other], abs=1.0)


@pytest.mark.parametrize("times", SESSIONS.values(), ids=SESSIONS)
def test_labels_of_a_persons_chart_in_the_app(browser: Any, times: list[datetime]) -> None:
    legs: Any = progress_over(times, apart_deg=6.0).legs
    macros: Any = environment().get_template("chart.html.j2").make_module({"wording": wording})
    drawn = macros.progress(Chart(legs, goal_deg=22.0), "")
    style = "".join(path.read_text(encoding="utf-8") for path in (STYLE, STYLE.parents[2] / "app/static/app.css"))
    page = browser.new_page()
    page.set_content(f'<style>{style}</style><main><div id="chart">{drawn}</div></main>')
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate(BOXES, "chart")
        assert len(found["texts"]) >= 3
        assert faults(found) == [], width
        dates = [t["text"] for t in found["texts"] if "-" in t["text"][1:]]
        assert len(set(dates)) == len(dates) >= 1
    page.close()
