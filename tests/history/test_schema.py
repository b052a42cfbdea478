from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mobility_check.errors import StoreError
from mobility_check.history.database import connect
from mobility_check.history.models import Base
from mobility_check.history.records import Record
from mobility_check.history.schema import HEAD, KNOWN, VERSION_TABLE
from mobility_check.history.store import HistoryStore
from mobility_check.results.result import Result
from synthetic.factories import make_result

FIRST = Path(__file__).parent / "data" / "schema_0001.sql"


def _first_schema(path: Path, *, full: bool) -> None:
    """A file as the first schema left it; ``full`` holds two sessions of P-17."""
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(FIRST.read_text())
        if not full:
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("DELETE FROM mobility_subject")
        raw.commit()


def _first_schema_on_postgres(url: str, folder: Path, *, full: bool) -> None:
    """The same on a server: tables, rows and the keys' counters."""
    _first_schema(folder / "first.db", full=full)
    first, server = sa.create_engine(f"sqlite:///{folder}/first.db"), sa.create_engine(url)
    tables = sa.MetaData()
    with first.connect() as source, server.begin() as target:
        tables.reflect(source)
        tables.create_all(target)
        for table in tables.sorted_tables:
            if rows := [dict(row) for row in source.execute(sa.select(table)).mappings()]:
                target.execute(sa.insert(table), rows)
            if rows and "pk" in table.columns:
                counter = f"pg_get_serial_sequence('{table.name}', 'pk')"
                target.execute(sa.text(f"SELECT setval({counter}, (SELECT max(pk) FROM {table.name}))"))
    first.dispose()
    server.dispose()


def _measure_again(store: HistoryStore, record: Record) -> None:
    result = json.loads(json.dumps(record.result))
    result["provenance"]["parameters"] = {"other": 1}
    assert store.save(Result.from_dict(result), subject=record.subject, date=record.tested_at).created


def test_known_revisions_are_those_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("mobility_check.history") / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert [s.revision for s in scripts.walk_revisions()][::-1] == list(KNOWN)
    assert scripts.get_current_head() == HEAD


def _differences(url: str) -> list[object]:
    """Between the models and a history's tables."""
    HistoryStore.open(url).close()
    database = connect(url)
    with database.reading() as session:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        found: list[object] = compare_metadata(
            MigrationContext.configure(session.connection(), opts=options), Base.metadata
        )
    database.close()
    return found


def test_models_and_new_histories_agree(url: str) -> None:
    assert _differences(url) == []


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    _first_schema(tmp_path / "history.db", full=True)
    assert _differences(str(tmp_path / "history.db")) == []


def test_models_and_migrations_agree_on_postgres(postgres_url: str, tmp_path: Path) -> None:
    _first_schema_on_postgres(postgres_url, tmp_path, full=True)
    assert _differences(postgres_url) == []


@pytest.mark.parametrize("full", [False, True])
def test_upgrade_from_the_first_schema(tmp_path: Path, full: bool) -> None:
    path = tmp_path / "history.db"
    _first_schema(path, full=full)
    with HistoryStore.open(path) as store:
        assert store.status().schema == HEAD
        assert [s.note for s in store.list()] == (["visit 1", "visit 0"] if full else [])
        if full:
            old = store.get("2026-08-03")
            assert old.parsed.sides["right"].score_deg == 12.2
            assert old.curves is not None
            assert not store.save(old.parsed, subject="P-17").created
            _measure_again(store, old)
            assert len(store.points("P-17").legs["left"]) == 2, "the upgrade knows the clips of old sessions"
        assert store.save(make_result(clips=("new.mp4",)), subject="P-17", date="2026-10-26").created
        store.set_goal("P-17", 20.0)


@pytest.mark.parametrize("full", [False, True])
def test_upgrade_from_the_first_schema_on_postgres(postgres_url: str, tmp_path: Path, full: bool) -> None:
    _first_schema_on_postgres(postgres_url, tmp_path, full=full)
    with HistoryStore.open(postgres_url) as store:
        assert [s.note for s in store.list()] == (["visit 1", "visit 0"] if full else [])
        if full:
            _measure_again(store, store.get("2026-08-03"))
            assert len(store.points("P-17").legs["left"]) == 2
        store.save(make_result(clips=("new.mp4",)), subject="P-17")
        store.set_goal("P-17", 20.0)
        assert store.goal("P-17") == 20.0


def test_a_newer_history_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with HistoryStore.open(path) as store:
        store.save(make_result(), subject="P-17")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0999'")
        raw.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer version.*update"):
        HistoryStore.open(path)
    assert path.read_bytes() == before


def test_a_newer_postgres_history_is_refused(postgres_url: str) -> None:
    HistoryStore.open(postgres_url).close()
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer version"):
        HistoryStore.open(postgres_url)


def test_a_failed_upgrade_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    _first_schema(path, full=True)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE mobility_backup (in_the_way)")
        raw.commit()
    with pytest.raises(StoreError):
        HistoryStore.open(path)
    with closing(sqlite3.connect(path)) as raw:
        tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
        assert raw.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() == ("0001",)
        assert "mobility_goal" not in tables
        assert raw.execute("SELECT count(*) FROM mobility_session").fetchone() == (2,)


def _open_and_save(url: str, n: int) -> None:
    with HistoryStore.open(url) as store:
        store.save(make_result(clips=(f"{n}.mp4",)), subject="P-17")


def test_several_processes_may_start_on_nothing_at_once(url: str) -> None:
    kinds = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in kinds else "spawn")
    context.set_forkserver_preload([__name__])  # the imports are done once, and the four really start at once
    starters = [context.Process(target=_open_and_save, args=(url, n)) for n in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(120)
    assert [s.exitcode for s in starters] == [0] * 4
    with HistoryStore.open(url) as store:
        assert store.count() == 4


def test_an_old_backup_opens_where_nothing_else_is(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "history.db") as store:
        store.save(make_result(), subject="P-17")
        copy = store.backup(tmp_path / "copy.db")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(copy, elsewhere / "history.db")
    with HistoryStore.open(elsewhere / "history.db") as store:
        assert store.count() == 1
        assert (elsewhere / "history.db-wal").exists(), "a restored history is shared like any other"
