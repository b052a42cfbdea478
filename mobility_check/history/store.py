"""The history store: sessions of pseudonymous subjects in SQLite or PostgreSQL.

Every change is one transaction, so a crash at any moment leaves the old or the new state, and several processes may
save at once. No video and no landmarks are kept.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload, undefer

from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.errors import StoreError
from mobility_check.history import erase
from mobility_check.history.database import BUSY_TIMEOUT_S, Database, connect, side_files
from mobility_check.history.models import PAIN, Base, GoalRow, SessionRow, SideRow, SubjectRow
from mobility_check.history.progress import Difference, Point, SubjectPoints
from mobility_check.history.records import (
    DateLike,
    Forgotten,
    Record,
    SavedSession,
    StoreStatus,
    Summary,
    clean_note,
    content_key,
    date_text,
)
from mobility_check.history.schema import HEAD, ensure_current
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import gettext as _
from mobility_check.names import check_subject, normal
from mobility_check.results.result import Result

_PORTION = 200


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
            undo.callback(opened.close)
            ensure_current(opened)
            undo.pop_all()
        return cls(opened)

    def close(self) -> None:
        """Close all connections; the last one to close a SQLite history folds the log into the file."""
        self._database.close()

    def __enter__(self) -> HistoryStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def path(self) -> Path | None:
        """The SQLite file; ``None`` on PostgreSQL."""
        return self._database.path

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
        return self.save_records([Record("", *about, result.to_dict(), curves, pain=pain or {})])[0]

    def save_records(self, records: Iterable[Record]) -> list[SavedSession]:
        """Save exchanged records, all or none, keeping their ids where these are free.

        Raises:
            StoreError: the history cannot be written.
            ValueError: a record's result is not a result object.
        """
        with self._database.writing() as session:
            return [_saved(session, record) for record in records]

    def list(self, subject: str | None = None, *, limit: int | None = None) -> tuple[Summary, ...]:
        """Sessions, newest test first; of one subject or of all."""
        newest_first = _sessions(subject).order_by(SessionRow.tested_at.desc(), SessionRow.pk.desc()).limit(limit)
        with self._database.reading() as session:
            return tuple(row.summary for row in session.scalars(newest_first))

    def unknown(self, subject: str) -> str:
        """A sentence for a subject without sessions, with the names that are nearest."""
        with self._database.reading() as session:
            return _nobody(session, subject)

    def count(self, subject: str | None = None) -> int:
        """How many sessions there are, of one subject or of all."""
        with self._database.reading() as session:
            return _count(session, SessionRow, subject)

    def get(self, session: str) -> Record:
        """One session by its id, or by a beginning of it that fits one session only.

        Raises:
            StoreError: no session, or more than one, has that id, or it is damaged.
        """
        damaged: list[str] = []
        with self._database.reading() as reading:
            wanted = _sessions(None).where(SessionRow.id == _one_id(reading, session))
            for record in _records(reading, wanted, damaged):
                return record
        raise StoreError(damaged[0])

    def records(self, subject: str | None = None) -> Iterator[Record]:
        """Whole sessions of one subject or of all, oldest first within a subject; read in small portions.

        Damaged ones are left out and told in :attr:`damaged`.
        """
        with self._database.reading() as session:
            yield from _records(session, _sessions(subject), self.damaged)

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
        with self._database.reading() as reading:
            return _one_id(reading, session)

    def delete(self, session: str) -> str:
        """Delete one session and return its full id.

        Raises:
            StoreError: no session, or more than one, has that id.
        """
        with self._database.writing() as writing:
            found = _one_id(writing, session)
            writing.execute(sa.delete(SessionRow).where(SessionRow.id == found))
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
        with self._database.writing() as writing:
            row = writing.scalars(sa.select(SessionRow).where(SessionRow.id == _one_id(writing, session))).one()
            if note is not None:
                row.note = clean_note(note)
            if tested_at is not None:
                row.tested_at = date_text(tested_at)
            for side, leg in row.legs.items():
                if pain and side in pain:
                    leg.pain = PAIN[pain[side]]
            return row.id

    def forget(self, subject: str) -> Forgotten:
        """Remove everything about a subject, also from the log, the free pages and the known backups.

        What could not be reached is named in the answer; until it is, calling this again goes on where it stopped.

        Raises:
            StoreError: there is no such subject here or in a backup, or the history cannot be changed.
        """
        done = erase.forget_everywhere(self._database, check_subject(subject))
        if done is None:
            raise StoreError(self.unknown(subject))
        return done

    def backup(self, target: str | Path, *, overwrite: bool = False) -> Path:
        """Copy a SQLite history to ``target``, complete or not at all; ``forget`` will clean that copy too.

        Raises:
            UsageError: it is on PostgreSQL, or ``target`` exists.
            OutputError: the file cannot be written.
        """
        return erase.back_up(self._database, Path(target), overwrite=overwrite)

    def points(self, subject: str, test: str | None = None) -> SubjectPoints:
        """Every scored leg and every left-right difference of a subject in one test, oldest first.

        The same clips measured again in the same series (with other settings) are one session: the one saved last
        counts. ``test`` is its name in results; ``None`` is that of the newest session.

        Raises:
            StoreError: the subject has no sessions.
        """
        of_subject = sa.select(SideRow).join(SideRow.session).join(SessionRow.subject)
        scored = of_subject.where(SubjectRow.name == normal(subject), SideRow.score_deg.is_not(None))
        oldest_first = scored.order_by(SessionRow.tested_at, SessionRow.pk)
        legs: dict[Side, list[Point]] = {side: [] for side in SIDES}
        differences: dict[str, Difference] = {}
        with self._database.reading() as session:
            if not _count(session, SessionRow, subject):
                raise StoreError(_nobody(session, subject))
            found = session.scalars(oldest_first.options(contains_eager(SideRow.session))).all()
            wanted = test or (found[-1].session.test if found else KICK_BACK.test)
            for leg in _last_of_same_clips([leg for leg in found if leg.session.test == wanted]):
                try:
                    point, difference = leg.point, leg.session.difference
                except ValueError as e:
                    self.damaged.append(leg.session.damaged(e))
                    continue
                legs[leg.side].append(point)
                differences |= {leg.session.id: difference} if difference else {}
        return SubjectPoints(legs, tuple(differences.values()), wanted)

    def last_scores_deg(self, subject: str) -> dict[Side, float]:
        """Score of each leg in the person's last session that has one; none for a person without sessions."""
        legs = self.points(subject).legs if self.count(subject) else {}
        return {side: points[-1].score_deg for side, points in legs.items() if points}

    def goal(self, subject: str) -> float | None:
        """The subject's goal in degrees."""
        query = sa.select(GoalRow.goal_deg).join(SubjectRow, SubjectRow.pk == GoalRow.subject_pk)
        with self._database.reading() as session:
            return session.scalar(query.where(SubjectRow.name == normal(subject)))

    def set_goal(self, subject: str, goal_deg: float | None) -> None:
        """Keep a goal for a subject who has sessions; ``None`` removes it.

        Raises:
            StoreError: there is no such subject.
        """
        with self._database.writing() as session:
            person = _person(session, normal(subject))
            if person is None:
                raise StoreError(_nobody(session, subject))
            if goal_deg is None:
                session.execute(sa.delete(GoalRow).where(GoalRow.subject_pk == person.pk))
            else:
                session.merge(GoalRow(subject_pk=person.pk, goal_deg=goal_deg))

    def status(self) -> StoreStatus:
        """Where the history is, its schema, and how much it holds."""
        with self._database.reading() as session:
            subjects, sessions = (_count(session, table) for table in (SubjectRow, SessionRow))
            backups = tuple(erase.known_backups(session))
        files = (self.path, *side_files(self.path)) if self.path else ()
        size = sum(f.stat().st_size for f in files if f.exists()) if files else None
        return StoreStatus(self._database.where, HEAD, subjects, sessions, size, backups)


