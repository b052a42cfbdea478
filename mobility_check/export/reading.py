"""Reading exported sessions back."""

from __future__ import annotations

import json
from pathlib import Path

from mobility_check.errors import InputError
from mobility_check.export.exchange import from_object
from mobility_check.files import read_file
from mobility_check.history.records import Record
from mobility_check.language import N_

MAX_BYTES = 300_000_000
"""Ten thousand sessions with their curves."""


def read_records(path: str | Path) -> list[Record]:
    """The sessions of a JSON file that ``export`` wrote.

    Raises:
        InputError: the file cannot be read, is another one, or was damaged; nothing of it is returned then.
    """
    try:
        text = read_file(path, noun=N_("file"), max_bytes=MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InputError("{path} is not a JSON export (it is not text), so nothing was imported.", path=path) from e
    if text.lstrip()[:1] not in ("[", "{"):
        raise InputError(
            "{path} is not a JSON export, so nothing was imported; tables are for people, and "
            "`mobility-check export --format json` writes what can be imported.",
            path=path,
        )
    return _read_json(text, path=path)


def _read_json(text: str, *, path: str | Path) -> list[Record]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InputError("{path} is damaged JSON ({why}), so nothing was imported.", path=path, why=e) from e
    if not isinstance(entries, list):
        raise InputError(
            "{path} was not written by `mobility-check export --format json`, so nothing was imported.", path=path
        )
    return [from_object(entry, where=f"entry {n}") for n, entry in enumerate(entries, start=1)]
