"""Plain text on stdout that no console can choke on, and the question before something is deleted."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from mobility_check.errors import EXIT_INTERRUPTED, UsageError


def can_print(text: str) -> bool:
    """Whether stdout's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def print_text(text: str, *, end: str = "\n") -> None:
    """Print on stdout; what its encoding does not have is written out (°) or becomes a question mark."""
    encoding = sys.stdout.encoding or "ascii"
    if not can_print("°…"):
        text = text.replace("°", " deg").replace("…", "...")
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + end)


def print_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print columns aligned to the left, two spaces apart."""
    table = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print_text("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def confirm(question: str, *, yes: bool) -> None:
    """Ask on the terminal; go on only after yes.

    Raises:
        UsageError: nobody can be asked and ``yes`` was not given.
        typer.Exit: the answer was no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("This deletes data and nobody can be asked here; add --yes to go on.")
    if not typer.confirm(question, err=True):
        raise typer.Exit(EXIT_INTERRUPTED)
