"""Backups, and forgetting a person so thoroughly that the bytes are gone.

``secure_delete`` overwrites deleted rows, emptying the write-ahead log removes their older copies, VACUUM rewrites what
is left; the same is done in every backup the history knows of. What lies elsewhere is named, not promised.
"""

from __future__ import annotations

import hashlib
import os
import secrets
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
from mobility_check.history.queries import FORGOTTEN, count, nobody, subject_key
from mobility_check.history.records import Forgotten
from mobility_check.history.schema import ensure_current
from mobility_check.language import N_

_PATIENCE_S = 5.0
PART = ".part"


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
        raise UsageError(
            "{target} exists already; name another file (or use --overwrite to replace an older backup).", target=target
        )
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}{PART}")
    _enter(database, [target, part])  # known before they exist, so that a crash leaves no copy that nobody knows of
    try:
        _copy(database, part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as e:
        raise OutputError(
            "The backup {target} cannot be written: {why}.", target=target, why=getattr(e, "strerror", None) or e
        ) from e
    finally:
        part.unlink(missing_ok=True)
        _strike(database, part)
    return target


def _enter(database: Database, paths: Sequence[Path]) -> None:
    now = datetime.now().isoformat(timespec="seconds")
    with database.writing() as connection:
        connection.execute(sa.delete(BackupRow).where(BackupRow.path.in_([str(p) for p in paths])))
        connection.execute(sa.insert(BackupRow), [{"path": str(p), "made_at": now} for p in paths])


def _strike(database: Database, path: Path) -> None:
    with database.writing() as connection:
        connection.execute(sa.delete(BackupRow).where(BackupRow.path == str(path)))


def _copy(database: Database, part: Path) -> None:
    os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    with database.raw_sqlite() as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without side files
    with part.open("rb+") as f:
        os.fsync(f.fileno())


def known_backups(connection: Connection) -> list[str]:
    """Paths of the backups made of this history, in order of name, without those that a crash left half-made."""
    paths = connection.scalars(sa.select(BackupRow.path).order_by(BackupRow.path))
    return [path for path in paths if not path.endswith(PART)]


def forget_everywhere(database: Database, subject: str) -> Forgotten:
    """Remove a subject from the history and from every copy of it that the history knows of.

    While a copy is out of reach, the subject's row stays under a name that says nothing, so that a second call knows
    that there is something left to do.

    Raises:
        StoreError: there is no such subject here or in a copy, or the history cannot be changed.
    """
    known, sessions = _begin(database, subject)
    cleaned: list[str] = []
    unreachable: list[str] = []
    with database.reading() as connection:
        copies = [Path(p) for p in connection.scalars(sa.select(BackupRow.path).order_by(BackupRow.path))]
    for path in copies:
        problem = _clean_copy(database, path, subject, cleaned)
        unreachable += [problem] if problem else []
    if not (known or cleaned):
        with database.reading() as connection:
            raise StoreError(nobody(connection, subject))
    unreachable = scrub(database) + unreachable
    if not unreachable:
        _delete_subject(database, _mark(subject))
        unreachable = scrub(database, rewrite=False)
    return Forgotten(sessions, tuple(cleaned), tuple(unreachable))


def _begin(database: Database, subject: str) -> tuple[bool, int]:
    """Delete the subject and leave the mark; whether there was anything, and how many sessions went."""
    with database.writing() as connection:
        sessions, key = count(connection, SessionRow, subject=subject), subject_key(connection, subject)
        known = key is not None or subject_key(connection, _mark(subject)) is not None
        connection.execute(sa.delete(SubjectRow).where(SubjectRow.name.in_([subject, _mark(subject)])))
        if known:
            connection.execute(sa.insert(SubjectRow).values(name=_mark(subject)))
    return known, sessions


def _mark(subject: str) -> str:
    return FORGOTTEN + hashlib.sha256(subject.encode()).hexdigest()[:48]


def _delete_subject(database: Database, subject: str) -> bool:
    with database.writing() as connection:
        found = connection.execute(sa.delete(SubjectRow).where(SubjectRow.name == subject))
    return bool(found.rowcount)


def _clean_copy(database: Database, path: Path, subject: str, cleaned: list[str]) -> str | None:
    """Remove the subject from one copy, and add it to ``cleaned``; a sentence when that was not possible."""
    if path.name.endswith(PART) or (not path.exists() and path.parent.is_dir()):
        path.unlink(missing_ok=True)  # half-made, or deleted by its owner
        _strike(database, path)
        return None
    if not path.is_file():
        return N_("The backup {path} was not found; connect its drive and run the command again.").format(path=path)
    try:
        backup = connect(path)
        try:
            ensure_current(backup, shared=False)
            if not _delete_subject(backup, subject):
                return None
            left = scrub(backup)
        finally:
            backup.engine.dispose()
    except StoreError as e:
        return N_("The backup {path} could not be cleaned ({why}) Delete the file itself.").format(path=path, why=e)
    cleaned.append(str(path))
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
        N_(
            "The write-ahead log of {where} could not be emptied, because another program has the history open; close"
            " that program and run the command again."
        ).format(where=database.where)
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
