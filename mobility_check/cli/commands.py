"""The table of commands: what each is called, where it lives, and what it does in one line.

``--help`` and ``--version`` are answered from this table alone, so that they appear at once; a command's module is
imported when that command is called.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

DESCRIPTION = "Measures hip extension in the standing kick-back test, left against right, with its uncertainty."
EXAMPLE = "Example: mobility-check analyze samples/kickback-2026-08-03.mp4"


@dataclass(frozen=True, slots=True)
class Command:
    """A command: ``where`` is ``module:name`` of a function or of a group of commands."""

    name: str
    where: str
    summary: str
    example: str = ""

    def load(self) -> Any:
        """The function or group; imports its module."""
        module, _, name = self.where.partition(":")
        return getattr(importlib.import_module(f"mobility_check.cli.{module}"), name)


COMMANDS = (
    Command(
        "analyze",
        "analyze:analyze",
        "Measure the kick-back in recorded clips.",
        "mobility-check analyze left.mp4 right.mp4 --annotate seen.mp4",
    ),
    Command(
        "live",
        "live:live",
        "Do the test at the webcam, led by voice and big signs.",
        "mobility-check live --subject P-17 --lang de",
    ),
    Command(
        "app",
        "app:app",
        "Open the app in the browser; the command alone does the same.",
        "mobility-check app --no-browser --port 8765",
    ),
    Command(
        "batch",
        "batch:batch",
        "Measure whole folders of clips into one table.",
        'mobility-check batch footage/ -o results --pattern "{subject}_{date:%Y%m%d}_{view}"',
    ),
    Command("history", "history:app", "List, show and delete saved sessions; follow a person's progress."),
    Command(
        "report",
        "report:report",
        "Make a page of a saved session or person.",
        "mobility-check report P-17 -o p17.html --pdf p17.pdf",
    ),
    Command(
        "export",
        "export:export",
        "Write saved sessions as CSV, JSON, Parquet, Excel or FHIR.",
        "mobility-check export P-17 --format csv -o p17.csv",
    ),
    Command(
        "import", "export:import_", "Read exported sessions back into the history.", "mobility-check import p17.json"
    ),
    Command(
        "validate",
        "validate:validate",
        "Compare the tool with an inclinometer from your own table.",
        "mobility-check validate inclinometer.csv --plot agreement.png",
    ),
    Command(
        "doctor",
        "doctor:doctor",
        "Check what works on this computer, and what to do about the rest.",
        "mobility-check doctor --json > for-support.json",
    ),
    Command("models", "models:app", "List the pose models, or fetch one that is not bundled."),
    Command(
        "schema",
        "analyze:schema",
        "Print the JSON Schema of the result object.",
        "mobility-check schema > result.schema.json",
    ),
)


def top_help() -> str:
    """What ``mobility-check --help`` prints."""
    width = max(len(c.name) for c in COMMANDS) + 2
    commands = "\n".join(f"  {c.name:{width}s}{c.summary}" for c in COMMANDS)
    return f"""Usage: mobility-check [OPTIONS] COMMAND [ARGS]...

  {DESCRIPTION}

Commands:
{commands}

Options:
  --version             Print the version and leave.
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell.
  -h, --help            Show this message and leave; also after a command.

  {EXAMPLE}"""
