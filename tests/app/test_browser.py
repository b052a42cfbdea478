"""The pages in a real browser: the way of a new user, the keyboard alone, accessibility in every shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest

from mobility_check.language import LANGUAGES
from tests.accessible import COLOUR_RULES, violations
from tests.app.conftest import App, new_page
from tests.app.filled import fill
from tests.app.test_copying import SIZE

STAGE = """() => {
  document.getElementById("before").hidden = true;
  for (const id of ["stage", "card", "ring", "progress"]) document.getElementById(id).removeAttribute("hidden");
  document.getElementById("title").textContent = "Kick";
  document.getElementById("prompt").textContent = "Kick your RIGHT leg back and hold";
  document.getElementById("angle").textContent = "17°";
  document.getElementById("dots").innerHTML = "<p class='dots key-left'>Left leg: ● ○</p>";
  document.getElementById("ticks").innerHTML = "<li class='tick-true'>✓ Light<li class='tick-false'>✗ Far";
  document.getElementById("figures").innerHTML = "<div class='key-left'><dt>Left leg</dt><dd>17.2°</dd></div>";
  document.getElementById("lines").innerHTML = "<li>left leg: 17.2° ± 1.6°</li>"; }"""
"""The live page in the middle of a check, with all its signs at once."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Iterator[App]:
    """An app for jobs that no worker made, so that the shared one holds none of them."""
    running = App(tmp_path_factory.mktemp("filled")).start().enter()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def pages(filled) -> list[str]:
    return fill(filled.root, filled.folder / "data" / "mobility-check" / "history.db")


PROMPT_SEEN = """() => { const p = document.getElementById("prompt"), box = p.getBoundingClientRect();
  return document.elementFromPoint(box.x + 20, box.y + 10) === p; }"""
WIDTHS = (390, 800, 1280, 1920)


def test_every_page_is_accessible_and_fits(browser, filled, pages):
    page = new_page(browser, filled, bypass_csp=True)
    for path in [*pages, STAGE]:
        page.goto(filled.origin + ("/live" if path == STAGE else path))
        if path == STAGE:
            page.evaluate(STAGE)
        for width, scheme in product(WIDTHS, ("light", "dark")):  # another width is more work than another scheme
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            if path == STAGE:
                assert page.evaluate(PROMPT_SEEN), f"the picture hides the words at {width}"
            if width in (WIDTHS[0], WIDTHS[-1]):
                rules = COLOUR_RULES if scheme == "dark" else ()
                once = not rules and width == WIDTHS[0]
                assert violations(page, "serious", "critical", rules=rules, preload=once) == [], path
    page.context.close()


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_page_is_accessible_and_fits_in_another_language(browser, tmp_path, code):
    """In one colour scheme, and axe looks at one language: words change no colour, and the pages are the same."""
    running = App(tmp_path).start("--lang", code).enter()
    page = new_page(browser, running, viewport={"width": WIDTHS[0], "height": 900}, bypass_csp=True)
    for path in fill(running.root, tmp_path / "data" / "mobility-check" / "history.db"):
        page.goto(running.origin + path)
        assert page.get_attribute("html", "lang") == code
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[0], path
        assert code != "de" or violations(page, "serious", "critical") == [], path
        assert page.locator("[name=goal]").evaluate_all("all => all.map(x => x.value)") in ([], ["20,5"])
    page.context.close()
    assert running.stop() == 0


def test_on_paper_there_is_the_result_and_nothing_to_click(browser, filled, pages):
    page = new_page(browser, filled)
    page.goto(filled.origin + pages[-1])
    page.wait_for_function("document.querySelector('.report').style.height")
    page.evaluate("frames[0].document.querySelector('main').remove()")
    page.wait_for_function("document.querySelector('.report').clientHeight <= frames[0].document.body.offsetHeight + 4")
    page.evaluate("frames[0].print = () => { window.printed = true; }")
    page.keyboard.press("Control+p")
    assert page.evaluate("printed"), "the report is printed, not the page around it"
    page.emulate_media(media="print")
    for path, wanted in ((pages[12], ".report"), (pages[-3], "table"), (pages[-2], "table"), (pages[-1], ".report")):
        page.goto(filled.origin + path)
        assert page.locator(wanted).first.is_visible(), path
        seen = page.locator("nav a, button, input, select").evaluate_all("all => all.filter(x => x.checkVisibility())")
        assert len(seen) == 0, path
    page.context.close()


