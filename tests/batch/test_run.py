from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_clips import RECORD, RECORD_COUNTING, write_clip
from mobility_check.batch.job import Options
from mobility_check.batch.run import BatchSummary, run_batch
from mobility_check.batch.tables import SEPARATOR
from mobility_check.errors import UsageError
from mobility_check.kinematics.params import Gates, Params
from mobility_check.pipeline import analyze_tracks
from mobility_check.pose.store import load_track, save_track
from mobility_check.settings import Settings
from synthetic.stickfigure import kicking_track


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def places(out: Path) -> Counter[str]:
    """How many sessions or failures each file is in."""
    sessions = {r["session"]: r["files"].split(SEPARATOR) for r in rows(out / "results.csv")}
    return Counter([f for files in sessions.values() for f in files] + [r["file"] for r in rows(out / "failures.csv")])


def batch(clips: Path, *, scheduler: str, out: str = "out", record: str = RECORD, **options: Any) -> BatchSummary:
    options = {"deadline_s": 30.0, "memory_bytes": 1 << 30, "workers": 2, **options}
    return run_batch([str(clips)], clips.parent / out, options=Options(scheduler=scheduler, record=record, **options))


def analysed(clips: Path) -> list[str]:
    marks = clips.parent / "analysed"
    names = sorted(p.name.rsplit("-", 1)[0] for p in marks.iterdir()) if marks.exists() else []
    shutil.rmtree(marks, ignore_errors=True)
    return names


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    for n in range(4):
        write_clip(tmp_path / "clips" / f"c{n}.mp4", left_deg=10.0 + n, seed=n)
    return tmp_path / "clips"


def test_fifty_clips_of_which_one_hangs_and_one_crashes(tmp_path: Path, scheduler: str) -> None:
    folder = tmp_path / "clips"
    for n in range(48):
        write_clip(folder / f"c{n}.mp4", seed=n)
    write_clip(folder / "hangs.mp4", hang=True)
    write_clip(folder / "crashes.mp4", crash=True)
    summary = batch(folder, scheduler=scheduler, deadline_s=12.0)
    assert (summary.files, summary.with_result, summary.failed, summary.left) == (50, 48, 2, 0)
    assert {os.path.basename(r["file"]): r["reason"] for r in rows(tmp_path / "out" / "failures.csv")} == {
        "hangs.mp4": "deadline",
        "crashes.mp4": "crashed",
    }
    assert places(tmp_path / "out") == Counter({str(p): 1 for p in folder.iterdir()})


def test_saved_tracks_are_replayed_and_score_as_alone(tmp_path: Path) -> None:
    """On a cluster of its own, started for the run."""
    folder = tmp_path / "tracks"
    folder.mkdir()
    for n in range(5):
        save_track(kicking_track("x", left_deg=9.0 + n, right_deg=15.0, seed=n), folder / f"t{n}.npz")
    (folder / "broken.npz").write_bytes(b"PK nothing")
    summary = run_batch([str(folder)], tmp_path / "out", options=Options(workers=2))
    assert (summary.with_result, summary.failed) == (5, 1)
    assert "failed {" in (tmp_path / "out" / "batch.log").read_text(), "which a local cluster must not silence"
    scores = {r["files"]: float(r["score_deg"]) for r in rows(tmp_path / "out" / "results.csv") if r["side"] == "left"}
    for n in range(5):
        path = folder / f"t{n}.npz"
        alone = analyze_tracks([load_track(path)]).result.sides["left"].score_deg
        assert scores[str(path)] == pytest.approx(alone, abs=1e-4)


