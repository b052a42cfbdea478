"""Tables of people's spreadsheets: cells that no spreadsheet obeys, CSV as it comes back, and Parquet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from mobility_check.errors import InputError
from mobility_check.files import atomic_path, read_file
from mobility_check.text import well_formed

Cell: TypeAlias = "str | int | float | bool | None"
TEXT, NUMBER, COUNT, FLAG, TEXTS = "string", "double", "int64", "bool", "list"
"""Kinds of columns, by Arrow's names."""
PORTION = 500
"""Rows of a Parquet file that are written together."""

_FORMULA = re.compile(r"((?:^|[;,\t\r\n]) *'*)(?=[=+\-@＝＋－＠])|(^'*)(?=[\t\r\n])")
"""Where a program may begin a cell: also behind a separator, for it may split at another one than we write."""
_QUOTED = re.compile(r"((?:^|[;,\t\r\n]) *'*)'(?=[=+\-@＝＋－＠])|(^'*)'(?=[\t\r\n])")


def safe_cell(value: Cell) -> str:
    """The text of one table cell; what a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers stay numbers (a negative one is no formula), ``None`` is an empty cell, booleans are ``true`` and ``false``.
    Where apostrophes stand there already one is added, so that :func:`read_cell` undoes exactly this.

    >>> safe_cell("=cmd()"), safe_cell("a;=cmd()"), safe_cell(-1.5), safe_cell(None)
    ("'=cmd()", "a;'=cmd()", '-1.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _FORMULA.sub(lambda found: f"{found[0]}'", well_formed(value))
    return str(value)


def read_cell(text: str) -> str:
    """The text that :func:`safe_cell` was given.

    >>> read_cell("'=cmd()"), read_cell("'tis")
    ('=cmd()', "'tis")
    """
    return _QUOTED.sub(lambda found: found[1] or found[2] or "", text)


def read_rows(path: Path, *, noun: str, max_bytes: int) -> list[tuple[int, list[str]]]:
    """The rows of a CSV table as a spreadsheet of any country writes it, each with its line; empty rows are left out.

    Separated by commas, semicolons or tabs; UTF-8 (with or without a byte-order mark), UTF-16 or Windows-1252. A
    ``sep=`` line, ``="001"`` cells and what :func:`safe_cell` did are undone.

    Raises:
        InputError: the file cannot be read, or is no such table.
    """
    lines = _text(path, noun=noun, max_bytes=max_bytes).splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    named = first.lower().startswith("sep=")
    delimiter = first.rstrip("\r\n")[4:5] if named else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter or ",")
    try:
        rows = [(reader.line_num, [_read_cell(cell) for cell in cells]) for cells in reader]
    except csv.Error as e:
        raise InputError("'{path}' cannot be read as a table ({why}); save it again as CSV.", path=path, why=e) from e
    return [row for row in rows if any(row[1])][named:]


def _text(path: Path, *, noun: str, max_bytes: int) -> str:
    data = read_file(path, noun=noun, max_bytes=max_bytes)
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" not in text:
                return text
    raise InputError("'{path}' is not a text table; save it from the spreadsheet as CSV and give that file.", path=path)


def _read_cell(text: str) -> str:
    text = text.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:  # how spreadsheets keep leading zeros
        text = text[2:-1]
    return read_cell(text).strip()


@contextmanager
def parquet_rows(
    path: Path, columns: Mapping[str, str], *, content: str = ""
) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Gives a function that adds one row to a Parquet file; any number of rows needs little memory.

    Args:
        path: the file; it is there when the block ends well, whole.
        columns: their names and kinds; what a row has beside them is left out.
        content: what is noted in the file about it.

    Raises:
        OutputError: the file cannot be written. ImportError: PyArrow is not installed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = pa.list_(pa.string())
    types = [(name, texts if kind == TEXTS else pa.type_for_alias(kind)) for name, kind in columns.items()]
    schema = pa.schema(types, metadata={"content": content})
    waiting: list[Mapping[str, Any]] = []

    def flush() -> None:
        if waiting:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

    def add(row: Mapping[str, Any]) -> None:
        waiting.append(row)
        if len(waiting) >= PORTION:
            flush()

    with atomic_path(path) as tmp, pq.ParquetWriter(tmp, schema, compression="zstd") as writer:
        yield add
        flush()
