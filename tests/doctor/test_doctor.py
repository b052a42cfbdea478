"""The check of the computer: each finding is true, says what to do, and nothing is changed by looking."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

import mobility_check
from mobility_check.doctor import CHECKS, Finding, checks, examine
from mobility_check.errors import StoreError
from mobility_check.history.store import HistoryStore
from mobility_check.pose import mediapipe, models
from mobility_check.pose.replay import ReplayBackend
from synthetic.factories import make_result
from synthetic.stickfigure import Figure
from tests.commandline import call

Usage = namedtuple("Usage", "total used free")


def look(name: str, database: Path | str | None = None) -> Finding:
    """One check, run the way ``examine`` runs it."""
    finding = checks._run(name, CHECKS[name], None if database is None else str(database))
    assert finding.name == name
    assert "\n" not in finding.sentence
    return finding


def test_the_program_and_its_libraries():
    found = look("program")
    assert (found.state, found.facts["mobility_check"]) == ("ok", mobility_check.__version__)
    assert found.facts["mediapipe"] == importlib.metadata.version("mediapipe")
    assert found.facts["cores"] >= 1


@pytest.mark.parametrize(
    ("there", "word"),
    [(lambda name: None if name == "av" else "1.0", "av"), (lambda name: "4.9", "pip uninstall opencv-python")],
    ids=["one missing", "a second OpenCV"],
)
def test_a_broken_installation_is_told_with_its_cure(monkeypatch, there, word):
    monkeypatch.setattr(checks, "_version", there)
    found = look("program")
    assert found.state == "bad"
    assert word in found.sentence


def test_the_models_and_what_they_are():
    found = look("models")
    assert found.state == "ok"
    for name in ("full", "heavy"):
        facts = next(f for key, f in found.facts.items() if name in key)
        assert facts["sha256"] in models.KNOWN[name].sha256
        assert Path(facts["path"]).is_file()


def test_a_damaged_model_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "search_folders", lambda: (tmp_path,))
    (tmp_path / models.KNOWN["full"].file).write_bytes(b"half a model")
    found = look("models")
    assert (found.state, found.facts) == ("bad", {})
    assert "damaged" in found.sentence


def test_a_missing_model_is_told_and_the_self_test_fails_with_it(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "search_folders", lambda: (tmp_path,))
    assert "models fetch full" in look("models").sentence
    assert look("self-test").state == "bad"


def test_the_self_test_measures_the_bundled_clip():
    found = look("self-test")
    assert (found.state, found.facts["seen_share"]) == ("ok", 1.0)


def test_a_clip_in_which_nobody_is_seen_fails_the_self_test(monkeypatch):
    nobody = ReplayBackend([Figure(duration_s=3.0, gaps_s=[(0.0, 9.0)]).track()])
    monkeypatch.setattr("mobility_check.pipeline.default_backend", lambda: nobody)
    found = look("self-test")
    assert (found.state, found.facts["seen_share"]) == ("bad", 0.0)
    assert "was not seen" in found.sentence


def test_codecs_that_are_here():
    found = look("codecs")
    assert found.state == "ok"
    assert found.facts["reads"]["h264"]


@pytest.mark.parametrize(("missing", "word"), [(["hevc"], "hevc"), (["libx264", "libvpx-vp9"], "Annotated videos")])
def test_codecs_that_are_not_here(monkeypatch, missing, word):
    import av

    def codec(name, mode, known=av.Codec):
        return known("no such codec" if name in missing else name, mode)

    monkeypatch.setattr(av, "Codec", codec)
    found = look("codecs")
    assert found.state == "note"
    assert word in found.sentence


@pytest.mark.parametrize(
    ("cameras", "state", "says"),
    [
        ({}, "note", "No camera was found"),
        ({0: "Desk", 2: "Hall"}, "ok", "2 cameras: 0: Desk, 2: Hall."),
    ],
)
def test_cameras_are_counted(monkeypatch, cameras, state, says):
    monkeypatch.setattr("mobility_check.live.camera.list_cameras", lambda: cameras)
    found = look("cameras")
    assert found.state == state
    assert says in found.sentence


@pytest.mark.parametrize(
    ("system", "display", "state"),
    [("linux", "", "note"), ("linux", ":1", "ok"), ("darwin", "", "ok"), ("win32", "", "ok")],
)
def test_a_display(monkeypatch, system, display, state):
    monkeypatch.setattr(checks.sys, "platform", system)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    found = look("display")
    assert found.state == state
    assert ("--no-window" in found.sentence) == (state == "note")


def test_without_a_voice_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("mobility_check.live.sound.find_voice", lambda language: None)
    found = look("sound")
    assert found.state == "note"
    assert found.sentence.endswith((".", "espeak-ng."))


def test_a_history_that_is_not_there_yet_is_not_made(tmp_path):
    found = look("history", tmp_path / "history.db")
    assert (found.state, found.facts) == ("ok", {"sessions": 0})
    assert list(tmp_path.iterdir()) == []


def test_a_history_with_a_session(tmp_path):
    with HistoryStore.open(tmp_path / "history.db") as store:
        store.save(make_result(), subject="P-17", date="2026-08-03")
    found = look("history", tmp_path / "history.db")
    assert (found.state, found.facts) == ("ok", {"sessions": 1})
    assert "P-17" not in found.sentence


def test_a_history_that_is_none(tmp_path):
    (tmp_path / "history.db").write_text("not a database, but long enough to look like a file\n" * 20)
    found = look("history", tmp_path / "history.db")
    assert found.state == "bad"
    with pytest.raises(StoreError) as e:
        HistoryStore.open(tmp_path / "history.db")
    assert found.sentence == str(e.value)


@pytest.mark.parametrize(("free", "state"), [(5e8, "note"), (5e10, "ok")])
def test_free_space(monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1e12, 1e12 - free, free))
    assert look("disk").state == state


def test_a_check_that_fails_unexpectedly_is_a_finding_and_the_others_go_on(monkeypatch):
    def fails(_):
        raise RuntimeError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(checks, "CHECKS", {"program": CHECKS["program"], "models": fails, "disk": CHECKS["disk"]})
    states = {f.name: (f.state, f.sentence) for f in examine()}
    assert states["models"][0] == "bad"
    assert "libGL.so.1" in states["models"][1]
    assert states["program"][0] == "ok"


def test_the_command_for_people_and_for_support(tmp_path):
    done = call("doctor", "--json", "--database", tmp_path / "h.db", HOME=str(tmp_path), DISPLAY="")
    found = json.loads(done.out)
    assert [f["name"] for f in found] == list(CHECKS)
    assert {f["state"] for f in found} <= {"ok", "note"}
    assert (done.code, done.err) == (0, "")
    assert not (tmp_path / "h.db").exists()


def test_the_command_fails_when_measuring_will_not_work(tmp_path):
    (tmp_path / "h.db").write_text("nothing of use here\n" * 90)
    done = call("doctor", "--database", tmp_path / "h.db")
    assert done.code == 1
    lines = done.out.splitlines()
    assert len(lines) == len(CHECKS)
    assert sum(line.startswith("✗") for line in lines) == 1


def test_a_library_that_sends_statistics_is_told(monkeypatch):
    monkeypatch.setattr(mediapipe, "sends_statistics", lambda: True)
    found = look("privacy")
    assert found.state == "bad"
    assert "usage statistics" in found.sentence