def test_the_same_command_again_does_only_what_is_missing(clips: Path, scheduler: str) -> None:
    write_clip(clips / "bad.mp4", unreadable=True)
    assert batch(clips, scheduler=scheduler, record=RECORD_COUNTING).failed == 1
    assert analysed(clips) == ["bad", "c0", "c1", "c2", "c3"]
    before = (clips.parent / "out" / "results.csv").read_bytes()
    assert batch(clips, scheduler=scheduler, record=RECORD_COUNTING).failed == 1
    assert analysed(clips) == []
    assert (clips.parent / "out" / "results.csv").read_bytes() == before

    write_clip(clips / "new.mp4", seed=77)
    (clips / "c1.mp4").rename(clips / "renamed.mp4")
    os.utime(clips / "c2.mp4", ns=(5, 5))
    summary = batch(clips, scheduler=scheduler, record=RECORD_COUNTING)
    assert analysed(clips) == ["new"]
    assert (summary.files, summary.with_result) == (6, 5)
    assert places(clips.parent / "out") == Counter({str(p): 1 for p in clips.iterdir()})
    renamed = next(r for r in rows(clips.parent / "out" / "results.csv") if "renamed" in r["files"])
    body = json.loads((clips.parent / "out" / renamed["result_file"]).read_text())
    assert body["inputs"][0]["path"] == str(clips / "renamed.mp4")


