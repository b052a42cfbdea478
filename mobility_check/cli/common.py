"""What the commands share: consoles, JSON on stdout, errors as one sentence, and a quiet standard error stream."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from mobility_check.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table, only errors.")]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="NAME|PATH", help="full, heavy (default), lite, or the path of a bundle."),
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE.toml", help="Thresholds and settings; see docs/settings.md.")
]
SubjectOption = Annotated[
    str | None, typer.Option("--subject", "-s", metavar="ID", help="Save to the history under this pseudonymous id.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", envvar="MOBILITY_CHECK_DATABASE", help="Where the history is kept."),
]
PLAIN_LETTERS = {
    "°": " deg", "±": "+/-", "–": "-", "−": "-", "•": "*", "…": "...", "✓": "ok", "✗": "x", "×": "x", "→": "->",
}  # fmt: skip
NATIVE_LOG_VARIABLE = "MOBILITY_CHECK_NATIVE_LOG"


def out_console() -> Console:
    """Rich console on stdout, for results."""
    from rich.console import Console

    return Console(highlight=False)


def err_console() -> Console:
    """Rich console on stderr, for progress and messages."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(obj: Any) -> None:
    """Print one JSON value on stdout, in UTF-8 whatever the console's own encoding is."""
    text = json.dumps(obj, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.flush()
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.buffer.write(text.encode() + b"\n")
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(text + "\n")


def make_stdout_safe() -> None:
    """Let a console that has no ° or ✓ (a redirected Windows console, LANG=C) show them in plain letters."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("in-plain-letters", _in_plain_letters)
        sys.stdout.reconfigure(errors="in-plain-letters")


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN_LETTERS.get(c, "?") for c in error.object[error.start : error.end]), error.end


def leave_stdout() -> None:
    """Give up standard output: what is still in its buffer goes nowhere instead of failing again at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def settings_from(path: Path | None, **overrides: Any) -> Settings:
    """Settings of a command from its options."""
    from mobility_check.settings import load_settings

    return load_settings(path, **overrides)


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
    sys.stderr = os.fdopen(ours, "w", encoding=getattr(sys.stderr, "encoding", "utf-8"), errors="replace", buffering=1)
