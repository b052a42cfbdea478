"""Every page without a mouse: Tab reaches all that can be used, in order, visibly, and leads out again."""

from __future__ import annotations

import dataclasses
import io
from urllib.parse import quote

import pytest
from PIL import Image

from mobility_check.app.saved import keep_pictures
from mobility_check.history.store import HistoryStore
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.report.pictures import Picture, Pictures
from synthetic.factories import make_result
from tests.app.conftest import App, new_page
from tests.app.test_browser import filled, pages, tab_to  # noqa: F401 - fixtures
from tests.app.test_live import camera  # noqa: F401 - a fixture

FOCUSED = """() => { const at = document.activeElement, box = at.getBoundingClientRect();
  const s = getComputedStyle(at.matches(".file") ? at.parentElement : at);
  return {tag: at.tagName, place: [...document.querySelectorAll("*")].indexOf(at), html: at.outerHTML.slice(0, 120),
    seen: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0,
    ring: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2
      || at.matches(".handle") && parseFloat(s.strokeWidth) >= 5}; }"""
USABLE = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter(x => x.checkVisibility({visibilityProperty: true}) && !x.disabled && !x.closest("[inert]")).length"""


def test_tab_goes_through_every_page(browser, filled, pages):  # noqa: F811
    page = new_page(browser, filled)
    for path in pages:
        page.goto(filled.origin + path)
        seen = []
        for _ in range(120):
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUSED)
            if at["tag"] == "BODY" or (seen and at["place"] == seen[0]):
                break
            if at["tag"] == "IFRAME":
                continue
            assert at["seen"], (path, at)
            assert at["ring"], (path, at)
            if not (seen and at["place"] == seen[-1]):  # a date has three parts
                seen.append(at["place"])
        else:
            raise AssertionError(f"Tab does not lead out of {path}")
        assert seen == sorted(seen), path
        assert len(seen) == page.evaluate(USABLE), path
        assert page.locator("label [aria-describedby]").count() == 0, "a hint in the label would be read out twice"
    page.context.close()


@pytest.fixture
def clinic(new_app) -> App:
    """A person with two sessions that have pictures, and a folder of clips."""
    app = new_app().enter()
    data = app.folder / "data" / "mobility-check"
    with HistoryStore.open(data / "history.db") as store:
        for n, day in enumerate(("2026-08-03", "2026-09-14")):
            result = make_result()
            inputs = tuple(dataclasses.replace(i, sha256=f"{n}" * 64) for i in result.inputs)
            saved = store.save(dataclasses.replace(result, inputs=inputs), subject="K-1", date=day)
            keep_shots(app, saved.id)
    return app


def keep_shots(app: App, session: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 480), (90, 90, 90)).save(buffer, "JPEG")
    shots = {(side, n): Picture(buffer.getvalue(), 320, 480, 1.0, 0) for side in SIDES for n in range(3)}
    keep_pictures(Pictures(shots, {}), app.root / "pictures" / session)


def enter(page, selector: str, *, to: str) -> None:
    """Go to it with Tab, press Enter, and wait for what comes."""
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_selector(to)


def type_into(page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def test_people_by_keyboard_alone(browser, clinic):
    page = new_page(browser, clinic)
    page.goto(clinic.origin + "/")
    enter(page, "a.way-people", to="[name=q]")
    type_into(page, "[name=q]", "k-1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people?q=k-1")
    enter(page, "th a", to="[name=goal]")
    type_into(page, "[name=goal]", "21")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.input_value("[name=goal]") == "21.0"
    tab_to(page, "[name=a]")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form[action$=compare] button")
    page.keyboard.press("Enter")
    frame = page.wait_for_selector("iframe.report").content_frame()
    frame.wait_for_selector("h1")
    slide(page, frame)
    page.go_back()
    enter(page, "td a, th a", to="iframe.report")
    tab_to(page, "summary")
    page.keyboard.press("Space")
    type_into(page, "[name=note]", "sore")
    tab_to(page, "form.fields button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    enter(page, "h1 a", to="[name=goal]")
    assert "sore" in page.inner_text("table")
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    type_into(page, "[name=name]", "K-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nobody has a session yet")
    assert page.faults == []
    page.context.close()


def slide(page, frame) -> None:
    """The slider over the two pictures goes with the arrow keys."""
    slider = frame.wait_for_selector("input[type=range]", state="attached")
    for _ in range(60):
        page.keyboard.press("Tab")
        if frame.evaluate("document.activeElement.matches('input[type=range]')"):
            break
    before = slider.input_value()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != before


def test_batch_phone_and_quit_by_keyboard_alone(browser, clinic, tmp_path, short_clip):
    folder = tmp_path / "some clips"
    folder.mkdir()
    (folder / "no.mp4").write_text("no video")
    page = new_page(browser, clinic)
    page.goto(f"{clinic.origin}/batch?at={quote(str(tmp_path))}")
    enter(page, f"nav.place a[href$='{quote('some clips')}']", to="[name=folder][value$='some clips']")
    enter(page, "form[action$=preview] button", to="form[action$=start], .reasons")
    page.goto(clinic.origin + "/phone")
    tab_to(page, "main button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    if page.query_selector("svg.qr"):  # there is a network
        tab_to(page, "main button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/measure")
    page.faults.clear()  # no network is a 422
    page.goto(clinic.origin + "/quit")
    enter(page, "main button", to="text=has stopped")
    page.context.close()


def test_the_check_at_the_camera_by_keyboard_alone(camera, app):  # noqa: F811
    page = new_page(camera, app, permissions=["camera"])
    page.goto(app.origin + "/")
    enter(page, "a.way-live", to="[name=subject]")
    tab_to(page, "[name=voice]")
    page.keyboard.press("Space")
    enter(page, "#start", to="#stage:visible")
    page.wait_for_selector("#prompt:not(:text('Loading the model'))", timeout=60_000)
    tab_to(page, "#end")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('header, footer')") is None  # nothing behind the stage
    page.wait_for_timeout(1000)
    page.keyboard.press("Escape")
    page.wait_for_selector("#card:visible", timeout=300_000)
    assert page.evaluate("document.activeElement.id") == "again"
    for selector in ("#report", "#delete button", "#again"):
        tab_to(page, selector)
    tab_to(page, "#delete button")
    page.keyboard.press("Enter")
    page.wait_for_selector("a.way-live")
    assert page.faults == []
    page.context.close()


def test_a_camera_that_is_lost_is_told(camera, app):  # noqa: F811
    page = new_page(camera, app, permissions=["camera"])
    page.goto(app.origin + "/live")
    page.uncheck("[name=voice]")
    page.click("#start")
    page.wait_for_selector("#prompt:not(:text('Loading the model'))", timeout=60_000)
    page.wait_for_timeout(1000)
    page.evaluate("document.getElementById('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
    assert "The camera stopped" in page.inner_text("#prompt")
    page.wait_for_selector("#card:visible", timeout=300_000)
    page.context.close()
