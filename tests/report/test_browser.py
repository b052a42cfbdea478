"""The report in a real browser with the network off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mobility_check.report.pdf import print_pdf
from synthetic.factories import make_result, make_session
from tests.report.conftest import Opener, ReportData, full_data, write_report

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


def _axe(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed (test extra)")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{v['impact']}: {v['id']} {[n['target'] for n in v['nodes']][:3]}"
        for v in found
        if v["impact"] in ("serious", "critical", "moderate")
    ]


def _not_scored() -> ReportData:
    return ReportData.from_session(make_session(make_result(None, None)))


@pytest.mark.parametrize("assets", ["inline", "shared"])
def test_opens_without_error_and_without_leaving_the_computer(visit: Opener, assets: str) -> None:
    seen = visit(full_data(), assets=assets)
    assert seen.problems == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in seen.requests)
    assert seen.page.locator("[data-chart] svg").count() >= 2


def test_hovering_reads_values(visit: Opener) -> None:
    page = visit(full_data()).page
    page.locator("#chart-curves").scroll_into_view_if_needed()
    box = page.locator("#chart-curves").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=4)
    tip = page.locator(".tip").first
    tip.wait_for()
    text = tip.inner_text()
    assert "Left" in text
    assert "Right" in text
    assert "°" in text


def test_clicking_a_kick_shows_it_and_marks_the_chart(visit: Opener) -> None:
    page = visit(full_data()).page
    page.locator('[data-kick="right-1"]').click()
    assert page.locator(".rep-shot:visible").get_attribute("id") == "kick-right-1"
    assert page.locator('[data-kick="right-1"]').get_attribute("aria-pressed") == "true"
    assert page.locator(".rep-shot:visible img").is_visible()


def test_clicking_in_the_chart_chooses_the_kick(visit: Opener) -> None:
    page = visit(full_data()).page
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


def test_trunk_and_knee_lines_can_be_switched_on(visit: Opener) -> None:
    page = visit(full_data()).page
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [full_data, _not_scored], ids=["full", "not scored"])
def test_axe_finds_no_serious_violation(visit: Opener, scheme: str, make: Any) -> None:
    page = visit(make(), scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert _axe(page) == []


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


def test_paper_gets_light_colours_and_pictures_of_the_charts(visit: Opener) -> None:
    page = visit(full_data(), scheme="dark").page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("img.chart-print").count() == 2
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--card').trim()") == "#fff"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("img.chart-print").count() == 0
