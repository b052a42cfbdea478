"""Clips on their way into the app, in a real browser: removed in the middle, lost, refused, in two tabs."""

from __future__ import annotations

import pytest

from tests.app.conftest import new_page

SIZE = (8 << 20) + 1000
"""One chunk and the beginning of a second: each passes through the browser's driver, which takes its time."""


@pytest.fixture
def clips(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(name.encode() + b"\0" * SIZE)
    return [tmp_path / "a.mp4", tmp_path / "b.mp4"]


def slowed(page):
    """The second chunk of each clip waits until it is let go."""
    held = []

    def hold(route):
        held.append(route)

    page.route("**/uploads/*?offset=8388608", hold, times=2)
    return held


def test_a_clip_that_is_removed_while_it_is_copied_leaves_the_other(visit, app, clips):
    held = slowed(visit)
    visit.goto(app.origin + "/measure")
    visit.set_input_files("#files", clips)
    while len(held) < 2:
        visit.wait_for_timeout(50)
    visit.click("#clips li:has-text('a.mp4') button")
    assert visit.evaluate("document.activeElement.id") == "files"
    for route in held:
        route.continue_()
    visit.wait_for_selector("#clips li:has-text('b.mp4 is ready')", timeout=30_000)
    assert visit.locator("#clips li").count() == 1
    assert visit.inner_text("#trouble") == ""
    visit.click("#clips button")
    visit.faults.clear()


def test_the_last_clip_can_be_removed_after_measure_was_clicked(visit, app, clips):
    held = slowed(visit)
    visit.goto(app.origin + "/measure")
    visit.set_input_files("#files", clips[:1])
    while not held:
        visit.wait_for_timeout(50)
    visit.click("#start")
    visit.wait_for_selector("#start:disabled")
    visit.click("#clips button")
    held[0].continue_()
    visit.wait_for_selector("#start:enabled")
    assert visit.inner_text("#trouble") == "", "it asked to wait for a clip that had been removed"
    visit.faults.clear()


@pytest.mark.parametrize(("status", "sentence"), [(507, "The disk is full; free some space"), (401, "Start it again")])
def test_a_copy_waits_for_a_full_disk_or_a_new_start(visit, app, clips, status, sentence):
    told = []

    def refuse(route):
        if len(told) < 2:
            told.append(route.fulfill(status=status, body=sentence, content_type="text/plain"))
        else:
            route.continue_()

    visit.route("**/uploads/*?offset=8388608", refuse)
    visit.goto(app.origin + "/measure")
    visit.set_input_files("#files", clips[:1])
    visit.wait_for_selector(f"#clips li:has-text('{sentence}')")
    visit.wait_for_selector("#clips li:has-text('a.mp4 is ready')", timeout=30_000)
    visit.click("#clips button")
    visit.faults.clear()


def test_of_two_tabs_with_one_clip_the_newest_goes_on(browser, app, clips):
    first = new_page(browser, app)
    held = slowed(first)
    first.goto(app.origin + "/measure")
    first.set_input_files("#files", clips[:1])
    while not held:
        first.wait_for_timeout(50)
    second = first.context.new_page()
    second.goto(app.origin + "/measure")
    second.set_input_files("#files", clips[:1])
    second.wait_for_selector("#clips li:has-text('is ready')", timeout=30_000)
    held[0].fulfill(status=409, json={"message": "Another page copies this clip; go on there."})
    first.wait_for_selector("#trouble:has-text('Another page')")
    second.click("#start")
    second.wait_for_url("**/jobs/*")  # the copy is still there
    first.context.close()


def test_an_app_that_is_gone_is_told(visit, app, clips):
    visit.goto(app.origin + "/measure")
    visit.route("**/uploads", lambda route: route.abort("connectionrefused"))
    visit.set_input_files("#files", clips[:1])
    visit.wait_for_selector("#trouble:has-text('does not answer')")
    visit.faults.clear()


def test_a_clip_dropped_beside_the_frame_is_taken(visit, app):
    visit.goto(app.origin + "/measure")
    visit.evaluate("""() => { const data = new DataTransfer(); data.items.add(new File(["x"], "notes.txt"));
      document.querySelector("footer").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true})); }""")
    visit.wait_for_selector("#trouble:has-text('is not a video')")
    visit.faults.clear()
