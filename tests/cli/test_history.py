"""``mobility-check history``, ``export`` and ``import`` as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from typer.testing import CliRunner, Result

from mobility_check.cli import build
from mobility_check.cli.commands import COMMANDS
from mobility_check.errors import MobilityCheckError, StoreError, UsageError
from mobility_check.history.saving import save_session
from mobility_check.history.store import HistoryStore
from mobility_check.pose.store import save_track
from synthetic.factories import make_result, make_session, make_side, make_track
from tests.commandline import call, call_cold, command, environment

SAMPLES = (("2026-08-03", 18.0, 12.2), ("2026-09-14", 18.4, 15.3), ("2026-10-26", 19.8, 19.3))
NASTY = ("<script>alert(1)</script>", "=cmd()", "../../x", "[red]x[/]")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "history.db"
    monkeypatch.setenv("MOBILITY_CHECK_DATABASE", str(path))
    return path


@pytest.fixture
def filled(database: Path) -> Path:
    for day, left, right in SAMPLES:
        save_session(make_session(left_deg=left, right_deg=right, clips=(f"{day}.mp4",)), subject="P-17", date=day)
    return database


def run(*args: object) -> Result:
    """In this process, which is quick; :func:`tests.commandline.call` is the whole thing."""
    return CliRunner().invoke(build([c for c in COMMANDS if c.name == args[0]]), [str(a) for a in args])


def said(*args: object) -> str:
    done = run(*args)
    assert done.exit_code == 0, done.output
    return done.stdout


def failed(*args: object) -> MobilityCheckError:
    done = run(*args)
    assert isinstance(done.exception, MobilityCheckError), done.exception
    assert done.stdout == ""
    return done.exception


def test_list_shows_newest_first(filled: Path) -> None:
    lines = said("history", "list").splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["2026-10-26", "2026-09-14", "2026-08-03"]
    assert "19.8°" in lines[1]
    assert "and 2 more" in said("history", "list", "-n", 1)
    assert len(json.loads(said("history", "list", "P-17", "--json"))) == 3
    assert "no session of 'p17'. Did you mean 'P-17'?" in said("history", "list", "p17")


def test_a_person_is_no_session(filled: Path) -> None:
    assert "no session 'P-17', but a person; list" in failed("history", "edit", "P-17", "--note", "x").shown


@pytest.mark.parametrize("name", NASTY)
def test_strange_names_are_printed_as_they_are(database: Path, name: str, tmp_path: Path) -> None:
    save_session(make_session(), subject=name, date="2026-08-03")
    assert name in said("history", "list")
    assert name in said("history", "show", "2026-08")
    assert name in said("history", "progress", name)
    cells = next(csv.DictReader(io.StringIO(said("export", name))))
    assert cells["subject"].lstrip("'") == name
    assert not cells["subject"].startswith("=")
    assert {p.name for p in tmp_path.iterdir()} <= {"history.db", "history.db-wal", "history.db-shm"}


def test_show_tells_why_kicks_were_not_counted(database: Path) -> None:
    result = make_result(sides={"left": make_side(18.0), "right": make_side(None)})
    save_session(make_session(result), subject="P-17", date="2026-08-03", note="after\nholiday")
    text = said("history", "show", "2026-08-03")
    for words in ("18.0°", "15.9° to 20.1°", "3 of 3", "turn round", r"after\nholiday"):
        assert words in text
    obj = json.loads(said("history", "show", "2026-08-03", "--json"))
    assert obj["result"] == result.to_dict()
    assert obj["subject"] == "P-17"


def test_progress_of_the_samples(filled: Path) -> None:
    found = json.loads(said("history", "progress", "P-17", "--json"))
    verdicts = {side: leg["first_to_last"]["verdict"] for side, leg in found["legs"].items()}
    assert verdicts == {"left": "within measurement error", "right": "likely a real change"}
    text = said("history", "progress", "P-17")
    assert text.index("Left leg") < text.index("within measurement error") < text.index("Right leg")
    assert text.index("Right leg") < text.rindex("likely a real change (") < text.index("Left minus right")
    assert max(map(len, text.splitlines())) <= 80


def test_a_goal_is_remembered(filled: Path) -> None:
    assert "goal 25" not in said("history", "progress", "P-17")
    assert "goal 25°" in said("history", "progress", "P-17", "--goal", 25)
    assert "goal 25°" in said("history", "progress", "P-17")
    assert json.loads(said("history", "progress", "P-17", "--json"))["goal_deg"] == 25
    assert "goal" not in said("history", "progress", "P-17", "--no-goal")
    assert run("history", "progress", "P-17", "--goal", "-5").exit_code == 2


def test_progress_without_a_score(database: Path) -> None:
    save_session(make_session(make_result(None, None)), subject="P-17")
    assert "no session with a score" in said("history", "progress", "P-17")
    assert failed("history", "progress", "nobody").exit_code == 5


@pytest.mark.parametrize(("what", "rest"), [("delete", "2026-08-03"), ("forget", "P-17")])
def test_deleting_asks_and_without_an_answer_refuses(filled: Path, what: str, rest: str) -> None:
    error = failed("history", what, rest)
    assert isinstance(error, UsageError)
    assert "--yes" in str(error)
    with HistoryStore.open(filled) as store:
        assert store.count() == 3


@pytest.mark.parametrize(("answer", "left", "code"), [(b"y\n", 2, 0), (b"n\n", 3, 130), (b"\n", 3, 130)])
def test_the_question_on_a_terminal(filled: Path, answer: bytes, left: int, code: int) -> None:
    pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("history", "delete", "2026-08"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    os.write(ours, answer)
    out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, (out, err)
    assert b"Delete session 2026-08-03-" in err
    with HistoryStore.open(filled) as store:
        assert store.count() == left


def test_forget_says_what_it_did_and_what_it_cannot(filled: Path, tmp_path: Path) -> None:
    said("history", "backup", tmp_path / "b.db")
    text = said("history", "forget", "P-17", "--yes")
    assert "Removed 3 sessions of P-17" in text
    assert str(tmp_path / "b.db") in text
    assert "Out of reach: reports, exports" in text
    assert "no trace is left" in text
    assert failed("history", "forget", "P-17", "--yes").exit_code == 5


def test_forget_is_done_only_when_all_is_gone(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    said("history", "backup", tmp_path / "drive" / "b.db")
    (tmp_path / "drive").rename(tmp_path / "pocket")
    for _ in range(2):
        error = failed("history", "forget", "P-17", "--yes")
        assert (error.exit_code, "not everything is gone" in str(error)) == (5, True)
    (tmp_path / "pocket").rename(tmp_path / "drive")
    assert "no trace is left" in said("history", "forget", "P-17", "--yes")


def test_a_damaged_session_is_one_sentence_and_the_rest_goes_on(filled: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(filled)) as raw, raw:
        raw.execute("UPDATE mobility_session SET result_json = '{' WHERE tested_at = '2026-09-14'")
        raw.execute("UPDATE mobility_side SET score_deg = 'abc' WHERE side = 'left' AND session_pk = 1")
    out = tmp_path / "out.json"
    done = run("export", "--all", "--format", "json", "-o", out)
    assert isinstance(done.exception, StoreError)
    assert str(done.exception).count("is damaged") == 1
    assert [r["date"] for r in json.loads(out.read_text())] == ["2026-08-03", "2026-10-26"]
    assert len(said("history", "list").splitlines()) == 4
    assert "2026-10-26" in said("history", "progress", "P-17")
    assert "damaged" in str(failed("history", "show", "2026-09"))
    said("history", "delete", "2026-09", "--yes")
    assert run("export", "--all", "--format", "fhir").exit_code == 0


def test_delete_says_what_went(filled: Path) -> None:
    assert "Deleted session 2026-08-03-" in said("history", "delete", "2026-08", "--yes")


def test_path_and_status(database: Path) -> None:
    assert said("history", "path") == f"{database}\n"
    assert not database.exists()
    assert json.loads(said("history", "status", "--json"))["schema"] == "0005"
    assert "sessions    0" in said("history", "status")


def test_export_forget_import_loses_nothing(filled: Path, tmp_path: Path) -> None:
    said("history", "progress", "P-17", "--goal", 25)
    out = tmp_path / "out.json"
    before = said("export", "--all", "--format", "json"), said("history", "progress", "P-17", "--json")
    assert said("export", "P-17", "--format", "json", "-o", out) == ""
    said("history", "forget", "P-17", "--yes")
    assert failed("export", "P-17").exit_code == 5
    assert "Imported 3 sessions; 0 were there" in said("import", out)
    assert "Imported 0 sessions; 3 were there" in said("import", out)
    assert (said("export", "--all", "--format", "json"), said("history", "progress", "P-17", "--json")) == before


def test_export_of_one_session_as_fhir(filled: Path) -> None:
    obj = json.loads(said("export", "2026-08", "--format", "fhir", "--loinc", "41359-1"))
    assert len(Bundle.model_validate(obj).entry) == 2
    assert "41359-1" in json.dumps(obj)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("export",), 2, "--all"),
        (("export", "P-17", "--all"), 2, "--all"),
        (("export", "P-17", "--format", "parquet"), 2, "-o FILE.parquet"),
        (("export", "P-17", "-o", "/no/such/folder/x.csv"), 3, "cannot be written"),
        (("import", "/no/such/file"), 3, "cannot be read"),
        (("history", "show", "2030"), 5, "no session"),
        (("history", "list", "--database", "mysql://h/d"), 2, "must be a file"),
    ],
)
def test_wrong_calls(filled: Path, args: tuple[str, ...], code: int, words: str) -> None:
    error = failed(*args)
    assert error.exit_code == code
    assert words in str(error)


def test_a_failed_import_changes_nothing(filled: Path, tmp_path: Path) -> None:
    table = said("export", "P-17")
    (tmp_path / "t.csv").write_text(table.replace("P-17", "P-18", 1), encoding="utf-8", newline="")
    assert failed("import", tmp_path / "t.csv").exit_code == 3
    with HistoryStore.open(filled) as store:
        assert store.count() == 3


def test_the_whole_command_line(filled: Path, tmp_path: Path) -> None:
    plain = call_cold("history", "progress", "P-17", PYTHONIOENCODING="ascii", TERM="dumb", NO_COLOR="1")
    assert (plain.code, plain.err) == (0, "")
    assert "likely a real change" in plain.out
    assert "19.8 deg" in plain.out
    assert "\x1b" not in plain.out
    (tmp_path / "garbage.db").write_bytes(b"garbage")
    sentence = call("history", "list", "--database", tmp_path / "garbage.db").sentence(code=5)
    assert "is not a history database" in sentence
    assert (tmp_path / "garbage.db").read_bytes() == b"garbage"
    assert "--yes" in call("history", "forget", "P-17").sentence(code=2)
    parquet = call("export", "--all", "-f", "parquet", "-o", tmp_path / "t.parquet")
    assert (parquet.code, parquet.out, parquet.err) == (0, "", "")
    assert (tmp_path / "t.parquet").read_bytes()[:4] == b"PAR1"


def test_help_has_a_worked_example_everywhere() -> None:
    for name in ("list", "show", "progress", "delete", "forget", "path", "backup", "status"):
        assert f"Example: mobility-check history {name}" in said("history", name, "--help").replace("\n", " ")


def test_the_ending_says_the_format(filled: Path, tmp_path: Path) -> None:
    said("export", "P-17", "-o", tmp_path / "t.xlsx")
    assert (tmp_path / "t.xlsx").read_bytes().startswith(b"PK")
    said("export", "P-17", "-o", tmp_path / "t.json")
    assert len(json.loads((tmp_path / "t.json").read_text())) == 3
    assert "-o FILE.xlsx" in str(failed("export", "P-17", "--format", "xlsx"))


def test_a_track_becomes_markers(tmp_path: Path) -> None:
    save_track(make_track(), tmp_path / "t.npz")
    done = run("export", "--track", tmp_path / "t.npz", "-o", tmp_path / "t.trc")
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "t.trc").read_text().startswith("PathFileType")
    assert "or --track" in str(failed("export", "--all", "--track", tmp_path / "t.npz", "-o", tmp_path / "t.trc"))
    assert "--height is for --track" in str(failed("export", "--all", "--height", 172))


def test_note_day_and_pain_can_be_changed_later(filled: Path) -> None:
    assert "Say what to change" in str(failed("history", "edit", "2026-08"))
    assert "Changed session 2026-08-03-" in said("history", "edit", "2026-08", "--pain", "left", "--note", "knee sore")
    text = said("history", "show", "2026-08")
    assert "Left leg: pain during the test. Right leg: no pain during the test." in text
    assert "Note: knee sore" in text
    said("history", "edit", "2026-08-03", "--date", "2026-08-05")
    assert "2026-08-05" in said("history", "list")
    assert [row["side_pain"] for row in csv.DictReader(io.StringIO(said("export", "2026-08")))][::3] == [
        "true",
        "false",
    ]
