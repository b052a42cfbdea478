"""Reading exported files back."""

from __future__ import annotations

import json
from pathlib import Path

from mobility_check.errors import InputError
from mobility_check.export.exchange import from_object
from mobility_check.export.tidy import read_csv
from mobility_check.history.records import Record


def read_records(path: str | Path) -> list[Record]:
    """The sessions of a JSON or CSV file that ``export`` wrote, told apart by content.

    Raises:
        InputError: the file cannot be read, is neither, or was damaged; nothing of it is returned then.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as e:
        raise InputError(f"{path} cannot be read ({e.strerror or e}); check its name and permissions.") from e
    except UnicodeDecodeError as e:
        raise InputError(f"{path} is not a JSON or CSV export (it is not text), so nothing was imported.") from e
    return _read_json(text, path=path) if text.lstrip()[:1] in ("[", "{") else read_csv(text)


def _read_json(text: str, *, path: str | Path) -> list[Record]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InputError(f"{path} is damaged JSON ({e}), so nothing was imported.") from e
    if not isinstance(entries, list):
        raise InputError(f"{path} was not written by `mobility-check export --format json`, so nothing was imported.")
    return [from_object(entry, where=f"entry {n}") for n, entry in enumerate(entries, start=1)]
