"""``mobility-check doctor``: what works on this computer and what to do about the rest."""

from __future__ import annotations

from contextlib import nullcontext

import typer

from mobility_check.cli import options
from mobility_check.cli.common import console, print_json
from mobility_check.language import gettext as _
from mobility_check.language import speaking

MARKS = {"ok": "[green]✓[/]", "note": "[yellow]![/]", "bad": "[red]✗[/]"}

WIDTH = 10


def doctor(as_json: options.Json = False, database: options.Database = None) -> None:
    """Check models, camera, sound, display, codecs, history and disk, and measure a bundled clip.

    Prints one sentence for each; nothing is changed. The exit code is 1 when measuring will not work.
    """
    from dataclasses import asdict

    from rich.markup import escape

    from mobility_check.doctor import examine

    with speaking("en") if as_json else nullcontext():
        findings = examine(database=database)
    if as_json:
        print_json([asdict(f) for f in findings])
    else:
        for f in findings:
            console().print(f"{MARKS[f.state]} {_(f.name):{WIDTH}s} {escape(f.sentence)}", soft_wrap=True)
    raise typer.Exit(1 if any(f.state == "bad" for f in findings) else 0)
