"""A session as one JSON object, whole: what goes from one history to another, and comes back."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgspec

from mobility_check.errors import InputError, UsageError
from mobility_check.files import read_file
from mobility_check.history.records import Record, checked, clean_note, date_text
from mobility_check.language import N_
from mobility_check.names import check_subject

MAX_BYTES = 300_000_000
"""Ten thousand sessions with their curves."""
_ID = re.compile(r"[0-9a-z-]{1,80}")


def to_object(record: Record) -> dict[str, Any]:
    """The record as plain JSON: its fields, of which ``tested_at`` is called ``date``."""
    named = {"tested_at": "date"}
    return {named.get(f.name, f.name): getattr(record, f.name) for f in fields(record)}


def json_text(records: Iterable[Record]) -> Iterator[str]:
    """A JSON list of sessions, piece by piece."""
    before = "[\n"
    for record in records:
        yield before + json.dumps(to_object(record), allow_nan=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def from_object(obj: Any, *, where: str) -> Record:
    """The record back.

    Args:
        obj: what :func:`to_object` gave, read back from a file that anybody may have changed.
        where: names the place in messages, e.g. ``"entry 3"``.

    Raises:
        InputError: a part is missing, of the wrong type or out of range.
    """
    try:
        given = {"saved_at": None, "note": None} | msgspec.convert(obj, dict[str, Any])
        given["id"] = found if isinstance(found := given.get("id"), str) and _ID.fullmatch(found) else ""
        given["tested_at"] = given.get("date")
        given["saved_at"] = given["saved_at"] or given["tested_at"]
        entry = msgspec.convert(given, Record)
        named = replace(entry, subject=check_subject(entry.subject), note=clean_note(entry.note))
        return checked(replace(named, tested_at=date_text(entry.tested_at), saved_at=date_text(entry.saved_at)))
    except (ValueError, RecursionError, UsageError) as e:  # msgspec's errors are ValueErrors
        raise InputError(
            "In {where} something is not as it should be ({why}), so nothing was imported.", where=where, why=e
        ) from e


def read_records(path: str | Path) -> list[Record]:
    """The sessions of a JSON file that ``export`` wrote.

    Raises:
        InputError: the file cannot be read, is another one, or was damaged; nothing of it is returned then.
    """
    data = read_file(path, noun=N_("file"), max_bytes=MAX_BYTES).removeprefix(codecs.BOM_UTF8)
    if not data.lstrip().startswith(b"["):
        raise InputError(
            "{path} is not a JSON export, so nothing was imported; tables are for people, and "
            "`mobility-check export --format json` writes what can be imported.",
            path=path,
        )
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise InputError("{path} is damaged JSON ({why}), so nothing was imported.", path=path, why=e) from e
    return [from_object(entry, where=f"entry {n}") for n, entry in enumerate(entries, start=1)]
