"""The report in a real browser with the network off."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mobility_check.batch import page as batch_page
from mobility_check.batch.problems import failure
from mobility_check.batch.tables import Row
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import LANGUAGES, speaking
from mobility_check.report.pdf import print_pdf
from mobility_check.results.reasons import reason
from mobility_check.results.result import SideResult, Status
from synthetic.factories import make_rep, make_result, make_session, make_side
from tests.accessible import COLOUR_RULES, violations
from tests.report.conftest import Opener, ReportData, full_data, write_report

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


def _not_scored() -> ReportData:
    return ReportData.from_session(make_session(make_result(None, None)))


@pytest.mark.parametrize("assets", ["inline", "shared"])
def test_opens_without_error_and_without_leaving_the_computer(visit: Opener, assets: str) -> None:
    seen = visit(full_data(), assets=assets)
    assert seen.problems == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in seen.requests)
    assert seen.page.locator("[data-chart] svg").count() >= 2


def test_hovering_reads_values(full_page: Any) -> None:
    page = full_page
    page.locator("#chart-curves").scroll_into_view_if_needed()
    box = page.locator("#chart-curves").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=4)
    tip = page.locator(".tip").first
    tip.wait_for()
    text = tip.inner_text()
    assert "Left" in text
    assert "Right" in text
    assert "°" in text


def test_clicking_a_kick_shows_it_and_marks_the_chart(full_page: Any) -> None:
    page = full_page
    page.locator('[data-kick="right-1"]').click()
    assert page.locator(".rep-shot:visible").get_attribute("id") == "kick-right-1"
    assert page.locator('[data-kick="right-1"]').get_attribute("aria-pressed") == "true"
    assert page.locator(".rep-shot:visible img").is_visible()


def test_clicking_in_the_chart_chooses_the_kick(full_page: Any) -> None:
    page = full_page
    page.locator('[data-kick="left-0"]').click()
    box = page.locator("#chart-curves").bounding_box()
    # the third kicks last from 12 s to 16 s of 20 s; the plot's frame takes all of the width but its axis
    page.mouse.click(box["x"] + box["width"] * 0.69, box["y"] + box["height"] * 0.6)
    page.wait_for_function("document.querySelector('.rep-shot:not([hidden])').id.endsWith('-2')")


def test_choosing_a_kick_seeks_the_annotated_video(visit: Opener, tmp_path: Path) -> None:
    page = visit(full_data(videos=("seen.mp4",))).page
    page.evaluate("""() => { const v = document.querySelector('video'); window.sought = [];
        Object.defineProperty(v, 'currentTime', { set: (t) => window.sought.push(t) }); }""")
    page.locator('[data-kick="left-1"]').click()
    assert page.evaluate("window.sought") == [pytest.approx(8.3)]


def test_trunk_and_knee_lines_can_be_switched_on(full_page: Any) -> None:
    page = full_page
    before = page.locator("#chart-curves").screenshot()
    page.get_by_role("button", name="Trunk lean").press("Enter")
    page.get_by_role("button", name="Knee bend").press("Enter")
    page.wait_for_timeout(200)
    assert page.locator("#chart-curves").screenshot() != before


@pytest.mark.parametrize("make", [full_data, _not_scored], ids=["full", "not scored"])
def test_phone_needs_no_sideways_scrolling(visit: Opener, make: Any) -> None:
    page = visit(make(), width=390).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    too_wide = page.evaluate("""() => [...document.querySelectorAll('main *')].filter((e) =>
        e.getBoundingClientRect().right > 391 && !e.closest('.scroll, .chart')).map((e) => e.className)""")
    assert too_wide == []


@pytest.mark.parametrize("code", ["en", "de"])
def test_whether_a_kick_counted_and_why_not_is_seen_without_scrolling(visit: Opener, code: str) -> None:
    """The reasons stood in the last column, a word a line; in German the column lay outside."""
    bent = tuple(make_rep(12.0 + n, n=n, valid=False, knee_flexion_deg=25.0) for n in range(3))
    side = replace(make_side(18.0), reps=bent)
    with speaking(code):
        page = visit(full_data(session=make_session(make_result(sides={"left": side, "right": side})))).page
    table = page.locator(".rep-table")
    assert table.evaluate("t => t.parentElement.scrollWidth <= t.parentElement.clientWidth")
    assert table.evaluate("t => Math.max(...[...t.rows].map(r => r.clientHeight))") < 80


@pytest.mark.parametrize("make", [full_data, _not_scored], ids=["full", "not scored"])
def test_axe_finds_no_violation_that_matters(visit: Opener, make: Any) -> None:
    page = visit(make(), scheme="light").page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(page, "moderate", "serious", "critical", preload=True) == []
    page = visit(make(), scheme="dark").page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(page, "moderate", "serious", "critical", rules=COLOUR_RULES) == []


def test_axe_finds_no_violation_that_matters_in_another_language(visit: Opener) -> None:
    """In one language and one colour scheme: words change neither the page nor a colour."""
    with speaking("de"):
        page = visit(full_data()).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.get_attribute("html", "lang") == "de"
    assert violations(page, "moderate", "serious", "critical") == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_axe_finds_no_serious_violation_on_the_page_of_a_batch(browser: Any, tmp_path: Path, code: str) -> None:
    rows: list[Row] = [
        {"subject": "P-1", "date": "2026-08-03", "side": side, "status": "scored", "session_status": "scored"}
        | {"score_deg": 12.0, "ci95_low_deg": 10.0, "ci95_high_deg": 14.0, "valid_reps": 3, "difference_deg": 0.0}
        | {"files": ["1.mp4"], "reasons": ["few_reps"], "sentences": [reason("few_reps", wanted=3).message]}
        for side in SIDES
    ]
    with speaking(code):
        found = batch_page.Page()
        found.session(rows, links={"json": "1.json", "report": "1.html"})
        found.failures([failure("2.mp4", "empty_file")])
        found.write(tmp_path / "index.html", title="1", facts=[("1", "2")])
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((tmp_path / "index.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(page, "serious", "critical", preload=True) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "serious", "critical", rules=COLOUR_RULES) == []
    page.close()


def test_a_hostile_name_is_only_text(visit: Opener) -> None:
    seen = visit(full_data(subject=HOSTILE, note=HOSTILE, videos=('x" onerror="alert(3)',)))
    seen.page.on("dialog", lambda d: pytest.fail("a script ran"))
    assert seen.page.locator(".meta dd").first.inner_text() == HOSTILE
    assert seen.page.locator("img[src=x]").count() == 0
    assert seen.page.evaluate("document.querySelectorAll('[onerror]').length") == 0


def test_prints_to_pdf(browser: object, tmp_path: Path) -> None:
    page, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    write_report(full_data(), page)
    print_pdf(page, pdf)
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(content) > 50_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.pdf"]


def _careful(status: Status, *codes: str) -> ReportData:
    """A session with much to say: reasons for both legs and for the session, a long note, pain, a logo's room."""
    legs: dict[Side, SideResult] = {
        side: replace(make_side(18.0 - 6 * i), status=status, reasons=tuple(map(reason, codes)))
        for i, side in enumerate(SIDES)
    }
    result = make_result(sides=legs, status=status, reasons=(reason("no_neutral"), reason("too_dark")))
    fields = {"clinic": "Praxis am See", "examiner": "A. Weber", "pain": {"left": True, "right": False}}
    return full_data(session=make_session(result), note="Sits a lot at work. " * 30, **fields)


