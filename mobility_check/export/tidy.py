"""One row per kick, for spreadsheets and statistics: CSV and Parquet.

A leg without kicks has one row with an empty ``rep``. In CSV the last column, ``record``, carries the whole session in
compressed form, cut over the session's rows, so that ``import`` gets everything back; it may be deleted when the table
is only looked at.
"""

from __future__ import annotations

import base64
import csv
import io
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mobility_check.errors import InputError
from mobility_check.export.exchange import from_object, to_object
from mobility_check.files import Kind, atomic_path
from mobility_check.history.records import Record
from mobility_check.results.result import Reason, Rep, Result, SideResult
from mobility_check.tables import Cell, read_cell, safe_cell

_TEXTS = ("subject", "date", "session", "test", "session_status", "side", "side_status", "side_view")
_SIDE_NUMBERS = ("side_score_deg", "side_ci95_low_deg", "side_ci95_high_deg", "side_best_deg")
_REP_NUMBERS = (
    "start_s", "peak_s", "end_s", "extension_deg", "ci95_low_deg", "ci95_high_deg", "thigh_deg", "trunk_lean_deg",
    "knee_flexion_deg", "support_knee_flexion_deg",
)  # fmt: skip
_TAIL = ("view", "valid", "reasons", "backend", "model", "angle_rule", "note")
COLUMNS = (*_TEXTS, *_SIDE_NUMBERS, "rep", "clip", *_REP_NUMBERS, *_TAIL)
RECORD = "record"
CSV = Kind("a table", (".csv",), ",".join(COLUMNS).encode())
PARQUET = Kind("a table", (".parquet",), b"mobility-check sessions")
_PORTION = 1000
_MAX_BYTES = 30_000_000
"""A session of an hour with its curves is below a tenth of it."""


def rows(record: Record) -> list[dict[str, Cell]]:
    """The rows of one session; every row has all :data:`COLUMNS`."""
    result = record.parsed
    return [
        {**_session_cells(record, result), "side": name, **_side_cells(side), **kick}
        for name, side in result.sides.items()
        for kick in ([_rep_cells(rep, n) for n, rep in enumerate(side.reps, start=1)] or [_no_rep_cells(side)])
    ]


def csv_text(records: Iterable[Record]) -> Iterator[str]:
    """A CSV table with a heading, piece by piece; cells are safe to open in a spreadsheet."""
    header = (*COLUMNS, RECORD)
    yield _line(header)
    for record in records:
        table = rows(record)
        for row, piece in zip(table, _pieces(record, count=len(table)), strict=True):
            yield _line([*(safe_cell(row[c]) for c in COLUMNS), piece])


def read_csv(text: str) -> list[Record]:
    """The sessions of a table that :func:`csv_text` wrote, in any order of rows.

    Raises:
        InputError: it is another table, or rows of a session are missing or were changed.
    """
    sessions: dict[str, list[dict[str, str]]] = {}
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        if not {*COLUMNS, RECORD} <= set(reader.fieldnames or ()):
            raise InputError("This table was not written by `mobility-check export`, so nothing was imported.")
        for row in reader:
            sessions.setdefault(row["session"], []).append(row)
    except csv.Error as e:
        raise InputError(f"The table is damaged ({e}), so nothing was imported.") from e
    return [_joined(session, found) for session, found in sessions.items()]


