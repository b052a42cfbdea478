"""A session as one JSON object, whole: what JSON files hold and what CSV tables carry along."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mobility_check.errors import InputError, UsageError
from mobility_check.files import Kind
from mobility_check.history.records import Record, compact_json, date_text
from mobility_check.names import check_subject
from mobility_check.results.result import Result

JSON = Kind("sessions as JSON", (".json",), b'"schema": "mobility-check/')
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
        "result": record.result,
        "curves": record.curves,
    }


def from_object(obj: Any, *, where: str) -> Record:
    """The record back.

    Args:
        obj: what :func:`to_object` gave, read back from a file that anybody may have changed.
        where: names the place in messages, e.g. ``"entry 3"``.

    Raises:
        InputError: a part is missing or of the wrong kind.
    """
    try:
        if not isinstance(obj, Mapping):
            raise ValueError("it is not an object")
        tested_at, result = date_text(_required_text(obj["date"], "date")), obj["result"]
        _check_numbers(Result.from_dict(result))
        compact_json([result, obj.get("curves")])  # refuses NaN and infinity, which JSON does not have
        return Record(
            id=_known_id(obj.get("id")),
            subject=check_subject(_required_text(obj["subject"], "subject")),
            tested_at=tested_at,
            saved_at=date_text(_text(obj.get("saved_at"), "saved_at") or tested_at),
            note=_text(obj.get("note"), "note"),
            result=result,
            curves=_mapping(obj.get("curves")),
            goal_deg=_number(obj.get("goal_deg"), "goal_deg"),
        )
    except KeyError as e:
        raise InputError(f"In {where} the part {e} is missing, so nothing was imported.") from e
    except (ValueError, TypeError, AttributeError, UsageError) as e:
        raise InputError(f"In {where} something is not as it should be ({e}), so nothing was imported.") from e


def json_text(records: Iterable[Record]) -> Iterator[str]:
    """A JSON list of sessions, piece by piece."""
    before = "[\n"
    for record in records:
        yield before + json.dumps(to_object(record), allow_nan=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _known_id(value: Any) -> str:
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _text(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"{name} is not a text")


def _required_text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} is not a text")


def _mapping(value: Any) -> Mapping[str, Any] | None:
    if value is None or isinstance(value, Mapping):
        return value
    raise ValueError("curves is not an object")


def _number(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return value


def _check_numbers(result: Result) -> None:
    """What the tables hold as numbers must be numbers."""
    for side in result.sides.values():
        for value in (side.score_deg, side.best_deg, side.se_deg, *(side.ci95_deg or ())):
            _number(value, "a score")
        for rep in side.reps:
            if rep.peak_s is None:
                raise ValueError("a kick has no time")
            for value in (rep.peak_s, rep.extension_deg, rep.trunk_lean_deg, rep.knee_flexion_deg):
                _number(value, "a kick's angle")
    for value in (result.asymmetry.difference_deg, *(result.asymmetry.ci95_deg or ())):
        _number(value, "the difference")
