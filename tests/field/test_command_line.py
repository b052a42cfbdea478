"""What people type at first, and what names can hold: dangerzone#768, py3createtorrent#33 broke on such names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mobility_check.names import day_of_test, identifying
from mobility_check.pose.store import save_track
from synthetic.stickfigure import Figure, kicks
from tests.commandline import call

HOSTILE = "\x1b]52;c;aGk=\x07\x9b2J\nx\u202e"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "a.mp4").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (["a.mp4"], "mobility-check analyze a.mp4"),
        (["a.mp4", "analyze"], "mobility-check analyze a.mp4"),
        (["--json", "a.mp4"], "mobility-check analyze --json a.mp4"),
        (["a.mp4", "b c.mp4", "analyze", "--json"], "mobility-check analyze a.mp4 'b c.mp4' --json"),
        (["https://me:pw@host/c.mp4?sig=1"], "'https://host/c.mp4' is an address"),
        (["analyze", "https://me:pw@host/c.mp4?sig=1"], "'https://host/c.mp4' is an address"),
        (["analyze", "*.nix"], "No file matches '*.nix'"),
        (["analyze", "a.mp4", "--date", "03.08.2026"], "2026-08-03"),
        (["analyze", "a.mp4", "--date", "2462-01-01"], "in the future"),
        (["analyze", "a.mp4", "--date", "yesterday"], "the year first"),
        (["analyse", "a.mp4"], "The command comes first"),
        (["analyze", "a.mp4", "--" + HOSTILE], r"\x1b]52"),
        (["live", "--camera", "rtsp://me:pw@nowhere.invalid/x?token=1", "--record", "no.txt"], "--record"),
    ],
)
def test_a_wrong_call_is_one_sentence_that_says_what_to_type(folder, arguments, typed):
    said = call(*arguments, cwd=folder).sentence(code=2)
    assert typed in said
    assert "pw" not in said
    assert not any(c in said for c in HOSTILE if not c.isprintable())


@pytest.mark.parametrize("subject", ["anna@example.org", "Anna Müller", "Müller, Anna", "anna maria meyer-schmidt"])
def test_a_subject_that_names_a_person_is_warned_of(subject):
    assert "P-17" in (identifying(subject) or "")


@pytest.mark.parametrize("subject", ["P-17", "anna", "A7 b", "knee 3", "2026-A", "X.Y"])
def test_a_code_is_no_name(subject):
    assert identifying(subject) is None


def test_today_is_a_day_and_tomorrow_is_none():
    from datetime import date, timedelta

    today = date.today()
    assert day_of_test(today.isoformat()) == today
    from mobility_check.errors import UsageError

    with pytest.raises(UsageError):
        day_of_test((today + timedelta(days=1)).isoformat())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("name", [b"caf\xe9.npz", HOSTILE.encode() + b".npz"])
@pytest.mark.parametrize("more", [["--json"], [], ["--subject", "P-1", "--note", HOSTILE]])
def test_strange_names_are_printed_harmlessly_and_never_raise(tmp_path, name, more):
    clip = os.fsdecode(tmp_path.as_posix().encode() + b"/" + name)
    save_track(Figure(movements=kicks("right")).track(), clip)
    run = call("analyze", "--track", clip, *more, MOBILITY_CHECK_DATABASE=str(tmp_path / "h.db"))
    assert run.code == 0, run
    listed = call("history", "list", MOBILITY_CHECK_DATABASE=str(tmp_path / "h.db"))
    for text in (run.out, run.err, listed.out):
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
