"""The app ends some time after its last page was closed, unless something is under way."""

from __future__ import annotations

import asyncio

import pytest

from mobility_check.app import presence
from tests.app.conftest import new_page
from tests.beside import run_beside


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(presence, "GRACE_S", 0.02)


def ends(steps: str, *, busy: list[bool], stays: bool = False) -> bool:
    """Whether the app was ended by pages opened (o) and closed (c), and time passing (.)."""
    ended: list[bool] = []

    async def play() -> None:
        pages = presence.Presence(
            is_busy=lambda: busy.pop(0) if busy else False, on_alone=None if stays else lambda: ended.append(True)
        )
        for step in steps:
            if step == ".":
                await asyncio.sleep(0.1)
            else:
                pages.opened() if step == "o" else pages.closed()

    run_beside(play())
    return bool(ended)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [("oc.", True), ("oco.", False), ("oocc.", True), ("ooc.", False), (".", False), ("oc", False)],
)
def test_it_ends_when_the_last_page_stays_closed(quick, steps, expected):
    assert ends(steps, busy=[]) is expected


def test_it_waits_for_what_is_under_way(quick):
    assert ends("oc.", busy=[True] * 1000) is False
    assert ends("oc..", busy=[True]) is True


def test_it_can_be_told_to_stay(quick):
    assert ends("oc.", busy=[], stays=True) is False


def test_a_page_says_when_the_app_has_ended(browser, new_app):
    app = new_app().enter()
    page = new_page(browser, app)
    page.goto(app.origin + "/")
    assert page.is_hidden("#gone")
    app.stop()
    page.wait_for_selector("#gone:visible", timeout=20_000)
    assert "Start mobility-check again" in page.inner_text("#gone")
    page.context.close()
