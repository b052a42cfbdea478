"""Reads a manifest: a ``.csv`` with a ``path`` column and, if wanted, ``subject``, ``date``, ``side`` and others.

Made for tables that come out of a spreadsheet: byte-order marks, semicolons or tabs, a ``sep=`` line, ``="001"`` cells,
empty rows and headings in capitals are all read.
"""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mobility_check.batch.pattern import read_date, read_side
from mobility_check.errors import InputError, UsageError
from mobility_check.files import read_file
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import N_
from mobility_check.names import check_subject
from mobility_check.tables import read_cell

_PATH_HEADINGS = ("path", "file", "filename")
_OWN = {"subject", "date", "side"}
_MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One row: a path or URL as written, what it says about the clip, and what is wrong with it (else empty)."""

    line: int
    path: str
    subject: str | None
    date: str | None
    side: Side | None
    extra: tuple[tuple[str, str], ...]
    problem: str = ""


def read_manifest(path: Path) -> list[ManifestRow]:
    """All rows of a manifest, in order; a row that cannot be used says so in ``problem``.

    Raises:
        InputError: the file cannot be opened or decoded.
        UsageError: it has no ``path`` column, or two columns of one name.
    """
    lines = _decode(path).splitlines(keepends=True)
    skipped = 1 if lines and lines[0].lower().startswith("sep=") else 0
    first = lines[0] if lines else ""
    delimiter = first.strip()[4:5] if skipped else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO("".join(lines[skipped:]), newline=""), delimiter=delimiter or ",")
    try:
        header = [_cell(name).lower() for name in next(reader, [])]
        path_column = _check_header(path, header)
        rows = ((reader.line_num + skipped, [_cell(c) for c in cells]) for cells in reader)
        return [_row(line, header, cells, path_column=path_column) for line, cells in rows if any(cells)]
    except csv.Error as e:
        raise InputError(
            "The manifest {path} cannot be read as a table ({why}); save it again as CSV.", path=path, why=e
        ) from e


def _decode(path: Path) -> str:
    data = read_file(path, noun=N_("manifest"), max_bytes=_MAX_BYTES)
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise InputError("The manifest {path} is not a text table; save it as CSV (UTF-8).", path=path)


def _cell(text: str) -> str:
    text = text.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:  # how spreadsheets keep leading zeros
        text = text[2:-1]
    return read_cell(text).strip()


def _check_header(path: Path, header: list[str]) -> str:
    if double := [h for h in header if h and header.count(h) > 1]:
        raise UsageError(
            "The manifest {path} has two columns named {double!r}; rename one.", path=path, double=double[0]
        )
    for name in _PATH_HEADINGS:
        if name in header:
            return name
    raise UsageError(
        "The manifest {path} has no column 'path'; its first line must be like path,subject,date,side.", path=path
    )


def _row(line: int, header: list[str], cells: list[str], *, path_column: str) -> ManifestRow:
    fields = {h: c for h, c in zip(header, cells, strict=False) if h}
    extra = tuple((h, c) for h, c in fields.items() if h != path_column and h not in _OWN)
    path, problem = fields.get(path_column, ""), ""
    subject = day = side = None
    try:
        if not path:
            raise ValueError(N_("it has no path"))
        if any(cells[len(header) :]):
            raise ValueError(N_("it has more cells than there are headings (a path with a comma needs quotes)"))
        subject = check_subject(fields["subject"]) if fields.get("subject") else None
        day = read_date(fields["date"]).isoformat() if fields.get("date") else None
        side = read_side(fields.get("side", ""))
    except (ValueError, UsageError) as e:
        problem = str(e).rstrip(".")
    return ManifestRow(line, path or f"{line}", subject, day, side, extra, problem)
