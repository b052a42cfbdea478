"""Writes ``docs/cli.md`` from the help texts: ``python docs/make_cli.py``. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command
from typer.testing import CliRunner

from mobility_check.cli import build
from mobility_check.cli.commands import top_help

PAGE = Path(__file__).parent / "cli.md"
PROGRAM = "mobility-check"
COLUMNS = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
TOP = """# All commands

What `--help` prints, command by command (this page is made by `docs/make_cli.py`).
<!-- typer {version} -->

A command prints its result on standard output, and progress and messages on standard error. Exit codes:

| code | meaning |
|---|---|
| 0 | done; for a measurement: scored, or limited with its reasons |
| 2 | the call or a setting is wrong |
| 3 | a file cannot be read or written |
| 4 | the pose model is missing or damaged |
| 5 | the history cannot be opened, or refuses |
| 6 | a batch ran to its end and some clips failed |
| 10 | nothing could be scored; the reasons say why |
| 130 | interrupted; what was finished is kept |

`doctor` ends with 1 when measuring will not work on this computer.

## Completion

`mobility-check --install-completion` sets up completion of commands and options for the shell that it is called from
(bash, zsh, fish, PowerShell); open a new shell afterwards. `mobility-check --show-completion` prints the lines instead.
For everybody on a server, as root:

```bash
_MOBILITY_CHECK_COMPLETE=source_bash mobility-check > /etc/bash_completion.d/mobility-check
```
"""


def page() -> str:
    """The whole page."""
    sections = [TOP.replace("{version}", typer.__version__), _section(PROGRAM, top_help())]
    application = build()
    for words in _commands(get_command(application), []):
        done = CliRunner().invoke(application, [*words, "--help"], prog_name=PROGRAM, env=COLUMNS)
        sections.append(_section(" ".join((PROGRAM, *words)), done.output))
    return "\n".join(sections)


def _commands(command: Any, words: list[str]) -> Iterator[list[str]]:
    """The words of every command and of every command below it, in their order."""
    for name, inner in getattr(command, "commands", {}).items():
        yield [*words, name]
        yield from _commands(inner, [*words, name])


def _section(title: str, text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return f"## {title}\n\n```text\n{lines}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
