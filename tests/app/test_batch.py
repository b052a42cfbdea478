"""Batch from the page: it starts and watches the same command."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def folder(tmp_path, nobody_clip):
    made = tmp_path / "clips"
    made.mkdir()
    shutil.copy(nobody_clip, made / "P-1_20260803_right.mp4")
    (made / "P-2_20260804_left.mp4").write_text("no video")
    return made


def test_a_folder_is_looked_at_measured_and_shown(app, folder):
    fields = {"folder": folder, "pattern": "{subject}_{date:%Y%m%d}_{view}"}
    page = app.ask("POST", "/batch/preview", fields).body.decode()
    for word in ("P-1", "2026-08-03", "right"):
        assert word in page
    assert app.ask("POST", "/batch/start", fields).status == 303
    assert app.ask("POST", "/batch/start", fields).status == 422
    assert b"A batch is under way" in app.ask("GET", "/quit").body
    last = app.ask("GET", "/batch/events").body.decode().strip().rpartition("data: ")[2]
    assert json.loads(last)["ended"] is True
    assert b"A batch is under way" not in app.ask("GET", "/quit").body
    page = app.ask("GET", "/batch").body.decode()
    assert "P-2_20260804_left.mp4" in page
    table = app.ask("GET", "/batch/page")
    assert "sandbox" in table.headers["content-security-policy"]
    assert b"P-1" in table.body
    assert (folder.parent / "clips-results" / "results.csv").is_file()
    assert app.ask("POST", "/batch/stop", b"").status == 303
    assert "Measure a whole folder" in app.ask("GET", "/batch").body.decode()


def test_what_was_found_is_told_in_the_users_language(new_app, folder):
    fields = {"folder": folder, "pattern": "{subject}_{date:%Y%m%d}_{view}"}
    page = new_app("--lang", "de").enter().ask("POST", "/batch/preview", fields).body.decode()
    assert "<td>rechts</td>" in page
    assert "Sitzungen: 2." in page


def test_a_folder_can_be_chosen_by_clicking(visit, app, folder):
    (folder.parent / ".hidden").mkdir()
    visit.goto(f"{app.origin}/batch?at={folder.parent}")
    assert ".hidden" not in visit.inner_text("main")
    visit.click("nav.place >> text=clips")
    assert visit.input_value("[name=folder]") == str(folder)
    assert "Clips in this folder itself: 2" in visit.inner_text("main")
    visit.focus("nav.place a")
    with visit.expect_navigation():
        visit.keyboard.press("Enter")
    assert visit.input_value("[name=folder]") == str(folder.parent)


def test_what_cannot_be_opened_is_told(app, tmp_path):
    for at in ("relative", "/nowhere/at/all", "/etc/hostname"):
        assert app.ask("GET", f"/batch?at={at}").status == 422


@pytest.mark.parametrize("name", ["", "clips", "/nowhere/at/all", "/etc/hostname", "a\x00b", "http://x/y"])
def test_what_is_no_folder_is_told(app, name):
    for path in ("/batch/preview", "/batch/start"):
        assert b"no such folder" in app.ask("POST", path, {"folder": name}).body


def test_a_pattern_that_cannot_be_read_is_told(app, folder):
    answer = app.ask("POST", "/batch/preview", {"folder": folder, "pattern": "{nonsense"})
    assert answer.status == 422
    assert b"Traceback" not in answer.body