def test_failed_clips_are_tried_again_when_asked(clips: Path, scheduler: str) -> None:
    bad = write_clip(clips / "bad.mp4", crash=True)
    stamp = bad.stat()
    batch(clips, scheduler=scheduler)
    text = bad.read_text()
    bad.write_text(text.replace('"crash": true', '"bug":  false'))
    os.utime(bad, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert bad.stat().st_size == stamp.st_size
    assert batch(clips, scheduler=scheduler).failed == 1
    assert batch(clips, scheduler=scheduler, retry_failed=True).failed == 0
    assert rows(clips.parent / "out" / "failures.csv") == []


def test_a_result_file_that_a_power_cut_emptied_is_written_again_from_the_run_state(
    clips: Path, scheduler: str
) -> None:
    batch(clips, scheduler=scheduler, record=RECORD_COUNTING)
    analysed(clips)
    results = sorted((clips.parent / "out" / "sessions").glob("*.json"))
    whole = results[1].read_bytes()
    results[0].unlink()
    results[1].write_bytes(b"\0" * len(whole))
    batch(clips, scheduler=scheduler, record=RECORD_COUNTING)
    assert analysed(clips) == []
    assert results[0].exists()
    assert results[1].read_bytes() == whole


def test_other_settings_make_a_run_beside_the_old(clips: Path, scheduler: str) -> None:
    first = batch(clips, scheduler=scheduler)
    before = (first.folder / "results.csv").read_bytes()
    other = Settings(params=replace(Params(), gates=replace(Gates(), yaw_warn_deg=12.0)))
    second = batch(clips, scheduler=scheduler, settings=other)
    assert second.folder.parent == first.folder
    assert (first.folder / "results.csv").read_bytes() == before
    assert len(rows(second.folder / "results.csv")) == 8
    facts = [json.loads((f / "run.json").read_text()) for f in (first.folder, second.folder)]
    assert [f["state"] for f in facts] == ["finished", "finished"]
    assert facts[0]["settings_sha256"] != facts[1]["settings_sha256"]


def test_copies_are_analysed_once_and_every_path_is_in_one_row(clips: Path, scheduler: str) -> None:
    shutil.copy(clips / "c0.mp4", clips / "z-copy.mp4")
    bad = write_clip(clips / "bad.mp4", unreadable=True)
    shutil.copy(bad, clips / "bad-copy.mp4")
    summary = batch(clips, scheduler=scheduler, record=RECORD_COUNTING)
    assert len(analysed(clips)) == 5
    assert (summary.files, summary.with_result, summary.failed) == (7, 5, 2)
    assert places(clips.parent / "out") == Counter({str(p): 1 for p in clips.iterdir()})
    with (clips.parent / "out" / "failures.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {row["file"]: row["sentence"] for row in csv.DictReader(file)}
    assert told[str(bad)].replace("bad.mp4", "bad-copy.mp4") == told[str(clips / "bad-copy.mp4")]


def test_one_clip_listed_for_two_subjects_is_analysed_once_but_has_two_rows(clips: Path, scheduler: str) -> None:
    shutil.copy(clips / "c0.mp4", clips / "copy.mp4")
    lines = [
        "path,subject,date,side,room",
        "c0.mp4,P1,2026-08-03,left,12",
        "copy.mp4,P2,2026-08-03,right,13",
        "c1.mp4,P3,2026-08-03,,",
        "c2.mp4,P3,2026-08-03,,",
        "gone.mp4,P4,,,",
        "c3.mp4,P5,08/03/2026,,",
    ]
    (clips / "m.csv").write_text("\n".join(lines))
    out = clips.parent / "out"
    options = Options(scheduler=scheduler, record=RECORD_COUNTING)
    run_batch([str(clips / "m.csv")], out, options=options)
    assert len(analysed(clips)) == 3
    left = [r for r in rows(out / "results.csv") if r["side"] == "left"]
    assert [(r["subject"], r["date"], r["stated_side"], r["room"]) for r in left] == [
        ("P1", "2026-08-03", "left", "12"),
        ("P2", "2026-08-03", "right", "13"),
        ("P3", "2026-08-03", "", ""),
    ]
    assert left[0]["score_deg"] == left[1]["score_deg"]
    assert left[2]["files"].count(".mp4") == 2
    assert left[2]["valid_reps"] == "6"
    assert {r["reason"] for r in rows(out / "failures.csv")} == {"missing_file", "row_not_read"}

    (clips / "m.csv").write_text("\n".join(lines).replace("P1,2026-08-03,left,12", "P1,2026-08-03,left,14"))
    run_batch([str(clips / "m.csv")], out, options=options)
    assert analysed(clips) == []
    assert rows(out / "results.csv")[0]["room"] == "14"


def test_a_session_with_one_broken_clip_is_scored_from_the_rest(clips: Path, scheduler: str) -> None:
    write_clip(clips / "bad.mp4", crash=True)
    (clips / "m.csv").write_text("path,subject\nc0.mp4,P1\nbad.mp4,P1\n")
    out = clips.parent / "out"
    summary = run_batch([str(clips / "m.csv")], out, options=Options(scheduler=scheduler, record=RECORD))
    assert (summary.with_result, summary.failed) == (1, 1)
    assert places(out) == Counter({str(clips / "c0.mp4"): 1, str(clips / "bad.mp4"): 1})


def test_what_has_an_address_is_fetched_by_the_workers(scheduler: str, clips: Path) -> None:
    addresses = [f"local://{path}" for path in sorted(clips.iterdir())[:2]]
    out = clips.parent / "out"
    run_batch(addresses, out, options=Options(scheduler=scheduler, record=RECORD))
    assert {r["files"] for r in rows(out / "results.csv")} == set(addresses)


def test_results_go_to_the_caller_before_they_count_and_again_later(clips: Path, scheduler: str) -> None:
    seen: list[str] = []

    def note(session: Any, body: dict[str, Any], files: Mapping[str, bytes]) -> None:
        assert files == {}
        seen.append(f"{session.name} {body['status']}")

    options = Options(scheduler=scheduler, record=RECORD)
    run_batch([str(clips)], clips.parent / "out", options=options)
    run_batch([str(clips)], clips.parent / "out", options=options, on_result=note)
    assert len(seen) == len(set(seen)) == 4


def test_reports_are_made_for_sessions_that_have_none_yet(clips: Path, scheduler: str) -> None:
    for n in (1, 2, 3):
        (clips / f"c{n}.mp4").unlink()
    batch(clips, scheduler=scheduler)
    writers = "mobility_check.cli.batch_writers"
    batch(clips, scheduler=scheduler, writers=(f"{writers}:write_curves",), retry_failed=True)
    assert not list((clips.parent / "out" / "sessions").glob("*.curves.json")), "they are not worth measuring again"
    batch(clips, scheduler=scheduler, writers=(f"{writers}:write_report",), wanted=frozenset({"report.html"}))
    reports = list((clips.parent / "out" / "sessions").glob("*.report.html"))
    assert len(reports) == 1
    page = (clips.parent / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f"sessions/{r.name}" in page for r in reports)


def test_a_scheduler_that_is_not_there_is_a_sentence(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobility_check.batch.cluster._CONNECT_S", 1.0)
    with pytest.raises(UsageError, match="cannot be reached"):
        run_batch([str(clips)], clips.parent / "out", options=Options(scheduler="tcp://127.0.0.1:9", record=RECORD))
