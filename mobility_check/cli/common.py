"""What the commands share: consoles, JSON on stdout, errors as one sentence, and a quiet standard error stream."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mobility_check.errors import EXIT_INTERRUPTED, UsageError
from mobility_check.text import json_escaped, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console

    from mobility_check.results.result import Result


PLAIN_LETTERS = {
    "°": " deg",
    "±": "+/-",
    "–": "-",
    "−": "-",
    "•": "*",
    "…": "...",
    "✓": "ok",
    "✗": "x",
    "×": "x",
    "→": "->",
}
PIPE_WIDTH = 1000
"""What is written to a file or a pipe is not broken into lines."""
NATIVE_LOG_VARIABLE = "MOBILITY_CHECK_NATIVE_LOG"


def console(*, stderr: bool = False) -> Console:
    """Rich console: standard output for results, standard error for progress and messages.

    What it is given as text is one line that no terminal obeys.
    """
    from rich.console import Console

    class Printable(Console):
        """Escapes what is in names, notes and messages, in lines and in the cells of tables alike."""

        def render_str(self, text: str, **options: Any) -> Any:
            return super().render_str(printable(text), **options)

    stream = sys.stderr if stderr else sys.stdout
    return Printable(stderr=stderr, highlight=False, width=None if stream.isatty() else PIPE_WIDTH)


def say(*lines: str, err: bool = False) -> None:
    """Print each text as one line, on standard output or (messages) on standard error."""
    out = console(stderr=err)
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)


def print_table(rows: Iterable[Iterable[str]], *, least: int = 0) -> None:
    """Print a heading and rows in columns aligned to the left, two spaces apart, each at least so wide."""
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(least, *map(len, column)) for column in zip(*table, strict=True)]
    say(*("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table))


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
    if not typer.confirm(printable(question), err=True):
        raise typer.Exit(EXIT_INTERRUPTED)


@contextmanager
def progress_bar(what: str, *, quiet: bool = False) -> Iterator[Callable[[float], None] | None]:
    """A bar with the time left on stderr, when that is a terminal."""
    err = console(stderr=True)
    if quiet or not err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    percent = TextColumn("{task.percentage:>3.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), percent, TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def print_json(obj: Any) -> None:
    """Print one JSON value on standard output."""
    print_pieces([json_escaped(json.dumps(obj, ensure_ascii=False, indent=2, allow_nan=False)), "\n"])


def print_pieces(pieces: Iterable[str]) -> None:
    """Write what programs read on standard output, in UTF-8 whatever the console's own encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(piece.encode() for piece in pieces)
    sys.stdout.buffer.flush()


def print_answer(result: Result, *, as_json: bool) -> None:
    """Print a session's result as JSON or as tables."""
    if as_json:
        print_json(result.to_dict())
        return
    from mobility_check.cli.table import print_result

    print_result(result, console())


def make_output_safe() -> None:
    """Let a console that has no ° or ✓ (a redirected Windows console, LANG=C) show them in plain letters."""
    codecs.register_error("in-plain-letters", _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="in-plain-letters")


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN_LETTERS.get(c, "?") for c in error.object[error.start : error.end]), error.end


def quiet_native_log() -> None:
    """Keep the pose and video libraries' own log lines off the user's screen.

    They write to file descriptor 2 behind Python's back, with no switch to stop them. Python's ``sys.stderr`` moves to
    a copy of the old descriptor; the old one leads nowhere. Set MOBILITY_CHECK_NATIVE_LOG to see those lines.
    """
    if os.environ.get(NATIVE_LOG_VARIABLE):
        return
    try:
        ours = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
    except OSError:  # no standard error at all (a service without a console): nothing to keep quiet
        return
    sys.stderr = os.fdopen(
        ours,
        "w",
        encoding=getattr(sys.stderr, "encoding", "utf-8"),
        errors=getattr(sys.stderr, "errors", "replace"),
        buffering=1,
    )
