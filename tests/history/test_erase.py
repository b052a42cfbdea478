from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from mobility_check.errors import OutputError, StoreError, UsageError
from mobility_check.history.curves import curves_of
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result, make_session
from tests.commandline import environment

SECRETS = (b"P-secret", b"secret-clip", b"whispered")


def _save(store: HistoryStore, subject: str, clip: str, note: str) -> None:
    session = make_session(clips=(clip,))
    store.save(session.result, subject=subject, date="2026-08-03", note=note, curves=curves_of(session))


def _traces(folder: Path) -> list[tuple[str, bytes]]:
    files = [p for p in folder.rglob("*") if p.is_file()]
    return [(p.name, s) for p in files for s in SECRETS if s in p.read_bytes()]


def test_forget_leaves_no_byte_in_file_log_or_backup(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        for n in range(20):
            _save(store, "P-secret", f"secret-clip-{n}.mp4", "whispered")
            _save(store, "P-other", f"other-{n}.mp4", "spoken")
        store.set_goal("P-secret", 20.0)
        store.backup(tmp_path / "b1.db")
        store.backup(tmp_path / "b2.db")
        assert {name for name, _ in _traces(tmp_path)} >= {"h.db-wal", "b1.db", "b2.db"}
        done = store.forget("P-secret")
        assert _traces(tmp_path) == [], "while the history is still open"
        assert (done.sessions, len(done.cleaned_backups), done.unreachable) == (20, 2, ())
        assert store.count() == store.count("P-other") == 20
    assert _traces(tmp_path) == []
    assert {p.name for p in tmp_path.iterdir()} == {"h.db", "b1.db", "b2.db"}
    with HistoryStore.open(tmp_path / "b1.db") as backup:
        assert backup.count() == 20


def test_delete_leaves_no_byte_of_the_session(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        _save(store, "P-1", "secret-clip.mp4", "whispered")
        _save(store, "P-1", "other.mp4", "spoken")
        store.delete(next(s.id for s in store.list() if s.note == "whispered"))
        assert _traces(tmp_path) == []


def test_forget_names_backups_it_cannot_reach(tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    with HistoryStore.open(tmp_path / "h.db") as store:
        _save(store, "P-secret", "secret-clip.mp4", "whispered")
        deleted, away = store.backup(tmp_path / "deleted.db"), store.backup(tmp_path / "drive" / "away.db")
        damaged = store.backup(tmp_path / "damaged.db")
        deleted.unlink()
        away.parent.rename(tmp_path / "pocket")
        damaged.write_bytes(b"garbage" * 1000)
        done = store.forget("P-secret")
        assert (done.sessions, done.cleaned_backups) == (1, ())
        assert [str(damaged) in done.unreachable[0], str(away) in done.unreachable[1]] == [True, True]
        assert damaged.read_bytes() == b"garbage" * 1000
        assert store.status().backups == tuple(map(str, (damaged, away))), "what its owner deleted is known no more"
        damaged.unlink()
        (tmp_path / "pocket").rename(away.parent)
        done = store.forget("P-secret")
        assert (done.sessions, done.cleaned_backups, done.unreachable) == (0, (str(away),), ())
        with pytest.raises(StoreError, match="no session"):
            store.forget("P-secret")
        assert store.status().subjects == 0
    assert _traces(tmp_path) == []


def test_forget_finds_who_is_in_a_backup_only(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        _save(store, "P-secret", "secret-clip.mp4", "whispered")
        copy = store.backup(tmp_path / "b.db")
        with store._database.writing() as connection:
            connection.execute(sa.text("DELETE FROM mobility_subject"))
        assert store.forget("P-secret").cleaned_backups == (str(copy),)


def test_forget_removes_a_backup_that_was_killed(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        _save(store, "P-secret", "secret-clip.mp4", "whispered")
    script = (
        "import os, sys, pathlib\nfrom mobility_check.history import erase\n"
        "from mobility_check.history.store import HistoryStore\n"
        "erase.os.replace = lambda *a: os.kill(os.getpid(), 9)\n"
        "HistoryStore.open(sys.argv[1]).backup(sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "h.db", tmp_path / "b.db"], env=environment(), check=False)
    assert any(name.endswith(".part") for name, _ in _traces(tmp_path)), "the killed backup left its half-made copy"
    with HistoryStore.open(tmp_path / "h.db") as store:
        assert store.forget("P-secret").unreachable == ()
    assert _traces(tmp_path) == []
    assert {p.name for p in tmp_path.iterdir()} == {"h.db"}


def test_forget_says_when_a_reader_keeps_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mobility_check.history.erase._PATIENCE_S", 0.1)
    with HistoryStore.open(tmp_path / "h.db", busy_timeout_s=0.1) as store:
        _save(store, "P-secret", "secret-clip.mp4", "whispered")
        with closing(sqlite3.connect(tmp_path / "h.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM mobility_subject").fetchall()
            assert "another program" in store.forget("P-secret").unreachable[0]
            assert "another program" in store.forget("P-secret").unreachable[0], "until all is gone"
        assert store.forget("P-secret").unreachable == ()
    assert _traces(tmp_path) == []


def test_who_is_not_there_cannot_be_forgotten(store: HistoryStore) -> None:
    store.save(make_result(), subject="P-17")
    with pytest.raises(StoreError, match=r"no session of 'P-71'.*'P-17'"):
        store.forget("P-71")
    assert store.forget("P-17").sessions == 1
    with pytest.raises(StoreError):
        store.forget("P-17")
    assert store.status().subjects == 0


def test_forget_on_postgres_removes_every_row(postgres_url: str) -> None:
    with HistoryStore.open(postgres_url) as store:
        _save(store, "P-secret", "secret-clip.mp4", "whispered")
        store.set_goal("P-secret", 20.0)
        store.forget("P-secret")
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        counts = {n: connection.scalar(sa.text(f"SELECT count(*) FROM {n}")) for n in names if n != "mobility_schema"}
    engine.dispose()
    assert len(counts) == 6
    assert set(counts.values()) == {0}


def test_a_backup_is_whole_private_and_one_file(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        _save(store, "P", "a.mp4", "note")
        copy = store.backup(tmp_path / "copy.db")
        with closing(sqlite3.connect(copy)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert raw.execute("SELECT count(*) FROM mobility_session").fetchone() == (1,)
            assert raw.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert {p.name for p in tmp_path.iterdir()} == {"h.db", "h.db-wal", "h.db-shm", "copy.db"}
        assert store.status().backups == (str(copy),)


def test_a_backup_replaces_only_when_told(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        _save(store, "P", "a.mp4", "note")
        (tmp_path / "letter.txt").write_text("dear")
        with pytest.raises(UsageError, match="exists already"):
            store.backup(tmp_path / "letter.txt")
        assert (tmp_path / "letter.txt").read_text() == "dear"
        first = store.backup(tmp_path / "copy.db")
        _save(store, "P", "b.mp4", "note")
        store.backup(first, overwrite=True)
        with pytest.raises(UsageError):
            store.backup(tmp_path / "h.db", overwrite=True)
        with pytest.raises(UsageError):
            store.backup(tmp_path, overwrite=True)
    with HistoryStore.open(first) as copy:
        assert copy.count() == 2


def test_a_backup_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store, pytest.raises(OutputError):
        store.backup(tmp_path / "no" / "such" / "folder" / "copy.db")


def test_postgres_points_to_its_own_backup_tool(postgres_url: str, tmp_path: Path) -> None:
    with HistoryStore.open(postgres_url) as store, pytest.raises(UsageError, match="pg_dump"):
        store.backup(tmp_path / "copy.db")
