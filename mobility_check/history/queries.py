"""Reading the tables: lists, whole records and the points that progress is computed from."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload, undefer

from mobility_check.assessments.descriptions import DESCRIPTIONS, KICK_BACK
from mobility_check.history.models import SessionRow, SideRow, SubjectRow
from mobility_check.history.progress import Difference, Point, SubjectPoints
from mobility_check.history.records import LegSummary, Record, Summary, check_record
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import N_, gettext
from mobility_check.results.result import Interval, public

FORGOTTEN = "forgotten-"
"""Takes the place of a subject's name while copies of the person's data are still out of reach."""
_PORTION = 200


def subject_key(connection: Connection, subject: str) -> int | None:
    """The subject's primary key, ``None`` for a stranger."""
    return connection.scalar(sa.select(SubjectRow.pk).where(SubjectRow.name == subject))


def count(connection: Connection, table: type[SubjectRow] | type[SessionRow], *, subject: str | None = None) -> int:
    """How many rows a table has; with ``subject``, how many sessions of that subject."""
    query = sa.select(sa.func.count()).select_from(table)
    if subject is not None:
        query = query.join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk).where(SubjectRow.name == subject)
    return connection.scalar(query) or 0


def summaries(connection: Connection, *, subject: str | None, limit: int | None) -> list[Summary]:
    """Sessions, newest test first."""
    query = _sessions(subject).order_by(SessionRow.tested_at.desc(), SessionRow.pk.desc()).limit(limit)
    with Session(connection) as reading:
        return [_summary(row) for row in reading.scalars(query)]


def _sessions(subject: str | None) -> sa.Select[Any]:
    """Sessions of one person or of all, with subject and legs."""
    loaded = (contains_eager(SessionRow.subject), selectinload(SessionRow.sides))
    query = sa.select(SessionRow).join(SessionRow.subject).options(*loaded)
    return query if subject is None else query.where(SubjectRow.name == subject)


def _summary(row: SessionRow) -> Summary:
    legs = {cast(Side, leg.side): _leg_summary(leg) for leg in row.sides}
    about = (row.id, row.subject.name, row.tested_at, row.status, row.model, row.note)
    return Summary(*about, legs, row.difference_deg)


def _leg_summary(leg: SideRow) -> LegSummary:
    try:
        interval, score_deg = _interval(leg.ci_low_deg, leg.ci_high_deg), number_or_none(leg.score_deg)
    except ValueError:
        interval = score_deg = None
    return LegSummary(leg.status, score_deg, interval, leg.valid_reps)


def matching_ids(connection: Connection, text: str) -> list[str]:
    """Ids equal to ``text``, else up to two that begin with it."""
    exact = sa.select(SessionRow.id).where(SessionRow.id == text)
    if connection.scalar(exact):
        return [text]
    begins = sa.func.substr(SessionRow.id, 1, len(text)) == text
    return list(connection.scalars(sa.select(SessionRow.id).where(begins).order_by(SessionRow.id).limit(2)))


def nearest(connection: Connection, text: str) -> str:
    """``'P-17', 'P-18'``: subjects and sessions whose names are like ``text``; empty without any."""
    known = [*connection.scalars(sa.select(SubjectRow.name)), *connection.scalars(sa.select(SessionRow.id))]
    lower = {name.casefold(): name for name in known if not name.startswith(FORGOTTEN)}
    found = difflib.get_close_matches(text.casefold(), lower, n=3)
    return ", ".join(repr(lower[name]) for name in found)


def nobody(connection: Connection, subject: str) -> str:
    """A sentence for a subject that is not there."""
    near = nearest(connection, subject)
    if near:
        return gettext("There is no session of {subject!r}. Did you mean {near}?", subject=subject, near=near)
    return gettext("There is no session of {subject!r}. `mobility-check history list` shows all.", subject=subject)


def records(
    connection: Connection, damaged: list[str], *, subject: str | None = None, session: str | None = None
) -> Iterator[Record]:
    """Whole sessions, oldest test first within each subject, read in small portions.

    A session that is damaged is left out, and a sentence about it put into ``damaged``.
    """
    goal = contains_eager(SessionRow.subject).joinedload(SubjectRow.goal)
    query = _sessions(subject).options(goal, joinedload(SessionRow.curves), undefer(SessionRow.result_json))
    if session is not None:
        query = query.where(SessionRow.id == session)
    ordered = query.order_by(SubjectRow.name, SessionRow.tested_at, SessionRow.pk)
    with Session(connection) as reading:
        for row in reading.scalars(ordered.execution_options(yield_per=_PORTION)):
            try:
                yield _record(row)
            except (ValueError, TypeError, RecursionError) as e:
                damaged.append(_damaged(row, e))


