"""The history store: sessions of pseudonymous subjects in SQLite or PostgreSQL.

Every change is one transaction, so a crash at any moment leaves the old or the new state, and several processes may
save at once. No video and no landmarks are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mobility_check.errors import StoreError
from mobility_check.history import erase, queries
from mobility_check.history.database import BUSY_TIMEOUT_S, Database, connect, side_files
from mobility_check.history.models import GoalRow, SessionRow, SubjectRow
from mobility_check.history.progress import SubjectPoints
from mobility_check.history.records import (
    DateLike,
    Forgotten,
    Record,
    SavedSession,
    StoreStatus,
    Summary,
    clean_note,
    date_text,
)
from mobility_check.history.revisions import HEAD
from mobility_check.history.schema import ensure_current
from mobility_check.history.writing import insert_record, set_goal, set_pain
from mobility_check.kinematics.landmarks import Side
from mobility_check.names import check_subject, normal
from mobility_check.results.result import Result


class HistoryStore:
    """Saved sessions. Made by :meth:`open`; a context manager. One store may be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.damaged: list[str] = []
        """Sentences about saved sessions that were left out because they are damaged."""

    @classmethod
    def open(cls, database: str | Path | None = None, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> HistoryStore:
        """Open (and create or upgrade) the history at a path or URL.

        ``None`` is the environment variable ``MOBILITY_CHECK_DATABASE`` and, without it, the user's data folder.

        Raises:
            StoreError: it is newer than this program, not a history, locked or not reachable; it is left as it is.
            UsageError: the URL is neither SQLite nor PostgreSQL.
            MissingExtraError: the PostgreSQL driver is not installed.
        """
        opened = connect(database, busy_timeout_s=busy_timeout_s)
        with ExitStack() as undo:
            undo.callback(opened.engine.dispose)
            ensure_current(opened)
            undo.pop_all()
        return cls(opened)

    def close(self) -> None:
        """Close all connections; the last one to close a SQLite history folds the log into the file."""
        self._database.engine.dispose()

    def __enter__(self) -> HistoryStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def path(self) -> Path | None:
        """The SQLite file; ``None`` on PostgreSQL."""
        return self._database.path

    @property
    def where(self) -> str:
        """File or URL of the history, without a password."""
        return self._database.where

    def save(
        self,
        result: Result,
        *,
        subject: str,
        date: DateLike | None = None,
        note: str | None = None,
        curves: Mapping[str, Any] | None = None,
        pain: Mapping[Side, bool] | None = None,
    ) -> SavedSession:
        """Save a session; the same clips, model, settings and subject again are the same session, kept as it was.

        Args:
            result: the session's result.
            subject: pseudonym, 1 to 64 printable characters.
            date: when the test was done; today if not given.
            note: free text.
            curves: from :func:`mobility_check.history.curves.curves_of`, or ``None`` to keep no curves.
            pain: whether a leg hurt, of the legs that were asked about.

        Raises:
            StoreError: the history cannot be written; nothing was saved.
            UsageError: the subject or the date is not usable.
        """
        now = datetime.now().isoformat(timespec="seconds")
        about = (check_subject(subject), date_text(date), now, clean_note(note))
        record = Record("", *about, result.to_dict(), curves, pain=pain or {})
        with self._database.writing() as connection:
            return insert_record(connection, record)

    def save_records(self, records: Iterable[Record]) -> list[SavedSession]:
        """Save exchanged records, all or none, keeping their ids where these are free.

        Raises:
            StoreError: the history cannot be written.
            ValueError: a record's result is not a result object.
        """
        with self._database.writing() as connection:
            return [insert_record(connection, record) for record in records]

    def list(self, subject: str | None = None, *, limit: int | None = None) -> tuple[Summary, ...]:
        """Sessions, newest test first; of one subject or of all."""
        with self._database.reading() as connection:
            return tuple(queries.summaries(connection, subject=_normal(subject), limit=limit))

    def unknown(self, subject: str) -> str:
        """A sentence for a subject without sessions, with the names that are nearest."""
        with self._database.reading() as connection:
            return queries.nobody(connection, subject)

    def count(self, subject: str | None = None) -> int:
        """How many sessions there are, of one subject or of all."""
        with self._database.reading() as connection:
            return queries.count(connection, SessionRow, subject=_normal(subject))

    def get(self, session: str) -> Record:
        """One session by its id, or by a beginning of it that fits one session only.

        Raises:
            StoreError: no session, or more than one, has that id, or it is damaged.
        """
        damaged: list[str] = []
        with self._database.reading() as connection:
            for record in queries.records(connection, damaged, session=self._one_id(connection, session)):
                return record
        raise StoreError(damaged[0])

    def records(self, subject: str | None = None) -> Iterator[Record]:
        """Whole sessions of one subject or of all, oldest first within a subject; read in small portions.

        Damaged ones are left out and told in :attr:`damaged`.
        """
        with self._database.reading() as connection:
            yield from queries.records(connection, self.damaged, subject=_normal(subject))

    def find(self, what: str) -> tuple[Record, ...]:
        """The sessions of a subject (oldest first), or the one session with that id.

        Raises:
            StoreError: neither a subject nor a session is called so.
        """
        of_subject = tuple(self.records(what))
        return of_subject or (self.get(what),)

    def full_id(self, session: str) -> str:
        """The whole id of the one session whose id begins so, also of a damaged one.

        Raises:
            StoreError: no session, or more than one, has that id.
        """
        with self._database.reading() as connection:
            return self._one_id(connection, session)

    def delete(self, session: str) -> str:
        """Delete one session and return its full id.

        Raises:
            StoreError: no session, or more than one, has that id.
        """
        with self._database.writing() as connection:
            found = self._one_id(connection, session)
            connection.execute(sa.delete(SessionRow).where(SessionRow.id == found))
        erase.scrub(self._database, rewrite=False)
        return found

    def edit(
        self,
        session: str,
        *,
        note: str | None = None,
        tested_at: DateLike | None = None,
        pain: Mapping[Side, bool | None] | None = None,
    ) -> str:
        """Change a session's note (an empty one removes it), day or pain (``None`` of a leg is not asked).

        What is ``None`` stays as it is. Returns the session's full id.

        Raises:
            StoreError: no session, or more than one, has that id.
            UsageError: the date is none, or the note is too long.
        """
        values = {"note": clean_note(note)} if note is not None else {}
        values |= {"tested_at": date_text(tested_at)} if tested_at is not None else {}
        with self._database.writing() as connection:
            found = self._one_id(connection, session)
            if values:
                connection.execute(sa.update(SessionRow).where(SessionRow.id == found).values(values))
            if pain:
                key = connection.scalar(sa.select(SessionRow.pk).where(SessionRow.id == found))
                set_pain(connection, key or 0, pain)
        return found

    def forget(self, subject: str) -> Forgotten:
        """Remove everything about a subject, also from the log, the free pages and the known backups.

        What could not be reached is named in the answer; until it is, calling this again goes on where it stopped.

        Raises:
            StoreError: there is no such subject here or in a backup, or the history cannot be changed.
        """
        return erase.forget_everywhere(self._database, check_subject(subject))

    def backup(self, target: str | Path, *, overwrite: bool = False) -> Path:
        """Copy a SQLite history to ``target``, complete or not at all; ``forget`` will clean that copy too.

        Raises:
            UsageError: it is on PostgreSQL, or ``target`` exists.
            OutputError: the file cannot be written.
        """
        return erase.back_up(self._database, Path(target), overwrite=overwrite)

    def points(self, subject: str, test: str | None = None) -> SubjectPoints:
        """What :func:`mobility_check.history.progress.progress_of` needs, of one test; ``None`` is the newest's.

        Raises:
            StoreError: the subject has no sessions.
        """
        with self._database.reading() as connection:
            if not queries.count(connection, SessionRow, subject=normal(subject)):
                raise StoreError(queries.nobody(connection, subject))
            return queries.subject_points(connection, normal(subject), self.damaged, test=test)

    def goal(self, subject: str) -> float | None:
        """The subject's goal in degrees."""
        query = sa.select(GoalRow.goal_deg).join(SubjectRow, SubjectRow.pk == GoalRow.subject_pk)
        with self._database.reading() as connection:
            return connection.scalar(query.where(SubjectRow.name == normal(subject)))

    def set_goal(self, subject: str, goal_deg: float | None) -> None:
        """Keep a goal for a subject who has sessions; ``None`` removes it.

        Raises:
            StoreError: there is no such subject.
        """
        with self._database.writing() as connection:
            key = queries.subject_key(connection, normal(subject))
            if key is None:
                raise StoreError(queries.nobody(connection, subject))
            set_goal(connection, key, goal_deg)

    def status(self) -> StoreStatus:
        """Where the history is, its schema, and how much it holds."""
        with self._database.reading() as connection:
            subjects, sessions = (queries.count(connection, table) for table in (SubjectRow, SessionRow))
            backups = tuple(erase.known_backups(connection))
        files = (self.path, *side_files(self.path)) if self.path else ()
        size = sum(f.stat().st_size for f in files if f.exists()) if files else None
        return StoreStatus(self.where, HEAD, subjects, sessions, size, backups)

    def _one_id(self, connection: sa.Connection, text: str) -> str:
        found = queries.matching_ids(connection, text) if text else []
        if not found:
            if near := queries.nearest(connection, text):
                raise StoreError("There is no session {text!r}. Did you mean {near}?", text=text, near=near)
            raise StoreError("There is no session {text!r}. `mobility-check history list` shows all.", text=text)
        if len(found) > 1:
            raise StoreError("Several sessions begin with {text!r}; give more of the id.", text=text)
        return found[0]


def _normal(subject: str | None) -> str | None:
    return None if subject is None else normal(subject)
