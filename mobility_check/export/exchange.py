"""A session as one JSON object, whole: what goes from one history to another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mobility_check.errors import InputError, UsageError
from mobility_check.files import Kind
from mobility_check.history.records import MAX_GOAL_DEG, Record, check_record, clean_note, date_text
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import N_
from mobility_check.names import check_subject
from mobility_check.results.result import public

JSON = Kind(N_("sessions as JSON"), (".json",), b'"schema": "mobility-check/')
_ID = re.compile(r"[0-9a-z-]{1,80}")


def to_object(record: Record) -> dict[str, Any]:
    """The record as plain JSON."""
    return {
        "id": record.id,
        "subject": record.subject,
        "date": record.tested_at,
        "saved_at": record.saved_at,
        "note": record.note,
        "goal_deg": record.goal_deg,
        "pain": dict(record.pain),
        "result": record.result,
        "curves": record.curves,
    }


@dataclass(frozen=True, slots=True)
class _Entry:
    """What :func:`to_object` gives, as it comes back from a file that anybody may have changed."""

    subject: str
    date: str
    result: dict[str, Any]
    id: Any = None
    saved_at: str | None = None
    note: str | None = None
    goal_deg: Annotated[float, Meta(ge=0, le=MAX_GOAL_DEG)] | None = None
    curves: dict[str, Any] | None = None
    pain: dict[Side, bool] = field(default_factory=dict)


def from_object(obj: Any, *, where: str) -> Record:
    """The record back.

    Args:
        obj: what :func:`to_object` gave, read back from a file that anybody may have changed.
        where: names the place in messages, e.g. ``"entry 3"``.

    Raises:
        InputError: a part is missing, of the wrong type or out of range.
    """
    try:
        entry = msgspec.convert(obj, _Entry)
        tested_at = date_text(entry.date)
        record = Record(
            id=entry.id if isinstance(entry.id, str) and _ID.fullmatch(entry.id) else "",
            subject=check_subject(entry.subject),
            tested_at=tested_at,
            saved_at=date_text(entry.saved_at or tested_at),
            note=clean_note(entry.note),
            result=entry.result,
            curves=entry.curves,
            goal_deg=entry.goal_deg,
            pain=entry.pain,
        )
        check_record(record)
        return replace(record, result=public(record.result))
    except (ValueError, RecursionError, UsageError) as e:  # msgspec's errors are ValueErrors
        raise InputError(
            "In {where} something is not as it should be ({why}), so nothing was imported.", where=where, why=e
        ) from e


def json_text(records: Iterable[Record]) -> Iterator[str]:
    """A JSON list of sessions, piece by piece."""
    before = "[\n"
    for record in records:
        yield before + json.dumps(to_object(record), allow_nan=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"
