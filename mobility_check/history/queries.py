"""Reading the tables: lists, whole records and the points that progress is computed from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mobility_check.history.models import CurvesRow, GoalRow, SessionRow, SideRow, SubjectRow
from mobility_check.history.progress import Difference, Point, SubjectPoints
from mobility_check.history.records import LegSummary, Record, Summary
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.results.result import Interval

_CHUNK = 200


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
    query = (
        sa.select(
            SessionRow.pk, SessionRow.id, SubjectRow.name, SessionRow.tested_at, SessionRow.status, SessionRow.model,
            SessionRow.note, SessionRow.difference_deg,
        )
        .join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
        .order_by(SessionRow.tested_at.desc(), SessionRow.pk.desc())
        .limit(limit)
    )  # fmt: skip
    if subject is not None:
        query = query.where(SubjectRow.name == subject)
    rows = connection.execute(query).all()
    legs = _legs(connection, [row.pk for row in rows])
    return [
        Summary(r.id, r.name, r.tested_at, r.status, r.model, r.note, legs.get(r.pk, {}), r.difference_deg)
        for r in rows
    ]


def _legs(connection: Connection, keys: Sequence[int]) -> dict[int, dict[Side, LegSummary]]:
    legs: dict[int, dict[Side, LegSummary]] = {}
    for part in _chunks(keys):
        for row in connection.execute(sa.select(SideRow.__table__).where(SideRow.session_pk.in_(part))):
            interval = _interval(row.ci_low_deg, row.ci_high_deg)
            leg = LegSummary(row.status, row.score_deg, interval, row.valid_reps)
            legs.setdefault(row.session_pk, {})[cast(Side, row.side)] = leg
    return legs


def matching_ids(connection: Connection, text: str) -> list[str]:
    """Ids equal to ``text``, else up to two that begin with it."""
    exact = sa.select(SessionRow.id).where(SessionRow.id == text)
    if connection.scalar(exact):
        return [text]
    begins = sa.func.substr(SessionRow.id, 1, len(text)) == text
    return list(connection.scalars(sa.select(SessionRow.id).where(begins).order_by(SessionRow.id).limit(2)))


def records(connection: Connection, *, subject: str | None = None, session: str | None = None) -> Iterator[Record]:
    """Whole sessions, oldest test first within each subject, read in small portions."""
    keys = sa.select(SessionRow.pk).join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
    if subject is not None:
        keys = keys.where(SubjectRow.name == subject)
    if session is not None:
        keys = keys.where(SessionRow.id == session)
    ordered = keys.order_by(SubjectRow.name, SessionRow.tested_at, SessionRow.pk)
    for part in _chunks(connection.scalars(ordered).all()):
        rows = {row.pk: row for row in connection.execute(_whole().where(SessionRow.pk.in_(part)))}
        yield from (_record(rows[key]) for key in part)


def _whole() -> Any:
    return (
        sa.select(
            SessionRow.pk, SessionRow.id, SubjectRow.name, SessionRow.tested_at, SessionRow.saved_at, SessionRow.note,
            SessionRow.result_json, CurvesRow.curves_json, GoalRow.goal_deg,
        )
        .join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
        .outerjoin(CurvesRow, CurvesRow.session_pk == SessionRow.pk)
        .outerjoin(GoalRow, GoalRow.subject_pk == SubjectRow.pk)
    )  # fmt: skip


def _record(row: Any) -> Record:
    curves = json.loads(row.curves_json) if row.curves_json is not None else None
    result = json.loads(row.result_json)
    return Record(row.id, row.name, row.tested_at, row.saved_at, row.note, result, curves, row.goal_deg)


def subject_points(connection: Connection, subject: str) -> SubjectPoints:
    """Every scored leg and every left-right difference of a subject, oldest first.

    The same clips measured again in the same series (with other settings) are one session: the one saved last counts.
    """
    query = (
        sa.select(
            SessionRow.pk, SessionRow.id, SessionRow.inputs_key, SessionRow.tested_at, SessionRow.backend,
            SessionRow.model, SessionRow.model_sha256, SessionRow.angle_rule, SessionRow.difference_deg,
            SessionRow.difference_low_deg, SessionRow.difference_high_deg, SideRow.side, SideRow.status,
            SideRow.score_deg, SideRow.ci_low_deg, SideRow.ci_high_deg, SideRow.se_deg,
        )
        .join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
        .join(SideRow, SideRow.session_pk == SessionRow.pk)
        .where(SubjectRow.name == subject, SideRow.score_deg.is_not(None))
        .order_by(SessionRow.tested_at, SessionRow.pk)
    )  # fmt: skip
    legs: dict[Side, list[Point]] = {side: [] for side in SIDES}
    differences: dict[str, Difference] = {}
    for row in _last_of_same_clips(connection.execute(query).all()):
        at, series = datetime.fromisoformat(row.tested_at), _series(row)
        interval = _interval(row.ci_low_deg, row.ci_high_deg)
        legs[row.side].append(Point(row.id, at, row.score_deg, interval, row.se_deg, series, row.status))
        if row.difference_deg is not None:
            both = _interval(row.difference_low_deg, row.difference_high_deg)
            differences[row.id] = Difference(row.id, at, row.difference_deg, both, series)
    return SubjectPoints(legs, tuple(differences.values()))


def _last_of_same_clips(rows: Sequence[Any]) -> Iterator[Any]:
    def clips(row: Any) -> tuple[str, str]:
        return row.inputs_key or row.id, _series(row)

    last: dict[tuple[str, str], int] = {}
    for row in rows:
        last[clips(row)] = max(row.pk, last.get(clips(row), 0))
    return (row for row in rows if row.pk == last[clips(row)])


def _series(row: Any) -> str:
    """Only sessions with the same name here may be compared."""
    parts = (row.backend, row.model, (row.model_sha256 or "")[:8], row.angle_rule)
    return " / ".join(part for part in parts if part)


def _interval(low: float | None, high: float | None) -> Interval | None:
    return None if low is None or high is None else (low, high)


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
