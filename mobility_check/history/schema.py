"""Bringing a database to the schema of this program: one transaction under a lock, or nothing at all."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mobility_check.errors import StoreError
from mobility_check.history.database import Database
from mobility_check.history.revisions import HEAD, KNOWN, VERSION_TABLE


def ensure_current(database: Database, *, target: str = HEAD, shared: bool = True) -> None:
    """Create or upgrade the tables when needed; several processes may do so at once.

    Args:
        database: an open database.
        target: the revision to bring it to.
        shared: keep SQLite's write-ahead log, so that some may read while another writes; a backup needs none.

    Raises:
        StoreError: the database is newer than this program or belongs to another one; it is left as it is.
    """
    with database.reading() as connection:
        found = revision(connection, where=database.where)
    if shared and database.path is not None:
        _use_wal(database, must=found != target)
    if found == target:
        return
    with database.writing() as connection:
        if revision(connection, where=database.where) != target:
            _upgrade(connection, target=target)


def revision(connection: Connection, *, where: str) -> str | None:
    """The schema revision, or ``None`` for a database without tables.

    Raises:
        StoreError: the database is newer than this program or belongs to another one.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if connection.dialect.name == "sqlite" and tables:
            raise StoreError(
                "{where} belongs to another program; it was left as it is. Name another file.", where=where
            )
        return None
    found: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))
    if found is not None and found not in KNOWN:
        raise StoreError(
            "The history {where} was written by a newer version of mobility-check (schema {found}, this "
            "program knows up to {head}); update with: pip install --upgrade mobility-check. It was left as "
            "it is.",
            where=where,
            found=found,
            head=HEAD,
        )
    return found


def _upgrade(connection: Connection, *, target: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _use_wal(database: Database, *, must: bool, patience_s: float = 10.0) -> None:
    """Switch to the write-ahead log, once per file; SQLite does not wait for other openers here, so this does.

    A complete history that cannot be written (a backup on a read-only disk) can still be read, so no error then unless
    ``must``.
    """
    deadline = time.monotonic() + (patience_s if must else 0.0)
    with database.raw_sqlite() as driver:
        while driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                driver.execute("PRAGMA journal_mode = WAL")
            except driver.OperationalError:
                if time.monotonic() > deadline:
                    if must:
                        raise
                    return
                time.sleep(0.05)
