"""Saved sessions as an Excel workbook: a sheet for each table, units in the headings, real numbers and dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.errors import OutputError
from mobility_check.export import tidy
from mobility_check.export.formats import KINDS, Format
from mobility_check.files import atomic_path
from mobility_check.history.records import Record
from mobility_check.results.result import Reason
from mobility_check.tables import Cell
from mobility_check.text import well_formed

MAX_ROWS, MAX_TEXT = 1_048_576, 32_767
"""What a sheet and a cell of Excel hold."""
_UNITS = {"_deg_s": " (°/s)", "_deg": " (°)", "_s": " (s)"}
_WIDE = {"why": 60, "note": 40, "session": 20, "date": 17, "model": 22}


def write_xlsx(records: Iterable[Record], path: Path) -> None:
    """Write sheets of sessions, legs and repetitions.

    Rows go to disk as they come, so that any number of sessions needs little memory.

    Raises:
        OutputError: the file cannot be written, or a sheet cannot hold so many rows.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with atomic_path(path) as tmp:
        book = xlsxwriter.Workbook(str(tmp), {**options, "tmpdir": str(tmp.parent)})
        book.set_properties({"title": "Sessions of mobility-check", "comments": KINDS[Format.XLSX].comment})
        sheets = {name: _Sheet(book, name) for name in ("Sessions", "Legs", "Repetitions")}
        try:
            for record in records:
                for name, row in _rows(record):
                    sheets[name].add(row)
            for sheet in sheets.values():
                sheet.finish()
        finally:
            try:
                book.close()
            except FileCreateError as e:  # it wraps the disk's own error
                raise e.args[0] from e


def _rows(record: Record) -> Iterator[tuple[str, dict[str, Cell]]]:
    """Every row of a session with the sheet it belongs to; the order of its cells is that of the columns."""
    result = record.parsed
    whole = tidy.session_cells(record, result)
    known = {name: whole[name] for name in ("subject", "date", "session", "test")}
    low_deg, high_deg = result.asymmetry.ci95_deg or (None, None)
    session = {
        **known,
        "status": result.status,
        **{f"{side}_deg": leg.score_deg for side, leg in result.sides.items()},
        "left_minus_right_deg": result.asymmetry.difference_deg,
        "95_%_low_deg": low_deg,
        "95_%_high_deg": high_deg,
        "note": record.note,
        "why": _sentences(result.reasons),
        **{name: whole[name] for name in ("backend", "model", "angle_rule")},
    }
    yield "Sessions", session
    for side, leg in result.sides.items():
        counted = {"counted": sum(rep.valid for rep in leg.reps), "found": len(leg.reps)}
        remarks = {"pain": record.pain.get(side), "why": _sentences(leg.reasons)}
        yield "Legs", {**known, "leg": side, **tidy.side_cells(leg), **counted, **remarks}
        for number, rep in enumerate(leg.reps, 1):
            cells = tidy.rep_cells(rep, number, DESCRIPTIONS[result.test])
            yield "Repetitions", {**known, "leg": side, **cells, "reasons": _sentences(rep.reasons)}


def _sentences(reasons: Iterable[Reason]) -> str:
    return " ".join(reason.message for reason in reasons)


def heading(name: str) -> str:
    """``side_ci95_low_deg`` as it stands over a column: ``95 % low (°)``."""
    name = {"reasons": "why", "date": "tested", "valid": "counted"}.get(name, name)
    unit = next((ending for ending in _UNITS if name.endswith(ending)), "")
    words = name.removesuffix(unit).removeprefix("side_").replace("ci95", "95_%").replace("_", " ")
    return words[0].upper() + words[1:] + _UNITS.get(unit, "")


class _Sheet:
    """One table: a heading that stays in view, then rows in order."""

    def __init__(self, book: Any, name: str) -> None:
        self._sheet, self._rows, self._columns = book.add_worksheet(name), 0, 0
        self._heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._number = book.add_format({"num_format": "0.0"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        self._sheet.freeze_panes(1, 2)

    def add(self, row: dict[str, Cell]) -> None:
        """Write a row; the first one brings the headings."""
        if not self._rows:
            self._columns = len(row)
            for column, name in enumerate(row):
                self._sheet.set_column(column, column, _WIDE.get(name, 12))
                self._sheet.write_string(0, column, heading(name), self._heading)
        self._rows += 1
        if self._rows >= MAX_ROWS:
            raise OutputError("A sheet of Excel cannot hold so many rows; export them as CSV, or fewer people at once.")
        for column, (name, value) in enumerate(row.items()):
            if name == "date":
                form = self._moment if "T" in str(value) else self._day
                self._sheet.write_datetime(self._rows, column, datetime.fromisoformat(str(value)), form)
            elif isinstance(value, str):
                self._sheet.write_string(self._rows, column, well_formed(value)[:MAX_TEXT])
            else:
                self._sheet.write(self._rows, column, value, self._number if isinstance(value, float) else None)

    def finish(self) -> None:
        """Let every column be filtered."""
        if self._rows:
            self._sheet.autofilter(0, 0, self._rows, self._columns - 1)
