"""Bringing a database to the schema of this program: one transaction under a lock, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mobility_check.errors import StoreError
from mobility_check.history.database import Database, wait_until
from mobility_check.history.models import Base, VersionRow

VERSION_TABLE = VersionRow.__tablename__
KNOWN = ("0001", "0002", "0003", "0004", "0005")
"""The revisions in ``migrations``, oldest first; Alembic, which is slow to import, is only asked for an upgrade."""
HEAD = KNOWN[-1]
_WAL = "PRAGMA journal_mode = WAL"
_WAL_PATIENCE_S = 10.0


def ensure_current(database: Database, *, shared: bool = True) -> None:
    """Create or upgrade the tables when needed; several processes may do so at once.

    Args:
        database: an open database.
        shared: keep SQLite's write-ahead log, so that some may read while another writes; a backup needs none.

    Raises:
        StoreError: the database is newer than this program or belongs to another one; it is left as it is.
    """
    with database.reading() as session:
        found = _revision(session, where=database.where)
    if shared and database.path is not None:
        _use_wal(database, must=found != HEAD)
    if found == HEAD:
        return
    with database.writing() as session:
        found = _revision(session, where=database.where)
        if found is None:
            Base.metadata.create_all(session.connection())
            session.add(VersionRow(version_num=HEAD))
        elif found != HEAD:
            _upgrade(session.connection())


def _revision(session: Session, *, where: str) -> str | None:
    """The schema revision, or ``None`` for a database without tables."""
    tables = set(sa.inspect(session.connection()).get_table_names())
    if VERSION_TABLE not in tables:
        if tables and session.connection().dialect.name == "sqlite":
            raise StoreError(
                "{where} belongs to another program; it was left as it is. Name another file.", where=where
            )
        return None
    found = session.scalar(sa.select(VersionRow.version_num))
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


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _use_wal(database: Database, *, must: bool) -> None:
    """Switch to the write-ahead log, once per file; SQLite does not wait for other openers here, so this does.

    A complete history that cannot be written (a backup on a read-only disk) can still be read, so no error then unless
    ``must``.
    """
    with database.raw_sqlite() as driver:

        def switched() -> bool:
            asked_then_set = (driver.execute(pragma).fetchone()[0] for pragma in ("PRAGMA journal_mode", _WAL))
            try:
                return "wal" in asked_then_set  # what has it already is not written
            except driver.OperationalError:
                return False

        if not wait_until(switched, patience_s=_WAL_PATIENCE_S if must else 0.0) and must:
            driver.execute(_WAL)  # raises what hinders it
