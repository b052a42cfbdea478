from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mobility_check.batch.clips import ClipFile
from mobility_check.batch.page import Page, largest_first
from mobility_check.batch.plan import PlannedSession, make_plan
from mobility_check.batch.problems import PROBLEMS, failure
from mobility_check.batch.progress import Tally, duration
from mobility_check.batch.tables import TableWriter, rep_rows, side_rows
from mobility_check.results.result import Result
from synthetic.factories import make_result

FIRST = "subject,date,side,status,score_deg,ci95_low_deg,ci95_high_deg,best_deg,valid_reps,difference_deg,reasons,files"


def session(uri: str = "/x/a.mp4", **fields: object) -> PlannedSession:
    return make_plan([ClipFile(uri, 1, "2", **fields)]).sessions[0]  # type: ignore[arg-type]


def write(folder: Path, *sessions: PlannedSession, carried: tuple[str, ...] = ()) -> list[dict[str, str]]:
    body = make_result(-3.0, None).to_dict()
    with TableWriter(folder, carried=carried) as tables:
        for s in sessions:
            tables.session(side_rows(s, body), rep_rows(s, body))
        tables.failures([failure("=x.mp4", "unreadable", detail="It is\nbroken.", tries=1)])
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_per_leg_with_the_columns_of_the_contract(tmp_path: Path) -> None:
    left, right = write(tmp_path, session(subject="P1", date="2026-08-03"))
    assert ",".join(left).startswith(FIRST)
    assert (left["side"], left["status"], left["score_deg"], left["valid_reps"]) == ("left", "scored", "-3.0", "3")
    assert (right["status"], right["score_deg"], right["valid_reps"]) == ("not_scored", "", "0")
    assert right["reasons"] == "one_leg_only | leg_not_kicked"
    assert "turn round" in right["explanation"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    evil = session("/x/=a.mp4", subject="=cmd()", extra=(("+note", "-1+2"), ("plain", "\tx")))
    row = write(tmp_path, evil, carried=("+note", "plain"))[0]
    assert row["subject"] == "'=cmd()"
    assert row["'+note"] == "'-1+2"
    assert row["plain"] == "\\tx", "control signs are escaped"
    assert row["score_deg"] == "-3.0"
    assert "'=x.mp4,unreadable" in (tmp_path / "failures.csv").read_text(encoding="utf-8-sig")


def test_carried_columns_that_clash_get_another_name(tmp_path: Path) -> None:
    row = write(tmp_path, session(extra=(("score_deg", "99"), ("room", "3"))), carried=("score_deg", "room"))[0]
    assert (row["score_deg"], row["input_score_deg"], row["room"]) == ("-3.0", "99", "3")


def test_parquet_has_types_and_lists(tmp_path: Path) -> None:
    write(tmp_path, *(session(f"/x/{n}.mp4", subject=f"P{n}") for n in range(3)))
    table = pq.read_table(tmp_path / "results.parquet")
    assert table.num_rows == 6
    assert table.column("score_deg").to_pylist() == [-3.0, None] * 3
    assert table.column("files").to_pylist()[0] == ["/x/0.mp4"]
    reps = pq.read_table(tmp_path / "reps.parquet").to_pylist()
    assert len(reps) == 9
    assert (reps[0]["rep"], reps[0]["valid"], reps[0]["subject"]) == (1, True, "P0")


def test_file_names_that_are_no_unicode_can_be_written(tmp_path: Path) -> None:
    row = write(tmp_path, session("/x/\udcff.mp4"))[0]
    assert row["files"] == "/x/\ufffd.mp4"


def test_nothing_is_left_if_a_table_cannot_be_finished(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), TableWriter(tmp_path, carried=()):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_side_that_the_list_states_otherwise_is_flagged() -> None:
    body = make_result(10.0, None).to_dict()
    flagged = side_rows(session(side="right"), body)
    assert all("other_side" in row["reasons"] for row in flagged)
    assert "left leg were seen" in flagged[0]["explanation"]
    assert not any("other_side" in row["reasons"] for s in ("left", None) for row in side_rows(session(side=s), body))


def test_legs_that_cannot_belong_to_one_person_are_flagged() -> None:
    far, near = (side_rows(session(), make_result(31.0, right).to_dict()) for right in (7.0, 21.0))
    assert all("implausible_difference" in row["reasons"] for row in far)
    assert "Left 31° against right 7°" in far[0]["explanation"]
    assert not any("implausible_difference" in row["reasons"] for row in near)


def page_of(tmp_path: Path, *sessions: PlannedSession, results: Sequence[Result] = ()) -> str:
    page = Page()
    for s, result in zip(sessions, results or [make_result()] * len(sessions), strict=True):
        page.session(side_rows(s, result.to_dict()), links={"json": "sessions/a.json"})
    page.failures(failure(f"/x/{n}<img>.mp4", code) for n, code in enumerate(("missing_file", "crashed", "crashed")))
    page.write(tmp_path / "index.html", title="A <b>night</b>", facts=[("run", "finished")])
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_page_escapes_names_and_needs_nothing_from_outside(tmp_path: Path) -> None:
    html = page_of(tmp_path, session("/x/</script><script>alert(1)</script>.mp4", subject="<i>P</i>"))
    assert "<img>" not in html
    assert "<b>night" not in html
    assert html.count("<script") == 2
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)
    data = re.search(r'<script id="data"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])[0][0] == "<i>P</i>"


def test_the_page_of_nothing(tmp_path: Path) -> None:
    assert "finished" in page_of(tmp_path)


def test_reasons_are_sentences_with_the_leg_they_are_about(tmp_path: Path) -> None:
    html = page_of(tmp_path, session(), results=[make_result(31.0, None)])
    (row,) = json.loads(html.split('id="data" type="application/json">')[1].split("</script>")[0])
    assert any(text.startswith("Right: ") and "turn round" in text for text in row[6])
    assert not any("_" in text for text in row[6])


def test_failures_are_grouped_with_their_counts_the_largest_first(tmp_path: Path) -> None:
    html = page_of(tmp_path)
    groups = re.findall(r"<summary><b>(\d+)</b> (.*?) <small>", html)
    assert [(n, text.split()[-1]) for n, text in groups] == [("2", "affected."), ("1", "file.")]


def test_every_problem_is_a_sentence_with_a_way_out() -> None:
    for code in PROBLEMS:
        f = failure("/a", code, detail="Detail.")
        assert f.advice.endswith(".")
        assert f.message[0].isupper()


def test_progress_in_numbers_and_words() -> None:
    now = [0.0]
    tally = Tally(100, kept=10, clock=lambda: now[0])
    assert tally.rate() == "measuring the speed, 0 failed"
    now[0], tally.done, tally.failed = 60.0, 30, 2
    tally.mark()
    assert tally.facts() == {
        "clips": 100,
        "kept": 10,
        "done": 30,
        "failed": 2,
        "left": 60,
        "clips_per_minute": 30.0,
        "left_s": 120,
    }
    assert tally.rate() == "30.0 clips/min, 2 min left, 2 failed"
    assert [duration(s) for s in (7, 130, 7200)] == ["7 s", "2 min", "2 h 00 min"]


def test_the_speed_is_that_of_the_last_minutes() -> None:
    now = [0.0]
    tally = Tally(10_000, clock=lambda: now[0])
    for minute in range(1, 31):
        now[0], tally.done = 60.0 * minute, tally.done + (100 if minute <= 15 else 10)
        tally.mark()
    assert tally.per_minute() == pytest.approx(10.0)


def test_one_reason_is_one_group_whatever_the_files_are_called(tmp_path: Path) -> None:
    page = Page()
    files = ("/x/a.mp4", "/y/b.mp4", "/y/c.mp4")
    text, short = "'{}' holds text, not a video; name a clip.", "'{}' is cut off; copy it again."
    said = [text.format(files[0]), text.format(files[1]), short.format(files[2])]
    page.failures(failure(f, "unreadable", detail=s) for f, s in zip(files, said, strict=True))
    assert [(group.sentence, group.names) for group in largest_first(page.failed)] == [
        ("'a.mp4' holds text, not a video; name a clip.", ["/x/a.mp4", "/y/b.mp4"]),
        ("'c.mp4' is cut off; copy it again.", ["/y/c.mp4"]),
    ]


def test_doubtful_sessions_are_told_by_name(tmp_path: Path) -> None:
    html = page_of(tmp_path, session(subject="P-2"), results=[make_result(31.0, 7.0)])
    assert re.search(r"Sessions to check.*<b>1</b> Left 31° against right 7° .*For example P-2", html, re.DOTALL)
