"""Backups, and forgetting a person so thoroughly that the bytes are gone.

``secure_delete`` overwrites deleted rows, emptying the write-ahead log removes their older copies, VACUUM rewrites what
is left; the same is done in every backup the history knows of. What lies elsewhere is named, not promised.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mobility_check.errors import OutputError, StoreError, UsageError
from mobility_check.history.database import Database, connect, store_errors
from mobility_check.history.models import BackupRow, Base, SessionRow, SubjectRow
from mobility_check.history.queries import count, subject_key
from mobility_check.history.records import Forgotten
from mobility_check.history.schema import ensure_current

_PATIENCE_S = 5.0


def back_up(database: Database, target: Path, *, overwrite: bool = False) -> Path:
    """Copy the whole history to ``target``: complete or not at all, consistent while others save.

    Raises:
        UsageError: the history is on PostgreSQL, or ``target`` exists (unless ``overwrite``) or is the history itself.
        OutputError: the file cannot be written.
    """
    if database.path is None:
        raise UsageError("A history on PostgreSQL is backed up with the server's own tool, pg_dump.")
    target = target.expanduser().absolute()
    if target.exists() and (overwrite is False or target.samefile(database.path) or not target.is_file()):
        raise UsageError(f"{target} exists already; name another file (or use --overwrite to replace an older backup).")
    now = datetime.now().isoformat(timespec="seconds")
    with database.writing() as connection:  # known before it exists, so that a crash leaves no unknown copy
        connection.execute(sa.delete(BackupRow).where(BackupRow.path == str(target)))
        connection.execute(sa.insert(BackupRow).values(path=str(target), made_at=now))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _copy(database, part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as e:
        raise OutputError(f"The backup {target} cannot be written: {getattr(e, 'strerror', None) or e}.") from e
    finally:
        part.unlink(missing_ok=True)
    return target


def _copy(database: Database, part: Path) -> None:
    os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    with database.raw_sqlite() as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without side files
    with part.open("rb+") as f:
        os.fsync(f.fileno())


def known_backups(connection: Connection) -> Sequence[str]:
    """Paths of the backups made of this history, in order of name."""
    return connection.scalars(sa.select(BackupRow.path).order_by(BackupRow.path)).all()


def forget_everywhere(database: Database, subject: str) -> Forgotten:
    """Remove a subject from the history and from every backup it knows of.

    Raises:
        StoreError: the history cannot be changed.
    """
    sessions = _delete_subject(database, subject)
    unreachable = scrub(database)
    cleaned: list[str] = []
    with database.reading() as connection:
        backups = known_backups(connection)
    for path in backups:
        problem = _clean_backup(Path(path), subject)
        if problem is None:
            cleaned.append(path)
        else:
            unreachable.append(problem)
    return Forgotten(sessions, tuple(cleaned), tuple(unreachable))


def _delete_subject(database: Database, subject: str) -> int:
    with database.writing() as connection:
        sessions = count(connection, SessionRow, subject=subject)
        key = subject_key(connection, subject)
        connection.execute(sa.delete(SubjectRow).where(SubjectRow.pk == key))
    return sessions


def _clean_backup(path: Path, subject: str) -> str | None:
    """Remove the subject from one backup; the sentence says why when that was not possible."""
    if not path.is_file():
        return f"The backup {path} was not found; if it lies on a drive that is not connected, delete it there."
    try:
        backup = connect(path)
        try:
            ensure_current(backup, shared=False)
            _delete_subject(backup, subject)
            left = scrub(backup)
        finally:
            backup.engine.dispose()
    except StoreError as e:
        return f"The backup {path} could not be cleaned ({e}) Delete the file itself."
    return left[0] if left else None


def scrub(database: Database, *, rewrite: bool = True) -> list[str]:
    """Empty the write-ahead log and (``rewrite``) rebuild the file; returns sentences about what had to stay."""
    if database.path is None:
        _scrub_postgres(database)
        return []
    with database.raw_sqlite() as driver:
        if rewrite:
            driver.execute("VACUUM")
        if _empty_log(driver):
            return []
    return [
        f"The write-ahead log of {database.where} could not be emptied, because another program has the history open;"
        " close that program and run the command again."
    ]


def _empty_log(driver: sqlite3.Connection) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _scrub_postgres(database: Database) -> None:
    """Rewrite our tables so that the deleted rows' bytes are gone from their files."""
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with store_errors(database.where), engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(sa.text(f"VACUUM (FULL) {table.name}"))
