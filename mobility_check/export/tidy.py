"""One row per repetition, for spreadsheets and statistics: CSV and Parquet. A leg without any has one row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.errors import MissingExtraError
from mobility_check.export.formats import KINDS, Format
from mobility_check.history.records import Record
from mobility_check.language import N_
from mobility_check.results.description import Description
from mobility_check.results.result import Reason, Rep, Result, SideResult
from mobility_check.tables import COUNT, FLAG, NUMBER, TEXT, Cell, parquet_rows, safe_cell

_TEXTS = ("subject", "date", "session", "test", "session_status", "side", "side_status", "side_view")
_SIDE_NUMBERS = ("side_score_deg", "side_ci95_low_deg", "side_ci95_high_deg", "side_best_deg")
_MEASURED = tuple(dict.fromkeys(c.name for words in DESCRIPTIONS.values() for c in words.columns))
"""The numbers of a rep in all tests; those of another test stay empty."""
_REP_NUMBERS = ("start_s", "peak_s", "end_s", "value_deg", "ci95_low_deg", "ci95_high_deg", *_MEASURED)
COLUMNS = {
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys(_SIDE_NUMBERS, NUMBER),
    **dict.fromkeys(("rep", "clip"), COUNT),
    **dict.fromkeys(_REP_NUMBERS, NUMBER),
    "view": TEXT,
    "valid": FLAG,
    **dict.fromkeys(("reasons", "backend", "model", "angle_rule", "note"), TEXT),
    "side_pain": FLAG,
}
"""Their kinds, in order."""


def rows(record: Record) -> list[dict[str, Cell]]:
    """The rows of one session; every row has all :data:`COLUMNS`."""
    result = record.parsed
    words = DESCRIPTIONS[result.test]
    return [
        {**session_cells(record, result), "side": name, **side_cells(side), **kick, "side_pain": record.pain.get(name)}
        for name, side in result.sides.items()
        for kick in ([rep_cells(rep, n, words) for n, rep in enumerate(side.reps, start=1)] or [_no_rep_cells(side)])
    ]


def csv_text(records: Iterable[Record]) -> Iterator[str]:
    """A CSV table with a heading, piece by piece; cells are safe to open in a spreadsheet."""
    yield _line(COLUMNS)
    for record in records:
        yield from (_line(safe_cell(row[c]) for c in COLUMNS) for row in rows(record))


def write_parquet(records: Iterable[Record], path: Path) -> None:
    """Write the rows as a Parquet file; read in small portions.

    Raises:
        OutputError: the file cannot be written.
        MissingExtraError: PyArrow is not installed.
    """
    try:
        with parquet_rows(path, COLUMNS, content=KINDS[Format.PARQUET].comment) as add:
            for row in (row for record in records for row in rows(record)):
                add(row)
    except ImportError as e:
        hint = N_("Parquet needs one more package; install it with: pip install 'mobility-check[batch]'")
        raise MissingExtraError(hint) from e


def session_cells(record: Record, result: Result) -> dict[str, Cell]:
    """What all rows of a session share."""
    made = result.provenance
    return {
        "subject": record.subject,
        "date": record.tested_at,
        "session": record.id,
        "test": result.test,
        "session_status": result.status,
        "backend": made.backend,
        "model": made.model,
        "angle_rule": made.angle_rule,
        "note": record.note,
    }


def side_cells(side: SideResult) -> dict[str, Cell]:
    """What all rows of a leg share."""
    low, high = side.ci95_deg or (None, None)
    return {
        "side_status": side.status,
        "side_view": side.view,
        "side_score_deg": side.score_deg,
        "side_ci95_low_deg": low,
        "side_ci95_high_deg": high,
        "side_best_deg": side.best_deg,
    }


def rep_cells(rep: Rep, number: int, words: Description) -> dict[str, Cell]:
    """One rep; ``number`` counts from 1."""
    low, high = rep.ci95_deg or (None, None)
    return {
        "rep": number,
        "clip": rep.clip + 1,
        **{name: getattr(rep, name) for name in ("start_s", "peak_s", "end_s")},
        "value_deg": words.value_deg(rep),
        "ci95_low_deg": low,
        "ci95_high_deg": high,
        **{name: getattr(rep, name) for name in (*_MEASURED, "view", "valid")},
        "reasons": _codes(rep.reasons),
    }


def _no_rep_cells(side: SideResult) -> dict[str, Cell]:
    empty: dict[str, Cell] = dict.fromkeys(("rep", "clip", *_REP_NUMBERS, "view", "valid"))
    return {**empty, "reasons": _codes(side.reasons)}


def _codes(reasons: Iterable[Reason]) -> str:
    return ";".join(r.code for r in reasons)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
