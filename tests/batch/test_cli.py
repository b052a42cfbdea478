from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mobility_check.cli.batch import batch
from mobility_check.errors import BatchFailures, MissingExtraError, UsageError
from mobility_check.history.curves import curves_of
from mobility_check.history.store import HistoryStore
from mobility_check.pipeline import analyze_tracks
from mobility_check.pose.store import load_track, save_track
from synthetic.stickfigure import kicking_track
from tests.commandline import ROOT, call


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for n, name in enumerate(("P1_20260803_left", "P1_20260803_right", "P2_20260804_left")):
        save_track(kicking_track("x", left_deg=10.0 + n, right_deg=12.0, seed=n), folder / f"{name}.npz")
    (folder / "odd.npz").write_bytes(b"no track")
    return folder


PATTERN = "{subject}_{date:%Y%m%d}_{view}"


def test_a_dry_run_shows_sessions_and_what_fits_none(tracks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    batch([str(tracks)], pattern=PATTERN, dry_run=True, json_out=True)
    shown = json.loads(capsys.readouterr().out)
    assert [(s["subject"], s["date"], s["side"], len(s["files"])) for s in shown["sessions"]] == [
        ("P1", "2026-08-03", "left, right", 2),
        ("P2", "2026-08-04", "left", 1),
    ]
    assert [u["reason"] for u in shown["unreadable"]] == ["name_not_read"]
    batch([str(tracks)], out=tracks.parent / "out", pattern=PATTERN, dry_run=True)
    text = capsys.readouterr().out
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "2 sessions"
    assert f"P1_20260803_left.npz  ({tracks})" in lines, "whole names, one a line"
    assert any(line.startswith(f"odd.npz  ({tracks}): The file name does not fit") for line in lines)
    assert "4 clips; 0 other files in the folders left alone. Nothing was done." in lines
    assert "Nothing was done" in text
    assert not (tracks.parent / "out").exists()


def test_a_run_with_failures_tells_where_to_look_and_saves_the_rest(
    tracks: Path, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, database = tracks.parent / "out", str(tracks.parent / "history.db")
    for _ in range(2):
        with pytest.raises(BatchFailures, match=r"1 of 4 clips .*failures\.csv") as error:
            batch(
                [str(tracks)],
                out=out,
                pattern=PATTERN,
                scheduler=scheduler,
                database=database,
                log_json=True,
                json_out=True,
            )
        assert error.value.exit_code == 6
        printed = capsys.readouterr()
        assert json.loads(printed.out) == {
            "folder": str(out),
            "clips": 4,
            "with_result": 3,
            "failed": 1,
            "left": 0,
            "interrupted": False,
            "sessions": {"scored": 2, "limited": 0, "not_scored": 0},
        }
        events = [json.loads(line) for line in printed.err.splitlines()]
        assert [e["event"] for e in events if e["event"] != "progress"] == ["started", "failed", "finished"]
    with HistoryStore.open(database) as store:
        saved = store.list()
        (kept,) = store.find("P2")
    alone = analyze_tracks([load_track(tracks / "P2_20260804_left.npz")])
    assert kept.curves == curves_of(alone), "the same as analyze --save keeps"
    assert sorted((s.subject, s.tested_at[:10]) for s in saved) == [("P1", "2026-08-03"), ("P2", "2026-08-04")]


def test_wrong_calls_are_sentences(tracks: Path) -> None:
    with pytest.raises(UsageError, match="spelling"):
        batch([str(tracks / "none*")], out=tracks.parent / "out")
    with pytest.raises(UsageError, match="-o FOLDER"):
        batch([str(tracks)])
    with pytest.raises(UsageError, match="no field"):
        batch([str(tracks)], out=tracks.parent / "out", pattern="plain")


def test_what_is_printed_before_and_after_holds_no_command_for_the_terminal(
    tmp_path: Path, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a\x1b]52;c;cm0=\x07.npz", "b\x9b2J.npz", "c\nd.npz", "e\udcff.npz"):
        (folder / name).write_bytes(b"no track")
    batch([str(folder)], dry_run=True)
    with pytest.raises(BatchFailures):
        batch([str(folder)], out=tmp_path / "out", scheduler=scheduler)
    printed = capsys.readouterr()
    tables = [p.read_text(encoding="utf-8-sig") for p in (tmp_path / "out").iterdir() if p.suffix in (".csv", ".log")]
    for text in (printed.out, printed.err, *tables):
        assert not {"\x1b", "\x07", "\x9b"} & set(text)
        assert "\nd.npz" not in text
    assert r"a\x1b]52;c;cm0=\x07.npz" in printed.out
    assert "Failed: 4 × " in printed.err


@pytest.mark.parametrize("content", [None, "notes.txt"])
def test_a_folder_without_clips_is_no_success(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / content).write_text("x")
    for dry_run in (True, False):
        with pytest.raises(UsageError, match="There is no clip in"):
            batch([str(tmp_path)], out=tmp_path / "out", dry_run=dry_run)
    assert not (tmp_path / "out").exists()


def test_the_dry_run_refuses_empty_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mp4").touch()
    batch([str(tmp_path)], dry_run=True)
    assert f"a.mp4  ({tmp_path}): The file is empty (0 bytes)." in capsys.readouterr().out


def test_results_in_the_clinics_own_folder_replace_nothing(tracks: Path, scheduler: str) -> None:
    own = tracks / "results.csv"
    own.write_text("subject,result\nP1,fine\n")
    with pytest.raises(UsageError, match=r"results\.csv' was not written by mobility-check"):
        batch([str(tracks)], out=tracks, scheduler=scheduler)
    assert own.read_text() == "subject,result\nP1,fine\n"
    own.unlink()
    for _ in range(2):
        with pytest.raises(BatchFailures):
            batch([str(tracks)], out=tracks, scheduler=scheduler, quiet=True)
    assert own.read_text(encoding="utf-8-sig").startswith("subject,date,side")


def test_everything_that_names_a_person_is_private(tracks: Path, scheduler: str) -> None:
    out = tracks.parent / "out"
    with pytest.raises(BatchFailures):
        batch([str(tracks)], out=out, scheduler=scheduler, quiet=True)
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in (out, *out.rglob("*"))}
    assert all(mode == (0o700 if p.is_dir() else 0o600) for p, mode in modes.items()), modes


@pytest.mark.parametrize(
    "option",
    [
        ("--memory", "nan"),
        ("--memory", "1e400"),
        ("--deadline", "1e30"),
        ("--deadline", "nan"),
        ("--memory", "-1"),
        ("--workers", "99999"),
    ],
)
def test_absurd_numbers_are_a_sentence(tracks: Path, option: tuple[str, str]) -> None:
    done = call("batch", str(tracks), "-o", str(tracks.parent / "out"), *option)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert option[0] in done.err
    assert not (tracks.parent / "out").exists()


def test_a_command_script_without_a_guard_is_not_run_again_by_its_workers(tracks: Path) -> None:
    script, out = tracks.parent / "mobility-check", tracks.parent / "out"
    script.write_text("import sys\nfrom mobility_check.cli import main\nsys.exit(main())\n")
    command = [sys.executable, str(script), "batch", str(tracks), "-o", str(out), "-w", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 6, done.stderr
    assert "Traceback" not in done.stderr
    assert "3 sessions from 3 clips: 3 measured, 0 limited, 0 not measured." in done.stderr
    assert "Failed: 1 × " in done.stderr


def test_a_missing_extra_is_one_sentence(tracks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobility_check.cli.batch._PARTS", ("no_such_part",))
    with pytest.raises(MissingExtraError, match=r"pip install 'mobility-check\[batch\]'"):
        batch([str(tracks)], dry_run=True)