def _person(session: Session, subject: str) -> SubjectRow | None:
    return session.scalar(sa.select(SubjectRow).where(SubjectRow.name == subject).options(joinedload(SubjectRow.goal)))


def _saved(session: Session, record: Record) -> SavedSession:
    """Save a record, or find the session that is already there with the same content."""
    result = record.parsed
    key = content_key(record, result)
    person = _person(session, record.subject) or SubjectRow(name=record.subject)
    session.add(person)
    if record.goal_deg is not None and person.goal is None:  # somebody else's file moves no goal that is set here
        person.goal = GoalRow(goal_deg=record.goal_deg)
    if found := session.scalar(sa.select(SessionRow.id).where(SessionRow.content_key == key)):
        return SavedSession(found, False)
    names = (f"{record.tested_at[:10]}-{key[:digits]}" for digits in range(6, len(key) + 1, 2))
    taken = sa.select(SessionRow.pk)
    free = next(n for n in (record.id, *names) if n and session.scalar(taken.where(SessionRow.id == n)) is None)
    row = SessionRow.of(record, result, id=free, content_key=key)
    row.subject = person
    session.add(row)
    return SavedSession(free, True)


def _sessions(subject: str | None) -> sa.Select[Any]:
    """Sessions of one person or of all, with subject and legs."""
    loaded = (contains_eager(SessionRow.subject), selectinload(SessionRow.legs))
    query = sa.select(SessionRow).join(SessionRow.subject).options(*loaded)
    return query if subject is None else query.where(SubjectRow.name == normal(subject))


