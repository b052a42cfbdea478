from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from mobility_check.errors import MissingExtraError
from mobility_check.kinematics.landmarks import Side
from mobility_check.report import Picture, Pictures, Progress, ProgressPoint, ReportData, write_report
from mobility_check.report.pdf import find_browser
from mobility_check.results.wording import Change, LegHistory
from synthetic.factories import make_result, make_session

TINY_JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a"
    "1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f00000105010101010"
    "10100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d01020300041105122131410613516107"
    "227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a6"
    "36465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8"
    "c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd3ffd9"
)
"""One grey pixel."""


def make_pictures() -> Pictures:
    sides: tuple[Side, ...] = ("left", "right")
    shots = {(side, i): Picture(TINY_JPEG, 1, 1, 3.0, 0) for side in sides for i in range(3)}
    return Pictures(shots, {side: Picture(TINY_JPEG, 1, 1, 0.5, 0) for side in sides})


def make_progress(*, goal_deg: float | None = 20.0) -> Progress:
    def leg(*scores: float) -> tuple[ProgressPoint, ...]:
        days = (datetime(2026, 8, 3), datetime(2026, 9, 14), datetime(2026, 10, 26))
        series = ("a", "b", "b")
        return tuple(ProgressPoint(d, x, (x - 2, x + 2), s) for d, x, s in zip(days, scores, series, strict=True))

    legs: dict[Side, tuple[ProgressPoint, ...]] = {"left": leg(17.9, 18.4, 18.0), "right": leg(12.1, 5.0, 12.2)}
    since = Change(date(2026, 9, 14), 5.0, 12.2, "likely a real change", 5.5)
    alike = Change(date(2026, 9, 14), 18.4, 18.0, "no change", 5.5)
    changes = {"left": LegHistory(alike, alike), "right": LegHistory(since, since)}
    return Progress(legs, changes, {"left": 5.5, "right": 5.5}, goal_deg, "There is no date for it yet.")


def full_data(**fields: object) -> ReportData:
    values: dict[str, object] = {
        "pictures": make_pictures(),
        "subject": "P-17",
        "day": date(2026, 10, 26),
        "note": "after holidays",
        "progress": make_progress(),
        "earlier": ReportData(make_result(18.4, 5.0), pictures=make_pictures(), day=date(2026, 9, 14)),
    }
    session = fields.pop("session", None) or make_session(make_result())
    return ReportData.from_session(session, **{**values, **fields})  # type: ignore[arg-type]


@dataclass
class Visit:
    """A page open in a real browser, and what went wrong in it."""

    page: Any
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def listeners(self) -> list[tuple[str, Callable[[Any], None]]]:
        """What notes each event of the page."""
        return [
            ("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None),
            ("pageerror", lambda e: self.problems.append(str(e))),
            ("request", lambda r: self.requests.append(r.url)),
        ]


Opener = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[object]:
    try:
        program = find_browser()
    except MissingExtraError:
        pytest.skip("no Chromium, Chrome or Edge on this computer")
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    running = playwright.chromium.launch(executable_path=program, args=arguments)
    yield running
    running.close()


@dataclass
class Pages:
    """Pages of one browser with the network off, lent again and again: one that was used has compiled the scripts.

    They differ in colour scheme and in whether there is a finger instead of a mouse; the width is set anew.
    """

    browser: Any
    free: dict[tuple[str, bool], list[Any]] = field(default_factory=dict)

    def take(self, *, width: int, scheme: str) -> tuple[Any, Callable[[], None]]:
        """A page, and what gives it back."""
        kind = (scheme, width < 500)
        waiting = self.free.setdefault(kind, [])
        page = waiting.pop() if waiting else self._new(*kind)
        page.goto("about:blank")  # else what was there is drawn anew at another width
        page.set_viewport_size({"width": width, "height": 900})
        page.mouse.move(0, 0)
        return page, lambda: waiting.append(page)

    def _new(self, scheme: str, touch: bool) -> Any:
        context = self.browser.new_context(offline=True, color_scheme=scheme, reduced_motion="reduce", has_touch=touch)
        return context.new_page()


@pytest.fixture(scope="session")
def browser_pages(browser: Any) -> Pages:
    return Pages(browser)


@pytest.fixture
def visit(browser_pages: Pages, tmp_path: Path) -> Iterator[Opener]:
    """Opens reports in a real browser."""
    with opener(browser_pages, tmp_path) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def full_page(browser_pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A report with all there is, open for all who only hover and click in it."""
    with opener(browser_pages, tmp_path_factory.mktemp("full")) as open_page:
        yield open_page(full_data()).page


@contextmanager
def opener(pages: Pages, folder: Path) -> Iterator[Opener]:
    """Write a report, open it, and wait until its charts are drawn."""
    with ExitStack() as stack:

        def open_page(
            data: ReportData, *, width: int = 1200, scheme: str = "light", assets: str = "inline", query: str = ""
        ) -> Visit:
            path = folder / "report.html"
            write_report(data, path, assets=assets)  # type: ignore[arg-type]
            page, give_back = pages.take(width=width, scheme=scheme)
            stack.callback(give_back)
            seen = Visit(page)
            for event, listener in seen.listeners():
                page.on(event, listener)
                stack.callback(page.remove_listener, event, listener)
            page.goto(path.as_uri() + query)
            page.wait_for_selector("html[data-ready=yes]", timeout=20_000)
            return seen

        yield open_page


@contextmanager
def no_browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as m:
        m.setenv("PATH", "")
        m.setattr("mobility_check.report.pdf._usual_places", list)
        yield
