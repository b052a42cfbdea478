"""``mobility-check doctor``: what works on this computer and what to do about the rest."""

from __future__ import annotations

import typer

from mobility_check.cli.common import DatabaseOption, JsonOption, out_console, print_json

MARKS = {"ok": "[green]✓[/]", "note": "[yellow]![/]", "bad": "[red]✗[/]"}


def doctor(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Check models, camera, sound, display, codecs, history and disk, and measure a bundled clip.

    Prints one sentence for each; nothing is changed. The exit code is 1 when measuring will not work.
    """
    from dataclasses import asdict

    from rich.markup import escape

    from mobility_check.doctor import examine

    findings = examine(database=database)
    if as_json:
        print_json([asdict(f) for f in findings])
    else:
        for f in findings:
            out_console().print(f"{MARKS[f.state]} {f.name:10s} {escape(f.sentence)}", soft_wrap=True)
    raise typer.Exit(1 if any(f.state == "bad" for f in findings) else 0)