def write_parquet(records: Iterable[Record], path: Path) -> int:
    """Write the rows as a Parquet file and return how many there were; read in small portions.

    Raises:
        OutputError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, written = _arrow_schema(), 0
    with atomic_path(path) as tmp, pq.ParquetWriter(tmp, schema, compression="zstd") as writer:
        for part in _portions(records, size=_PORTION):
            table = [row for record in part for row in rows(record)]
            writer.write_table(pa.Table.from_pylist(table, schema=schema))
            written += len(table)
    return written


def _portions(records: Iterable[Record], *, size: int) -> Iterator[list[Record]]:
    source = iter(records)
    while part := list(itertools.islice(source, size)):
        yield part


def _arrow_schema() -> Any:
    import pyarrow as pa

    numbers, whole = {*_SIDE_NUMBERS, *_REP_NUMBERS}, {"rep", "clip"}
    kinds = {
        c: pa.float64() if c in numbers else pa.int32() if c in whole else pa.bool_() if c == "valid" else pa.string()
        for c in COLUMNS
    }
    return pa.schema(list(kinds.items()), metadata={"content": PARQUET.comment})


def _session_cells(record: Record, result: Result) -> dict[str, Cell]:
    made = result.provenance
    return {
        "subject": record.subject, "date": record.tested_at, "session": record.id, "test": result.test,
        "session_status": result.status, "backend": made.backend, "model": made.model, "angle_rule": made.angle_rule,
        "note": record.note,
    }  # fmt: skip


def _side_cells(side: SideResult) -> dict[str, Cell]:
    low, high = side.ci95_deg or (None, None)
    return {
        "side_status": side.status, "side_view": side.view, "side_score_deg": side.score_deg,
        "side_ci95_low_deg": low, "side_ci95_high_deg": high, "side_best_deg": side.best_deg,
    }  # fmt: skip


def _rep_cells(rep: Rep, number: int) -> dict[str, Cell]:
    low, high = rep.ci95_deg or (None, None)
    return {
        "rep": number, "clip": rep.clip + 1, "start_s": rep.start_s, "peak_s": rep.peak_s, "end_s": rep.end_s,
        "extension_deg": rep.extension_deg, "ci95_low_deg": low, "ci95_high_deg": high, "thigh_deg": rep.thigh_deg,
        "trunk_lean_deg": rep.trunk_lean_deg, "knee_flexion_deg": rep.knee_flexion_deg,
        "support_knee_flexion_deg": rep.support_knee_flexion_deg, "view": rep.view, "valid": rep.valid,
        "reasons": _codes(rep.reasons),
    }  # fmt: skip


def _no_rep_cells(side: SideResult) -> dict[str, Cell]:
    empty: dict[str, Cell] = dict.fromkeys(("rep", "clip", *_REP_NUMBERS, "view", "valid"))
    return {**empty, "reasons": _codes(side.reasons)}


def _codes(reasons: Iterable[Reason]) -> str:
    return ";".join(r.code for r in reasons)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _pieces(record: Record, *, count: int) -> list[str]:
    """The session, compressed to letters and digits, in ``count`` pieces that know their place: ``2/6:…``.

    Spreadsheets cut cells off at about 32,000 characters; spread over its rows, a session stays far below.
    """
    packed = base64.b64encode(zlib.compress(json.dumps(to_object(record), allow_nan=False).encode(), 9)).decode()
    step = -(-len(packed) // count)
    return [f"{n + 1}/{count}:{packed[n * step : (n + 1) * step]}" for n in range(count)]


def _joined(session: str, found: list[dict[str, str]]) -> Record:
    where = f"session {session!r} of the table"
    try:
        placed = dict(_place(row[RECORD]) for row in found)
        total = {count for _, count in placed}
        if total != {len(found)} or {n for n, _ in placed} != set(range(1, len(found) + 1)):
            raise ValueError("rows are missing or double")
        packed = "".join(placed[n, len(found)] for n in range(1, len(found) + 1))
        obj = json.loads(_unpacked(base64.b64decode(packed, validate=True)))
    except (ValueError, RecursionError, zlib.error) as e:
        raise InputError(f"In {where} the column 'record' is damaged ({e}), so nothing was imported.") from e
    record = from_object(obj, where=where)
    _check_unchanged(record, found, where=where)
    return record


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, _MAX_BYTES)
    if unpacker.unconsumed_tail:
        raise ValueError("it unpacks to more than a session can hold")
    return text


def _place(cell: str) -> tuple[tuple[int, int], str]:
    head, _, body = cell.partition(":")
    number, _, count = head.partition("/")
    return (int(number), int(count)), body


def _check_unchanged(record: Record, found: Iterable[Mapping[str, str]], *, where: str) -> None:
    """The visible cells must still say what the record says, so that an edit is not silently lost."""
    expected = {tuple(safe_cell(row[c]) for c in COLUMNS) for row in rows(record)}
    for row in found:
        if tuple(row[c] for c in COLUMNS) not in expected:
            who = read_cell(row["subject"])
            raise InputError(
                f"In {where} (subject {who!r}) a cell was changed after the export, so nothing was imported; import the"
                " table as it was exported, or a JSON export."
            )
