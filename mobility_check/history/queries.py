"""Reading the tables: lists, whole records and the points that progress is computed from."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mobility_check.assessments.descriptions import DESCRIPTIONS, KICK_BACK
from mobility_check.history.models import Base, CurvesRow, GoalRow, SessionRow, SideRow, SubjectRow
from mobility_check.history.progress import Difference, Point, SubjectPoints
from mobility_check.history.records import LegSummary, Record, Summary, check_record
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import N_, gettext
from mobility_check.results.result import Interval, public

FORGOTTEN = "forgotten-"
"""Takes the place of a subject's name while copies of the person's data are still out of reach."""
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
    listed = _columns(SessionRow, "pk", "id", "tested_at", "status", "model", "note", "difference_deg")
    query = (
        sa.select(*listed, SubjectRow.name)
        .join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
        .order_by(SessionRow.tested_at.desc(), SessionRow.pk.desc())
        .limit(limit)
    )
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
            try:
                interval, score_deg = _interval(row.ci_low_deg, row.ci_high_deg), number_or_none(row.score_deg)
            except ValueError:
                interval = score_deg = None
            leg = LegSummary(row.status, score_deg, interval, row.valid_reps)
            legs.setdefault(row.session_pk, {})[cast(Side, row.side)] = leg
    return legs


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
    keys = sa.select(SessionRow.pk).join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
    if subject is not None:
        keys = keys.where(SubjectRow.name == subject)
    if session is not None:
        keys = keys.where(SessionRow.id == session)
    ordered = keys.order_by(SubjectRow.name, SessionRow.tested_at, SessionRow.pk)
    for part in _chunks(connection.scalars(ordered).all()):
        rows = {row.pk: row for row in connection.execute(_whole().where(SessionRow.pk.in_(part)))}
        pains = _pains(connection, part)
        for row in (rows[key] for key in part):
            try:
                yield _record(row, pains.get(row.pk, {}))
            except (ValueError, TypeError, RecursionError) as e:
                damaged.append(_damaged(row, e))


def _whole() -> Any:
    kept = _columns(SessionRow, "pk", "id", "tested_at", "saved_at", "note", "result_json")
    return (
        sa.select(*kept, SubjectRow.name, CurvesRow.curves_json, GoalRow.goal_deg)
        .join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
        .outerjoin(CurvesRow, CurvesRow.session_pk == SessionRow.pk)
        .outerjoin(GoalRow, GoalRow.subject_pk == SubjectRow.pk)
    )


def _columns(table: type[Base], *names: str) -> list[sa.ColumnElement[Any]]:
    return [table.__table__.c[name] for name in names]


def _pains(connection: Connection, keys: Sequence[int]) -> dict[int, dict[Side, bool]]:
    query = sa.select(SideRow.session_pk, SideRow.side, SideRow.pain)
    found: dict[int, dict[Side, bool]] = {}
    for row in connection.execute(query.where(SideRow.session_pk.in_(keys), SideRow.pain.in_(("yes", "no")))):
        found.setdefault(row.session_pk, {})[cast(Side, row.side)] = row.pain == "yes"
    return found


def _record(row: Any, pain: Mapping[Side, bool]) -> Record:
    """One session, checked.

    Raises:
        ValueError: it is damaged.
    """
    result, curves = (json.loads(text or "null") for text in (row.result_json, row.curves_json))
    goal_deg, about = number_or_none(row.goal_deg), (row.id, row.name, row.tested_at, row.saved_at, row.note)
    record = Record(*about, result, curves, goal_deg, pain)
    check_record(record)
    return replace(record, result=public(record.result))


def _damaged(row: Any, error: Exception) -> str:
    return N_("The saved session {id} is damaged ({why}); delete it, or restore a backup.").format(id=row.id, why=error)


def subject_points(connection: Connection, subject: str, damaged: list[str], *, test: str | None) -> SubjectPoints:
    """Every scored leg and every left-right difference of a subject in one test, oldest first.

    The same clips measured again in the same series (with other settings) are one session: the one saved last counts.
    """
    made = ("test", "backend", "model", "model_sha256", "angle_rule", "coefficients_sha256")
    both = ("difference_deg", "difference_low_deg", "difference_high_deg")
    leg = _columns(SideRow, "side", "status", "score_deg", "ci_low_deg", "ci_high_deg", "se_deg")
    query = (
        sa.select(*_columns(SessionRow, "pk", "id", "inputs_key", "tested_at", *made, *both), *leg)
        .join(SubjectRow, SubjectRow.pk == SessionRow.subject_pk)
        .join(SideRow, SideRow.session_pk == SessionRow.pk)
        .where(SubjectRow.name == subject, SideRow.score_deg.is_not(None))
        .order_by(SessionRow.tested_at, SessionRow.pk)
    )
    rows = connection.execute(query).all()
    wanted = test or (rows[-1].test if rows else KICK_BACK.test)
    legs: dict[Side, list[Point]] = {side: [] for side in SIDES}
    differences: dict[str, Difference] = {}
    for row in _last_of_same_clips([row for row in rows if row.test == wanted]):
        try:
            point, difference = _point(row), _difference(row)
        except (ValueError, TypeError) as e:
            damaged.append(_damaged(row, e))
            continue
        legs[row.side].append(point)
        differences |= {row.id: difference} if difference else {}
    return SubjectPoints(legs, tuple(differences.values()), wanted)


def _point(row: Any) -> Point:
    score_deg = number_or_none(row.score_deg)
    if row.side not in SIDES or score_deg is None:
        raise ValueError(N_("there is no leg {side!r}").format(side=row.side))
    known = _error_known(row)
    interval = _interval(row.ci_low_deg, row.ci_high_deg) if known else None
    se_deg = number_or_none(row.se_deg) if known else None
    at = datetime.fromisoformat(row.tested_at)
    return Point(row.id, at, score_deg, interval, se_deg, _series(row), row.status, known)


def _difference(row: Any) -> Difference | None:
    difference_deg = number_or_none(row.difference_deg)
    if difference_deg is None:
        return None
    both = _interval(row.difference_low_deg, row.difference_high_deg) if _error_known(row) else None
    return Difference(row.id, datetime.fromisoformat(row.tested_at), difference_deg, both, _series(row))


def _error_known(row: Any) -> bool:
    """Earlier versions gave the knee drive intervals that nobody had measured."""
    return row.test not in DESCRIPTIONS or DESCRIPTIONS[row.test].error_known


def _last_of_same_clips(rows: Sequence[Any]) -> Iterator[Any]:
    def clips(row: Any) -> tuple[str, str]:
        return row.inputs_key or row.id, _series(row)

    last: dict[tuple[str, str], int] = {}
    for row in rows:
        last[clips(row)] = max(row.pk, last.get(clips(row), 0))
    return (row for row in rows if row.pk == last[clips(row)])


def _series(row: Any) -> str:
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


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
