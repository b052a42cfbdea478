"""``mobility-check export`` and ``mobility-check import``: sessions as tables, JSON and FHIR, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobility_check.cli.common import DatabaseOption, OverwriteOption, say
from mobility_check.errors import StoreError, UsageError

if TYPE_CHECKING:
    from mobility_check.files import Kind
    from mobility_check.history.records import Record
    from mobility_check.history.store import HistoryStore


class Format(StrEnum):
    """What ``export`` writes."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    XLSX = "xlsx"
    FHIR = "fhir"


BINARY = {Format.PARQUET, Format.XLSX}
ENDINGS = {".json": Format.JSON, ".parquet": Format.PARQUET, ".xlsx": Format.XLSX}
"""What is meant without --format."""


def export(
    what: Annotated[
        str | None, typer.Argument(metavar="SUBJECT|SESSION", help="Whose sessions, or one session.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session of every subject.")] = False,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            metavar="csv|json|parquet|xlsx|fhir",
            help="csv, parquet: one row per kick; xlsx: a workbook; json: whole, for import; fhir: R4.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; without it, stdout.")
    ] = None,
    loinc: Annotated[
        str, typer.Option("--loinc", metavar="CODE", help="FHIR: a LOINC code to add to each observation.")
    ] = "",
    overwrite: OverwriteOption = False,
    database: DatabaseOption = None,
) -> None:
    """Write saved sessions for a spreadsheet, a statistics program or a clinic's records.

    Without --format the ending of FILE decides, else it is CSV.
    """
    if (what is None) != everything:
        raise UsageError("Name a subject or a session, or say --all.")
    form = form or ENDINGS.get(output.suffix.lower() if output else "", Format.CSV)
    if form in BINARY and output is None:
        raise UsageError(f"--format {form.value} is not text; name a file with -o FILE.{form.value}.")
    from mobility_check.files import Output, check_outputs
    from mobility_check.history.database import location
    from mobility_check.history.store import HistoryStore

    if output:
        check_outputs([Output(output, _kind(form), "--output")], inputs=[location(database)], overwrite=overwrite)
    with HistoryStore.open(database) as store:
        records = _wanted(store, what)
        if form in BINARY and output is not None:
            _write_binary(records, output, form)
        else:
            _write_text(_text(records, form, loinc=loinc), output)
        if store.damaged:
            raise StoreError(f"{' '.join(dict.fromkeys(store.damaged))} All other sessions were exported.")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file that `export --format json` wrote.")],
    database: DatabaseOption = None,
) -> None:
    """Read exported sessions back into the history; those that are there already are kept as they are."""
    from mobility_check.export.reading import read_records
    from mobility_check.history.store import HistoryStore

    records = read_records(file)
    with HistoryStore.open(database) as store:
        saved = store.save_records(records)
    new = sum(s.created for s in saved)
    say(f"Imported {new} sessions; {len(saved) - new} were there already.")


def _kind(form: Format) -> Kind:
    from mobility_check.export import exchange, fhir, tidy, workbook

    return {
        Format.CSV: tidy.CSV,
        Format.PARQUET: tidy.PARQUET,
        Format.XLSX: workbook.XLSX,
        Format.JSON: exchange.JSON,
        Format.FHIR: fhir.FHIR,
    }[form]


def _write_binary(records: Iterable[Record], output: Path, form: Format) -> None:
    from mobility_check.export.tidy import write_parquet
    from mobility_check.export.workbook import write_xlsx

    (write_xlsx if form is Format.XLSX else write_parquet)(records, output)


def _wanted(store: HistoryStore, what: str | None) -> Iterable[Record]:
    return store.records() if what is None else store.find(what)


def _text(records: Iterable[Record], form: Format, *, loinc: str) -> Iterator[str]:
    if form is Format.CSV:
        from mobility_check.export.tidy import csv_text

        yield from csv_text(records)
    elif form is Format.JSON:
        from mobility_check.export.exchange import json_text

        yield from json_text(records)
    else:
        import json

        from mobility_check.export.fhir import bundle

        yield json.dumps(bundle(records, loinc=loinc), indent=2) + "\n"


def _write_text(pieces: Iterable[str], output: Path | None) -> None:
    """UTF-8 whatever the console's encoding is; a file appears whole or not at all."""
    if output is None:
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.buffer.flush()
        return
    from mobility_check.files import atomic_path

    with atomic_path(output) as tmp, tmp.open("wb") as f:
        f.writelines(piece.encode() for piece in pieces)
