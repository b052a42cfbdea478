"""Putting sessions into the tables, inside a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute

from mobility_check.history.models import Base, CurvesRow, GoalRow, SessionRow, SideRow, SubjectRow
from mobility_check.history.queries import subject_key
from mobility_check.history.records import Record, SavedSession, compact_json, content_key, inputs_key, made_with
from mobility_check.kinematics.landmarks import Side
from mobility_check.results.result import Result

PAIN: Mapping[bool | None, str | None] = {True: "yes", False: "no", None: None}
"""How the column ``pain`` is written."""


def insert_record(connection: Connection, record: Record) -> SavedSession:
    """Save a record, or find the session that is already there with the same content.

    Raises:
        ValueError: its result is not a result object of a test that is known here.
    """
    result = record.parsed
    key = content_key(record.result, subject=record.subject, tested_at=record.tested_at)
    subject_pk = subject_key(connection, record.subject)
    if subject_pk is None:
        subject_pk = _insert(connection, SubjectRow, name=record.subject)
    if record.goal_deg is not None and not _there(connection, GoalRow.subject_pk, subject_pk):
        set_goal(connection, subject_pk, record.goal_deg)  # somebody else's file does not move a goal that is set here
    same = sa.select(SessionRow.id, SessionRow.tested_at).where(SessionRow.content_key == key)
    if found := connection.execute(same).one_or_none():
        return SavedSession(found.id, False, found.tested_at)
    free = next(name for name in _candidate_ids(record, key) if not _there(connection, SessionRow.id, name))
    values = _session_values(record, result) | {"id": free, "content_key": key, "subject_pk": subject_pk}
    session_pk = _insert(connection, SessionRow, **values)
    connection.execute(sa.insert(SideRow), [{"session_pk": session_pk, **row} for row in _side_values(result)])
    set_pain(connection, session_pk, record.pain)
    if record.curves is not None:
        _insert(connection, CurvesRow, session_pk=session_pk, curves_json=compact_json(record.curves))
    return SavedSession(free, True, record.tested_at)


def set_pain(connection: Connection, session_pk: int, pain: Mapping[Side, bool | None]) -> None:
    """Change what is kept about pain in a session's legs; ``None`` is not asked."""
    for side, hurt in pain.items():
        leg = sa.update(SideRow).where(SideRow.session_pk == session_pk, SideRow.side == side)
        connection.execute(leg.values(pain=PAIN[hurt]))


def set_goal(connection: Connection, subject_pk: int, goal_deg: float | None) -> None:
    """Set the goal of a subject; ``None`` removes it."""
    connection.execute(sa.delete(GoalRow).where(GoalRow.subject_pk == subject_pk))
    if goal_deg is not None:
        _insert(connection, GoalRow, subject_pk=subject_pk, goal_deg=goal_deg)


def _insert(connection: Connection, table: type[Base], **values: Any) -> int:
    """Add a row; its key."""
    key: Any = connection.execute(sa.insert(table).values(values)).inserted_primary_key
    return int(key[0])


def _there(connection: Connection, column: InstrumentedAttribute[Any], value: object) -> bool:
    return connection.scalar(sa.select(column).where(column == value)) is not None


def _candidate_ids(record: Record, key: str) -> Iterator[str]:
    """The record's own id if it has one, then the date with six and more digits of the key until one is free."""
    if record.id:
        yield record.id
    for digits in range(6, len(key) + 1, 2):
        yield f"{record.tested_at[:10]}-{key[:digits]}"


def _session_values(record: Record, result: Result) -> dict[str, Any]:
    made, low_high = result.provenance, result.asymmetry.ci95_deg or (None, None)
    return {
        "tested_at": record.tested_at,
        "saved_at": record.saved_at,
        "test": result.test,
        "status": result.status,
        "backend": made.backend,
        "model": made.model,
        "model_sha256": made.model_sha256,
        "angle_rule": made.angle_rule,
        "difference_deg": result.asymmetry.difference_deg,
        "difference_low_deg": low_high[0],
        "difference_high_deg": low_high[1],
        "note": record.note,
        "result_json": compact_json(record.result),
        "inputs_key": inputs_key(record.result),
        "coefficients_sha256": made_with(record.result),
    }


def _side_values(result: Result) -> Iterator[Mapping[str, Any]]:
    for name, side in result.sides.items():
        low, high = side.ci95_deg or (None, None)
        yield {
            "side": name,
            "status": side.status,
            "view": side.view,
            "score_deg": side.score_deg,
            "ci_low_deg": low,
            "ci_high_deg": high,
            "se_deg": side.se_deg,
            "best_deg": side.best_deg,
            "valid_reps": sum(r.valid for r in side.reps),
        }