def _records(session: Session, query: sa.Select[Any], damaged: list[str]) -> Iterator[Record]:
    """Oldest test first within each subject; of what is damaged a sentence is put into ``damaged``."""
    goal = contains_eager(SessionRow.subject).joinedload(SubjectRow.goal)
    whole = query.options(goal, joinedload(SessionRow.curves), undefer(SessionRow.result_json))
    ordered = whole.order_by(SubjectRow.name, SessionRow.tested_at, SessionRow.pk)
    for row in session.scalars(ordered.execution_options(yield_per=_PORTION)):
        try:
            yield row.record
        except (ValueError, TypeError, RecursionError) as e:
            damaged.append(row.damaged(e))


def _last_of_same_clips(legs: Sequence[SideRow]) -> list[SideRow]:
    """Without sessions whose clips were measured again later in the same series: the one saved last counts."""
    last = {(s.inputs_key or s.id, s.series): s.pk for s in sorted((leg.session for leg in legs), key=lambda s: s.pk)}
    kept = set(last.values())
    return [leg for leg in legs if leg.session.pk in kept]


def _count(session: Session, table: type[Base], subject: str | None = None) -> int:
    """How many rows a table has; with ``subject``, how many sessions of that subject."""
    query = sa.select(sa.func.count()).select_from(table)
    if subject is not None:
        query = query.join(SessionRow.subject).where(SubjectRow.name == normal(subject))
    return session.scalar(query) or 0


def _one_id(session: Session, text: str) -> str:
    """The id that is ``text``, or the only one that begins so."""
    begins = sa.select(SessionRow.id).where(sa.func.substr(SessionRow.id, 1, len(text)) == text)
    found = session.scalars(begins.order_by(SessionRow.id).limit(2)).all() if text else []
    if not found:
        if text and _person(session, normal(text)):
            raise StoreError(
                "There is no session {text!r}, but a person; list the sessions with: "
                "mobility-check history list {text}",
                text=text,
            )
        if near := _nearest(session, text):
            raise StoreError("There is no session {text!r}. Did you mean {near}?", text=text, near=near)
        raise StoreError("There is no session {text!r}. `mobility-check history list` shows all.", text=text)
    if len(found) > 1 and found[0] != text:
        raise StoreError("Several sessions begin with {text!r}; give more of the id.", text=text)
    return found[0]


def _nearest(session: Session, text: str) -> str:
    """``'P-17', 'P-18'``: subjects and sessions whose names are like ``text``; empty without any."""
    known = [*session.scalars(sa.select(SubjectRow.name)), *session.scalars(sa.select(SessionRow.id))]
    lower = {name.casefold(): name for name in known if not name.startswith(erase.FORGOTTEN)}
    return ", ".join(repr(lower[name]) for name in difflib.get_close_matches(text.casefold(), lower, n=3))


def _nobody(session: Session, subject: str) -> str:
    """A sentence for a subject that is not there."""
    if near := _nearest(session, subject):
        return _("There is no session of {subject!r}. Did you mean {near}?", subject=subject, near=near)
    return _("There is no session of {subject!r}. `mobility-check history list` shows all.", subject=subject)
