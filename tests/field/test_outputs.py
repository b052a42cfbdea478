"""Nothing of the user's is replaced: HandBrake#1781, WinFF#110, teejee2008/selene#1 lost recordings this way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobility_check.pose.store import save_track
from synthetic.stickfigure import Figure, kicks
from tests.commandline import call

NAMES = ["a.mp4", "./a.mp4", "sub/../a.mp4", "A.MP4", "soft.mp4", "hard.mp4"]


@pytest.fixture
def clips(tmp_path) -> Path:
    """Files that look like recordings by name; whoever reads one of them has begun to work and fails otherwise."""
    for name in ("a.mp4", "right.mp4", "kick-1.mp4", "kick-2.mp4"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "sub").mkdir()
    (tmp_path / "soft.mp4").symlink_to("a.mp4")
    (tmp_path / "hard.mp4").hardlink_to(tmp_path / "a.mp4")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("option", ["--annotate", "--report", "--save-track"])
@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_analyze_never_replaces_its_clip(clips, name, option, more):
    before = contents(clips)
    call("analyze", "a.mp4", option, name, *more, cwd=clips).sentence(code=2)
    assert contents(clips) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("kick-1.mp4", "kick-2.mp4", "--annotate", "kick.mp4"),
        ("a.mp4", "--report", "right.mp4"),
        ("a.mp4", "--annotate", "right.mp4"),
        ("a.mp4", "--save-track", "right.mp4"),
        ("a.mp4", "--annotate", "both.html"),
        ("a.mp4", "--report", "both.html", "--save-track", "BOTH.html"),
    ],
)
def test_analyze_refuses_names_that_are_taken_or_do_not_fit(clips, arguments):
    before = contents(clips)
    call("analyze", *arguments, cwd=clips).sentence(code=2)
    assert contents(clips) == before


def test_live_never_records_over_a_recording(clips):
    before = contents(clips)
    for arguments in (["--record", "right.mp4"], ["--camera", "a.mp4", "--record", "./a.mp4", "--overwrite"]):
        call("live", "--no-window", *arguments, cwd=clips).sentence(code=2)
    assert contents(clips) == before


def test_export_and_validate_keep_what_is_not_theirs(tmp_path):
    (tmp_path / "clinic.csv").write_text("patient,score\nA,1\n")
    before = contents(tmp_path)
    database = tmp_path / "sub" / "h.db"
    for form in ("csv", "json", "fhir", "parquet"):
        call("export", "--all", "-f", form, "-o", "clinic.csv", "--database", database, cwd=tmp_path).sentence(code=2)
    call("validate", "clinic.csv", "--plot", "clinic.csv", cwd=tmp_path).sentence(code=2)
    assert contents(tmp_path) == before


def test_what_this_program_wrote_is_written_again_and_is_private(tmp_path):
    """Page, track and every export: the second call replaces the first one's file without being asked to."""
    track, database = tmp_path / "in.npz", tmp_path / "h.db"
    save_track(Figure(movements=kicks("right")).track(), track)
    analyze = (
        "analyze",
        "--track",
        track,
        "--save-track",
        "out.npz",
        "--report",
        "p.html",
        "-s",
        "P-1",
        "-q",
        "--database",
        database,
    )
    endings = {"csv": "csv", "json": "json", "fhir": "json", "parquet": "parquet"}
    exports = [("export", "P-1", "-f", f, "-o", f"{f}.{e}", "--database", database) for f, e in endings.items()]
    report = ("report", "P-1", "-o", "q.html", "--no-pictures", "--database", database)
    for _ in range(2):
        for command in (analyze, *exports, report):
            run = call(*command, cwd=tmp_path)
            assert run.code == 0, run
    assert {p.name for p in tmp_path.iterdir()} == {
        "in.npz",
        "out.npz",
        "p.html",
        "q.html",
        "h.db",
        "csv.csv",
        "json.json",
        "fhir.json",
        "parquet.parquet",
    }
    if os.name == "posix":
        assert {p.name for p in tmp_path.iterdir() if p.stat().st_mode & 0o077} == set()


def test_a_page_of_another_program_stays(tmp_path):
    (tmp_path / "p.html").write_text("<html>minutes of the meeting")
    save_track(Figure(movements=kicks("right")).track(), tmp_path / "in.npz")
    said = call("analyze", "--track", "in.npz", "--report", "p.html", cwd=tmp_path).sentence(code=2)
    assert "--overwrite" in said
    assert (tmp_path / "p.html").read_text() == "<html>minutes of the meeting"
    assert call("analyze", "--track", "in.npz", "--report", "p.html", "--overwrite", "-q", cwd=tmp_path).code == 0