def test_from_the_start_to_the_report_in_few_clicks(visit, app, short_clip):
    """Three clicks: measure a clip, choose it, measure."""
    visit.goto(app.origin + "/")
    visit.click(".way-measure")
    visit.set_input_files("#files", short_clip)  # what the file dialog of "Choose clips" does
    visit.click("#start")
    report = visit.wait_for_selector("iframe.report", timeout=180_000).content_frame()
    report.wait_for_selector("h1")
    assert "°" in report.inner_text("main")
    job = visit.url.rpartition("/")[2]
    stored = json.loads((app.root / "jobs" / job / "session.json").read_text(encoding="utf-8"))["result"]
    score = stored["sides"]["right"]["score_deg"]
    assert f"{score:.1f}°" in report.inner_text("main")
    visit.wait_for_timeout(800)
    heights = visit.evaluate(FRAME_HEIGHTS)
    assert heights[0] >= heights[1] - 2, "the report scrolls inside its frame"


FRAME_HEIGHTS = """() => { const f = document.querySelector("iframe.report");
  return [f.clientHeight, f.contentDocument.documentElement.scrollHeight]; }"""


def test_the_progress_survives_a_reload(visit, app, nobody_clip):
    visit.goto(app.origin + "/measure")
    visit.set_input_files("#files", nobody_clip)
    visit.click("#start")
    visit.wait_for_url("**/jobs/*")
    visit.reload()
    assert visit.wait_for_selector("iframe.report, #progress")
    visit.wait_for_selector("iframe.report", timeout=180_000)


def test_a_wrong_file_is_told_at_once(visit, app, tmp_path):
    (tmp_path / "notes.txt").write_text("words")
    visit.goto(app.origin + "/measure")
    visit.click("#start")
    assert visit.inner_text("#trouble") == "Choose a clip first."
    (tmp_path / "empty.mp4").touch()
    visit.set_input_files("#files", [tmp_path / "notes.txt", tmp_path / "empty.mp4"])
    for sentence in ("“notes.txt” is not a video", "“empty.mp4” is empty"):
        visit.wait_for_selector(f"#trouble:has-text('{sentence}')")
    assert [f for f in visit.faults if "422" not in f] == []
    visit.faults.clear()


def test_a_clip_chosen_before_the_script_is_there_is_taken(visit, app, short_clip):
    late = []
    visit.route("**/static/measure.js", lambda route: late.append(route))
    visit.goto(app.origin + "/measure", wait_until="commit")
    visit.set_input_files("#files", short_clip)
    assert late, "the script is held back"
    late[0].continue_()
    visit.wait_for_selector("#clips li:has-text('is ready')", timeout=60_000)
    visit.click("#clips button")


def test_a_lost_connection_is_taken_up_again(visit, app, tmp_path):
    clip = tmp_path / "long.mp4"
    clip.write_bytes(b"\0" * SIZE)
    cuts = []

    def cut(route):
        if len(cuts) < 3 and "offset=0" not in route.request.url:
            cuts.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    visit.route("**/uploads/*?offset=*", cut)
    visit.goto(app.origin + "/measure")
    visit.set_input_files("#files", clip)
    visit.wait_for_selector("#clips li:has-text('is ready')", timeout=60_000)
    assert len(cuts) == 3
    assert [f for f in visit.faults if "ERR_CONNECTION_RESET" not in f] == []
    visit.faults.clear()
    visit.click("#clips button")


def test_the_whole_flow_by_keyboard_alone(visit, app, short_clip):
    visit.goto(app.origin + "/")
    tab_to(visit, "a.way-measure")
    visit.keyboard.press("Enter")
    visit.wait_for_selector("#files")
    tab_to(visit, "#files")
    visit.set_input_files("#files", short_clip)  # Enter opens the system's own dialog here
    tab_to(visit, "[name=subject]")
    visit.keyboard.type("K-1")
    tab_to(visit, "#start")
    visit.keyboard.press("Enter")
    visit.wait_for_selector("iframe.report", timeout=180_000)
    tab_to(visit, "a[href*='/correct/right']")
    visit.keyboard.press("Enter")
    visit.wait_for_selector(".handle")
    tab_to(visit, "[data-moment=hold] [data-point=knee]")
    before = visit.get_attribute("[data-moment=hold] [data-point=knee]", "cx")
    visit.keyboard.press("Shift+ArrowLeft")
    assert visit.get_attribute("[data-moment=hold] [data-point=knee]", "cx") != before
    tab_to(visit, "button.primary")
    visit.keyboard.press("Enter")
    visit.wait_for_selector("text=Corrected by hand")


def tab_to(page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")
