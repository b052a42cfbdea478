"""``mobility-check export`` and ``mobility-check import``: sessions as tables, JSON and FHIR, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mobility_check.cli import options
from mobility_check.cli.common import print_pieces, say
from mobility_check.errors import StoreError, UsageError
from mobility_check.export.formats import BINARY, ENDINGS, KINDS, Format, text_of, write_records
from mobility_check.files import Output, check_outputs
from mobility_check.language import N_
from mobility_check.language import gettext as _


def export(
    what: Annotated[
        str | None, typer.Argument(metavar="SUBJECT|SESSION", help="Whose sessions, or one session.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session of every subject.")] = False,
    track: Annotated[
        Path | None,
        typer.Option(metavar="IN.npz", help="Instead: saved landmarks, as a TRC file of markers for OpenSim."),
    ] = None,
    height: Annotated[
        float | None,
        typer.Option(min=80, max=250, metavar="CM", help="With --track: the person's height, for millimetres."),
    ] = None,
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
    overwrite: options.Overwrite = False,
    database: options.Database = None,
) -> None:
    """Write saved sessions for a spreadsheet, a statistics program or a clinic's records.

    Without --format the ending of FILE decides, else it is CSV.
    """
    if (what is not None) + everything + (track is not None) != 1:
        raise UsageError("Name a subject or a session, or say --all, or --track for saved landmarks.")
    if track is not None:
        _export_track(track, output, height, overwrite=overwrite)
        return
    if height is not None:
        raise UsageError("--height is for --track; the numbers of a session need none.")
    form = form or ENDINGS.get(output.suffix.lower() if output else "", Format.CSV)
    if form in BINARY and output is None:
        raise UsageError("--format {value} is not text; name a file with -o FILE.{value}.", value=form.value)
    from mobility_check.history.database import location
    from mobility_check.history.store import HistoryStore

    if output:
        check_outputs([Output(output, KINDS[form], "--output")], inputs=[location(database)], overwrite=overwrite)
    with HistoryStore.open(database) as store:
        records = store.records() if what is None else store.find(what)
        if output is not None:
            write_records(records, output, form, loinc=loinc)
        else:
            print_pieces(text_of(records, form, loinc=loinc))
        if store.damaged:
            raise StoreError(
                "{damaged} All other sessions were exported.", damaged=" ".join(dict.fromkeys(store.damaged))
            )


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file that `export --format json` wrote.")],
    database: options.Database = None,
) -> None:
    """Read exported sessions back into the history; those that are there already are kept as they are."""
    from mobility_check.export.exchange import read_records
    from mobility_check.history.store import HistoryStore

    records = read_records(file)
    with HistoryStore.open(database) as store:
        saved = store.save_records(records)
    new = sum(s.created for s in saved)
    say(_("Imported {new} sessions; {old} were there already.", new=new, old=len(saved) - new))


def _export_track(track: Path, output: Path | None, height_cm: float | None, *, overwrite: bool) -> None:
    from mobility_check.export.markers import TRC, write_trc
    from mobility_check.pose.store import load_track

    if output is None:
        raise UsageError("Name a file for the markers with -o FILE.trc.")
    check_outputs([Output(output, TRC, "--output")], inputs=[track], overwrite=overwrite)
    rate_hz = write_trc(load_track(track), output, height_m=None if height_cm is None else height_cm / 100)
    told = N_("Wrote the landmarks to {path}: {rate:g} frames a second, millimetres.")
    if height_cm is None:
        told = N_(
            "Wrote the landmarks to {path}: {rate:g} frames a second, 1 unit is 1 pixel; for millimetres add --height."
        )
    say(_(told, path=output, rate=rate_hz), err=True)
