"""Pictures of each step for docs/app.md and of the report for docs/images, from an app over a folder of its own.

    python benchmarks/app_screens.py LIVE_CLIP OUT_DIR

The person's sessions are the samples; LIVE_CLIP plays as the camera. Look at each picture before it goes into the docs.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks.app import FLAGS, LIMIT_S, as_camera, drop_clip, live_page, running_app
from mobility_check.report.pdf import find_browser

SAMPLES = sorted((Path(__file__).resolve().parent.parent / "samples").glob("kickback-*.mp4"))
WINDOW: ViewportSize = {"width": 1000, "height": 760}
WIDE: ViewportSize = {"width": 1100, "height": 1046}
SHAPES: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("answer", 1100, 690, "light"),
    ("dark", 1100, 690, "dark"),
    ("phone", 390, 1500, "light"),
)
SETTLED_MS = 1500


def main(live_clip: Path, out: Path) -> None:
    """Make them all."""
    with (
        tempfile.TemporaryDirectory() as name,
        running_app(Path(name)) as (_, address),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        page = browser.new_page(viewport=WINDOW, bypass_csp=True)

        def picture(step: str) -> None:
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=out / f"{step}.png")

        page.goto(address)
        _measure(page, picture)
        _report(page, out)
        _people(page, picture)
        _phone(page, picture)
        browser.close()
    _live(live_clip, out)


def _measure(page: Page, picture: Callable[[str], None]) -> None:
    picture("home")
    for clip in SAMPLES[:-1]:
        drop_clip(page, clip, subject="P-17", date=clip.stem.removeprefix("kickback-"))
    page.click("a.brand")
    page.click(".way-measure")
    page.set_input_files("#files", SAMPLES[-1])
    page.fill("[name=subject]", "P-17")
    page.fill("[name=date]", SAMPLES[-1].stem.removeprefix("kickback-"))
    page.wait_for_selector("#clips progress[value='1']")
    picture("measure")
    page.click("#start")
    page.wait_for_selector("#progress")
    page.wait_for_function("document.getElementById('left').textContent")
    picture("running")
    page.wait_for_selector("iframe.report", timeout=LIMIT_S * 1000)
    picture("result")
    page.click("a[href*='/correct/']")
    picture("correct")
    page.go_back()


def _report(page: Page, out: Path) -> None:
    back = page.url
    page.goto(back + "/report")
    for name, width, height, scheme in SHAPES:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=out / f"report-{name}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    page.evaluate("document.getElementById('progress').scrollIntoView()")
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=out / "report-progress.jpg", quality=85)
    page.set_viewport_size(WINDOW)
    page.goto(back)


def _people(page: Page, picture: Callable[[str], None]) -> None:
    page.click("nav >> text=People")
    picture("people")
    page.click("th >> text=P-17")
    picture("person")
    page.click("text=Show")
    page.frame_locator("iframe.report").locator("h1").wait_for(timeout=LIMIT_S * 1000)
    picture("compare")


def _phone(page: Page, picture: Callable[[str], None]) -> None:
    page.goto(page.url.partition("/people")[0] + "/phone")
    page.click("button.primary")
    picture("phone")


def _live(clip: Path, out: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        running_app(Path(name)) as (_, address),
        live_page(address, as_camera(clip, Path(name) / "camera.y4m", lines=720)) as page,
    ):
        page.wait_for_selector("#dots p", timeout=LIMIT_S * 1000)
        page.wait_for_function("document.getElementById('angle').textContent", timeout=LIMIT_S * 1000)
        page.screenshot(path=out / "live.png")
        page.wait_for_selector("#card", timeout=LIMIT_S * 1000)
        page.screenshot(path=out / "card.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
