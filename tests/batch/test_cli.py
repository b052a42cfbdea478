from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.figure import kicking_track
from mobility_check.cli.batch import batch
from mobility_check.errors import BatchFailures, UsageError
from mobility_check.history.curves import curves_of
from mobility_check.history.store import HistoryStore
from mobility_check.pipeline import analyze_tracks
from mobility_check.pose.store import load_track, save_track


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
    assert "2 sessions" in text
    first_cells = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert "odd.npz" in "".join(first_cells), "names are folded, never cut"
    assert "4 clips" in text
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
            "folder": str(out), "clips": 4, "with_result": 3, "failed": 1, "left": 0, "interrupted": False,
        }  # fmt: skip
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
