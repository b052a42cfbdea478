"""Backups, and forgetting a person so thoroughly that the bytes are gone.

``secure_delete`` overwrites deleted rows, emptying the write-ahead log removes their older copies, VACUUM rewrites what
is left; the same is done in every backup the history knows of. What lies elsewhere is named, not promised.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mobility_check.errors import OutputError, StoreError, UsageError
from mobility_check.history.database import Database, connect, store_errors, wait_until
from mobility_check.history.models import BackupRow, Base, SessionRow, SubjectRow
from mobility_check.history.records import Forgotten
from mobility_check.history.schema import ensure_current
from mobility_check.language import N_

FORGOTTEN = "forgotten-"
"""Takes the place of a subject's name while copies of the person's data are still out of reach."""
PART = ".part"
_PATIENCE_S = 5.0


def back_up(database: Database, target: Path, *, overwrite: bool = False) -> Path:
    """As :meth:`HistoryStore.backup` says; the copy is consistent while others save."""
    if database.path is None:
        raise UsageError("A history on PostgreSQL is backed up with the server's own tool, pg_dump.")
    target = target.expanduser().absolute()
    if target.exists() and (overwrite is False or target.samefile(database.path) or not target.is_file()):
        raise UsageError(
            "{target} exists already; name another file (or use --overwrite to replace an older backup).", target=target
        )
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}{PART}")
    now = datetime.now().isoformat(timespec="seconds")
    with database.writing() as session:  # before they exist, so that a crash leaves no copy that nobody knows of
        for path in (target, part):
            session.merge(BackupRow(path=str(path), made_at=now))
    try:
        _copy(database, part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as e:
        raise OutputError(
            "The backup {target} cannot be written: {why}.", target=target, why=getattr(e, "strerror", None) or e
        ) from e
    finally:
        _strike(database, part)
    return target


def _copy(database: Database, part: Path) -> None:
    os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    with database.raw_sqlite() as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without side files
    with part.open("rb+") as f:
        os.fsync(f.fileno())


def _strike(database: Database, path: Path) -> None:
    """Remove a copy that is half-made or that its owner deleted, and know of it no more."""
    path.unlink(missing_ok=True)
    with database.writing() as session:
        session.execute(sa.delete(BackupRow).where(BackupRow.path == str(path)))


def known_backups(session: Session, *, half_made: bool = False) -> list[str]:
    """Paths of the backups made of this history, in order of name; ``half_made``: also those that a crash left so."""
    paths = session.scalars(sa.select(BackupRow.path).order_by(BackupRow.path))
    return [path for path in paths if half_made or not path.endswith(PART)]


def forget_everywhere(database: Database, subject: str) -> Forgotten | None:
    """Remove a subject from the history and from every copy of it that the history knows of; ``None`` for a stranger.

    While a copy is out of reach, the subject's row stays under a name that says nothing, so that a second call knows
    that there is something left to do.
    """
    mark = FORGOTTEN + hashlib.sha256(subject.encode()).hexdigest()[:48]
    with database.writing() as session:
        of_subject = sa.select(sa.func.count(SessionRow.pk)).join(SessionRow.subject)
        sessions = session.scalar(of_subject.where(SubjectRow.name == subject)) or 0
        known = _delete_subject(session, subject, mark)
        if known:
            session.add(SubjectRow(name=mark))
        copies = known_backups(session, half_made=True)
    cleaned: list[str] = []
    unreachable: list[str] = []
    for path in copies:
        problem = _clean_copy(database, Path(path), subject, cleaned)
        unreachable += [problem] if problem else []
    if not (known or cleaned):
        return None
    unreachable = scrub(database) + unreachable
    if not unreachable:
        with database.writing() as session:
            _delete_subject(session, mark)
        unreachable = scrub(database, rewrite=False)
    return Forgotten(sessions, tuple(cleaned), tuple(unreachable))


def _delete_subject(session: Session, *names: str) -> bool:
    """Whether there was one."""
    found = session.scalars(sa.delete(SubjectRow).where(SubjectRow.name.in_(names)).returning(SubjectRow.pk)).all()
    return bool(found)


def _clean_copy(database: Database, path: Path, subject: str, cleaned: list[str]) -> str | None:
    """Remove the subject from one copy, and add it to ``cleaned``; a sentence when that was not possible."""
    if path.name.endswith(PART) or (not path.exists() and path.parent.is_dir()):
        _strike(database, path)
        return None
    if not path.is_file():
        return N_("The backup {path} was not found; connect its drive and run the command again.").format(path=path)
    try:
        with closing(connect(path)) as backup:
            ensure_current(backup, shared=False)
            with backup.writing() as session:
                found = _delete_subject(session, subject)
            left = scrub(backup) if found else []
    except StoreError as e:
        return N_("The backup {path} could not be cleaned ({why}) Delete the file itself.").format(path=path, why=e)
    cleaned += [str(path)] if found else []
    return left[0] if left else None


def scrub(database: Database, *, rewrite: bool = True) -> list[str]:
    """Empty the write-ahead log and (``rewrite``) rebuild the file; returns sentences about what had to stay."""
    if database.path is None:
        _scrub_postgres(database)
        return []
    with database.raw_sqlite() as driver:
        if rewrite:
            driver.execute("VACUUM")
        empty_log = "PRAGMA wal_checkpoint(TRUNCATE)"
        if wait_until(lambda: not driver.execute(empty_log).fetchone()[0], patience_s=_PATIENCE_S):
            return []
    return [
        N_(
            "The write-ahead log of {where} could not be emptied, because another program has the history open; close"
            " that program and run the command again."
        ).format(where=database.where)
    ]


def _scrub_postgres(database: Database) -> None:
    """Rewrite our tables so that the deleted rows' bytes are gone from their files."""
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with store_errors(database.where), engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(sa.text(f"VACUUM (FULL) {table.name}"))
