"""The users' table of paired measurements: CSV as spreadsheets of any country write it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from mobility_check.errors import InputError
from mobility_check.language import N_
from mobility_check.names import SIDE_WORDS
from mobility_check.tables import read_rows
from mobility_check.validation.agreement import MIN_PAIRS, Measurements, Reading

NEEDED = ("subject", "side", "tool_deg", "reference_deg")
MAX_BYTES = 20_000_000
LARGEST_DEG = 120.0
"""No hip moves further: a larger number is a slip of the pen or a missing decimal sign."""
_NUMBER = re.compile(r"[+-]?\d*[.,]?\d+|[+-]?\d+[.,]?")


def read_table(path: str | Path) -> Measurements:
    """Read a table of pairs.

    Columns ``subject, side, tool_deg, reference_deg`` and, if wanted, ``rep`` and ``date``, in any order; others are
    ignored. Separated by commas, semicolons or tabs; decimals with point or comma; UTF-8 (with or without a byte order
    mark), UTF-16 or Windows-1252. A line in which a measurement is missing is left out and counted.

    Raises:
        InputError: not there, not such a table, a cell that is no number or no side, or fewer than three pairs.
    """
    name = Path(path).name
    lines = read_rows(Path(path), noun=N_("table"), max_bytes=MAX_BYTES)
    if not lines:
        raise InputError(
            "'{name}' is empty; its first line names the columns: {columns}.", name=name, columns=", ".join(NEEDED)
        )
    (_, first), *rows = lines
    columns = _columns(name, first)
    pairs: list[Reading] = []
    incomplete: list[int] = []
    for number, row in rows:
        pair = _pair(f"Line {number} of '{name}'", row, columns, width=len(first))
        pairs.append(pair) if pair else incomplete.append(number)
    if len(pairs) < MIN_PAIRS:
        raise InputError(
            "'{name}' holds {pairs} complete pair{what} of measurements; at least {least} are needed, "
            "and 10 people or more for limits that mean something.",
            name=name,
            pairs=len(pairs),
            what="" if len(pairs) == 1 else "s",
            least=MIN_PAIRS,
        )
    return Measurements(tuple(pairs), tuple(incomplete))


def _columns(name: str, header: list[str]) -> dict[str, int]:
    found = {re.sub(r"[\s-]+", "_", cell.lower()): i for i, cell in enumerate(header)}
    missing = [column for column in NEEDED if column not in found]
    if missing:
        raise InputError(
            "'{name}' lacks {missing}; its first line must name the columns {columns} (and may name rep and date).",
            name=name,
            missing=", ".join(missing),
            columns=", ".join(NEEDED),
        )
    return found


def _pair(where: str, row: list[str], columns: Mapping[str, int], *, width: int) -> Reading | None:
    if any(row[width:]):
        raise InputError(
            "{where} has more cells than the first line; with decimal commas separate the columns by semicolons.",
            where=where,
        )

    def cell(column: str) -> str:
        i = columns.get(column, len(row))
        return row[i] if i < len(row) else ""

    tool, reference = _degrees(where, cell("tool_deg")), _degrees(where, cell("reference_deg"))
    if tool is None or reference is None:
        return None
    side, subject = SIDE_WORDS.get(cell("side").lower()), cell("subject")
    if side is None:
        raise InputError("{where}: the side is '{value}'; write left or right.", where=where, value=cell("side"))
    if not subject:
        raise InputError("{where} names no subject; write a code for the person, not the name.", where=where)
    return Reading(subject, side, tool, reference, date=cell("date"), rep=cell("rep"))


def _degrees(where: str, text: str) -> float | None:
    text = text.removesuffix("°").strip().replace("\N{MINUS SIGN}", "-")
    if text.lower() in ("", "na", "n/a", "nan", "-"):
        return None
    if not _NUMBER.fullmatch(text):
        raise InputError(
            "{where}: '{text}' is not a number of degrees; correct it or leave the cell empty.", where=where, text=text
        )
    value = float(text.replace(",", "."))
    if not math.isfinite(value) or abs(value) > LARGEST_DEG:
        raise InputError(
            "{where}: {text}° is more than a hip can move; correct it or leave the cell empty.", where=where, text=text
        )
    return value
