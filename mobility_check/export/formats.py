"""The formats of an export: which kind of file each is and how it is written; what a writer needs is loaded with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from mobility_check.files import Kind, atomic_path
from mobility_check.language import N_

if TYPE_CHECKING:
    from mobility_check.history.records import Record


class Format(StrEnum):
    """What saved sessions can be written as."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    XLSX = "xlsx"
    FHIR = "fhir"


BINARY = (Format.PARQUET, Format.XLSX)
KINDS = {
    Format.CSV: Kind(N_("a table"), (".csv",), b"subject,date,session,test,session_status"),
    Format.JSON: Kind(N_("sessions as JSON"), (".json",), b'"schema": "mobility-check/'),
    Format.PARQUET: Kind(N_("a table"), (".parquet",), b"mobility-check sessions"),
    Format.XLSX: Kind(N_("a workbook"), (".xlsx",), b"mobility-check sessions"),
    Format.FHIR: Kind(N_("a FHIR Bundle"), (".json",), b"urn:mobility-check:"),
}
"""For what a file may replace."""
ENDINGS = {".json": Format.JSON, ".parquet": Format.PARQUET, ".xlsx": Format.XLSX}
"""What a file's name says; else it is CSV."""


def write_records(records: Iterable[Record], path: Path, form: Format, *, loinc: str = "") -> None:
    """Write sessions to a file, whole or not at all; ``loinc`` as :func:`text_of` takes it.

    Raises:
        OutputError: it cannot be written.
        MissingExtraError: the format needs a part that is not installed.
    """
    from mobility_check.export import tidy, workbook

    if form in BINARY:
        (workbook.write_xlsx if form is Format.XLSX else tidy.write_parquet)(records, path)
        return
    with atomic_path(path) as tmp, tmp.open("wb") as file:
        file.writelines(piece.encode() for piece in text_of(records, form, loinc=loinc))


def text_of(records: Iterable[Record], form: Format, *, loinc: str = "") -> Iterator[str]:
    """Sessions as text, piece by piece; ``loinc`` is a code that FHIR adds to each observation."""
    from mobility_check.export import exchange, fhir, tidy

    if form is Format.FHIR:
        yield json.dumps(fhir.bundle(records, loinc=loinc), indent=2) + "\n"
    else:
        yield from exchange.json_text(records) if form is Format.JSON else tidy.csv_text(records)
