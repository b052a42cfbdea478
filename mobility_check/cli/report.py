"""``mobility-check report``: pages about saved sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mobility_check.cli import options
from mobility_check.cli.common import say
from mobility_check.errors import UsageError
from mobility_check.files import PAGE, PDF, Output, check_outputs
from mobility_check.names import safe_name

Assets = Literal["inline", "shared"]
"""Where style and script of a page are."""


def report(
    what: Annotated[
        list[str], typer.Argument(metavar="SESSION|SUBJECT", help="Whose page; a subject's newest session.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT.html", help="The page; a folder when there are several.")
    ],
    pdf: Annotated[
        Path | None, typer.Option(metavar="OUT.pdf", help="Also save a PDF (needs Chromium, Chrome or Edge).")
    ] = None,
    paper: Annotated[
        Literal["A4", "letter"], typer.Option(metavar="A4|letter", help="Size of the PDF's pages.")
    ] = "A4",
    assets: Annotated[
        Assets,
        typer.Option(metavar="inline|shared", help="inline: one file. shared: many pages use one folder beside them."),
    ] = "inline",
    pictures: options.Pictures = True,
    show_face: options.ShowFace = False,
    advice: options.Advice = None,
    clinic: options.Clinic = "",
    examiner: options.Examiner = "",
    video: Annotated[
        list[Path] | None, typer.Option(metavar="CLIP", help="Annotated clip to link, one per clip of the session.")
    ] = None,
    overwrite: options.Overwrite = False,
    database: options.Database = None,
) -> None:
    """Write a page about a saved session: the answer, pictures, curves, progress and what to do next."""
    from mobility_check.history.database import location
    from mobility_check.history.store import HistoryStore
    from mobility_check.pages import addresses, stored_data
    from mobility_check.report import write_report
    from mobility_check.report.advice import load_advice

    targets = _targets(what, output, one_only=bool(pdf or video))
    outputs = [Output(t, PAGE, "--output") for t in targets] + ([Output(pdf, PDF, "--pdf")] if pdf else [])
    check_outputs(outputs, inputs=[location(database), *(video or []), advice], overwrite=overwrite)
    content = load_advice(advice)
    with HistoryStore.open(database) as store:
        for name, target in zip(what, targets, strict=True):
            data = stored_data(
                store,
                store.find(name)[-1],
                pictures=pictures,
                show_face=show_face,
                clinic=clinic,
                examiner=examiner,
                videos=addresses(video or [], target),
            )
            write_report(data, target, assets=assets, advice=content)
            say(str(target))
    if pdf:
        from mobility_check.report.pdf import print_pdf

        print_pdf(targets[0], pdf, paper=paper)
        say(str(pdf))


def _targets(what: list[str], output: Path, *, one_only: bool) -> list[Path]:
    """One page per name: the file, or files named after the subjects in a folder."""
    if len(what) == 1 and not output.is_dir():
        return [output]
    if len(what) > 1 and one_only:
        raise UsageError("--pdf and --video are for one page; name one session or subject.")
    if not output.is_dir():
        raise UsageError("For several pages -o is a folder, and '{output}' is none; create it first.", output=output)
    return [output / f"{safe_name(name)}.html" for name in what]