def _record(row: SessionRow) -> Record:
    """One session, checked.

    Raises:
        ValueError: it is damaged.
    """
    curves = json.loads(row.curves.curves_json) if row.curves else None
    goal_deg = number_or_none(row.subject.goal.goal_deg) if row.subject.goal else None
    pain = {cast(Side, leg.side): leg.pain == "yes" for leg in row.sides if leg.pain in ("yes", "no")}
    about = (row.id, row.subject.name, row.tested_at, row.saved_at, row.note)
    record = Record(*about, json.loads(row.result_json), curves, goal_deg, pain)
    check_record(record)
    return replace(record, result=public(record.result))


def _damaged(row: SessionRow, error: Exception) -> str:
    return N_("The saved session {id} is damaged ({why}); delete it, or restore a backup.").format(id=row.id, why=error)


def subject_points(connection: Connection, subject: str, damaged: list[str], *, test: str | None) -> SubjectPoints:
    """Every scored leg and every left-right difference of a subject in one test, oldest first.

    The same clips measured again in the same series (with other settings) are one session: the one saved last counts.
    """
    query = (
        sa.select(SideRow)
        .join(SideRow.session)
        .join(SessionRow.subject)
        .where(SubjectRow.name == subject, SideRow.score_deg.is_not(None))
        .order_by(SessionRow.tested_at, SessionRow.pk)
        .options(contains_eager(SideRow.session))
    )
    legs: dict[Side, list[Point]] = {side: [] for side in SIDES}
    differences: dict[str, Difference] = {}
    with Session(connection) as reading:
        found = reading.scalars(query).all()
        wanted = test or (found[-1].session.test if found else KICK_BACK.test)
        for leg in _last_of_same_clips([leg for leg in found if leg.session.test == wanted]):
            try:
                point, difference = _point(leg), _difference(leg.session)
            except (ValueError, TypeError) as e:
                damaged.append(_damaged(leg.session, e))
                continue
            legs[cast(Side, leg.side)].append(point)
            differences |= {leg.session.id: difference} if difference else {}
    return SubjectPoints(legs, tuple(differences.values()), wanted)


def _point(leg: SideRow) -> Point:
    score_deg = number_or_none(leg.score_deg)
    if leg.side not in SIDES or score_deg is None:
        raise ValueError(N_("there is no leg {side!r}").format(side=leg.side))
    row = leg.session
    known = _error_known(row)
    interval = _interval(leg.ci_low_deg, leg.ci_high_deg) if known else None
    se_deg = number_or_none(leg.se_deg) if known else None
    at = datetime.fromisoformat(row.tested_at)
    return Point(row.id, at, score_deg, interval, se_deg, _series(row), leg.status, known)


def _difference(row: SessionRow) -> Difference | None:
    difference_deg = number_or_none(row.difference_deg)
    if difference_deg is None:
        return None
    both = _interval(row.difference_low_deg, row.difference_high_deg) if _error_known(row) else None
    return Difference(row.id, datetime.fromisoformat(row.tested_at), difference_deg, both, _series(row))


def _error_known(row: SessionRow) -> bool:
    """Earlier versions gave the knee drive intervals that nobody had measured."""
    return row.test not in DESCRIPTIONS or DESCRIPTIONS[row.test].error_known


def _last_of_same_clips(legs: Sequence[SideRow]) -> list[SideRow]:
    def clips(row: SessionRow) -> tuple[str, str]:
        return row.inputs_key or row.id, _series(row)

    last: dict[tuple[str, str], int] = {}
    for row in (leg.session for leg in legs):
        last[clips(row)] = max(row.pk, last.get(clips(row), 0))
    return [leg for leg in legs if leg.session.pk == last[clips(leg.session)]]


def _series(row: SessionRow) -> str:
    """Only sessions with the same name here may be compared."""
    digests = ((digest or "")[:8] for digest in (row.model_sha256, row.coefficients_sha256))
    parts = (row.backend, row.model, *digests, row.angle_rule)
    return " / ".join(part for part in parts if part)


def number_or_none(value: Any) -> float | None:
    """A column's number; SQLite keeps whatever somebody wrote into it.

    Raises:
        ValueError: it is no angle.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 720:
        raise ValueError(N_("{value!r:.40} is no angle").format(value=value))
    return float(value)


def _interval(low: Any, high: Any) -> Interval | None:
    low_deg, high_deg = number_or_none(low), number_or_none(high)
    return None if low_deg is None or high_deg is None else (low_deg, high_deg)