ON_PAPER: dict[str, Callable[[], ReportData]] = {
    "full": full_data,
    "not scored": _not_scored,
    "limited": lambda: _careful("limited", "far_side_only", "partial_body"),
    "many reasons": lambda: _careful("limited", "far_side_only", "partial_body", "camera_moving", "low_frame_rate"),
    "one leg": lambda: ReportData.from_session(make_session(make_result(18.0, None)), day=date(2026, 10, 26)),
}


WIDTH_PT = {"A4": 594, "letter": 612}


@pytest.mark.parametrize("make", ON_PAPER.values(), ids=ON_PAPER)
def test_the_persons_part_is_one_sheet_and_all_at_most_four(visit: Opener, make: Any) -> None:
    page = visit(make()).page
    whole = {paper: _printed(page, paper) for paper in WIDTH_PT}
    assert {paper: _pages(pdf) <= 4 for paper, pdf in whole.items()} == dict.fromkeys(WIDTH_PT, True)
    page.add_style_tag(content=".annex,footer{display:none!important}.sheet{break-after:auto!important}")
    assert {paper: _pages(_printed(page, paper)) for paper in WIDTH_PT} == dict.fromkeys(WIDTH_PT, 1)


@pytest.mark.parametrize("paper", WIDTH_PT)
def test_the_address_chooses_the_paper(visit: Opener, paper: str) -> None:
    page = visit(_not_scored(), query=f"?paper={paper}").page
    assert _width_pt(page.pdf(prefer_css_page_size=True)) == WIDTH_PT[paper]


def _printed(page: Any, paper: str) -> bytes:
    """What the printer gets when the page is on that paper, as ``?paper=`` in its address puts it."""
    page.add_style_tag(content=f"@page{{size:{paper}}}")
    pdf: bytes = page.pdf(prefer_css_page_size=True)
    assert _width_pt(pdf) == WIDTH_PT[paper]
    return pdf


def _width_pt(pdf: bytes) -> int:
    found = re.search(rb"/MediaBox \[0 0 (\d+)", pdf)
    assert found is not None
    return int(found[1])


def _pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_paper_gets_light_colours_and_pictures_of_the_charts(visit: Opener) -> None:
    page = visit(full_data(), scheme="dark").page
    shut = page.locator("details:not([open])").count()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("img.chart-print").count() == 2
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--card').trim()") == "#fff"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("img.chart-print").count() == 0
    assert page.locator("details:not([open])").count() == shut
