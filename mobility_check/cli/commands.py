"""The table of commands: what each is called, where it lives, and what it does in one line.

``--help`` and ``--version`` are answered from this table alone, so that they appear at once; a command's module is
imported when that command is called.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mobility_check.language import LANGUAGES, N_, OPTION, gettext

LANG_HELP = N_("Language; es and fr are not reviewed yet. Default: MOBILITY_CHECK_LANG, else the system's.")
LANG_OPTION = f"{OPTION} {'|'.join(LANGUAGES)}"
EXAMPLE_LINE = N_("Example: {example}")
DESCRIPTION = N_("Measures hip extension in the standing kick-back test, left against right, with its uncertainty.")
EXAMPLE = "mobility-check analyze samples/kickback-2026-08-03.mp4"


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
        N_("Measure the kick-back in recorded clips."),
        "mobility-check analyze left.mp4 right.mp4 --annotate seen.mp4",
    ),
    Command(
        "live",
        "live:live",
        N_("Do the test at the webcam, led by voice and big signs."),
        "mobility-check live --subject P-17 --lang de",
    ),
    Command(
        "app",
        "app:app",
        N_("Open the app in the browser; the command alone does the same."),
        "mobility-check app --no-browser --port 8765",
    ),
    Command(
        "batch",
        "batch:batch",
        N_("Measure whole folders of clips into one table."),
        'mobility-check batch footage/ -o results --pattern "{subject}_{date:%Y%m%d}_{view}"',
    ),
    Command("history", "history:app", N_("List, show and delete saved sessions; follow a person's progress.")),
    Command(
        "report",
        "report:report",
        N_("Make a page of a saved session or person."),
        "mobility-check report P-17 -o p17.html --pdf p17.pdf",
    ),
    Command(
        "export",
        "export:export",
        N_("Write saved sessions as CSV, JSON, Parquet, Excel or FHIR."),
        "mobility-check export P-17 --format csv -o p17.csv",
    ),
    Command(
        "import",
        "export:import_",
        N_("Read exported sessions back into the history."),
        "mobility-check import p17.json",
    ),
    Command(
        "validate",
        "validate:validate",
        N_("Compare the tool with an inclinometer from your own table."),
        "mobility-check validate inclinometer.csv --plot agreement.png",
    ),
    Command(
        "doctor",
        "doctor:doctor",
        N_("Check what works on this computer, and what to do about the rest."),
        "mobility-check doctor --json > for-support.json",
    ),
    Command("models", "models:app", N_("List the pose models, or fetch one that is not bundled.")),
    Command(
        "schema",
        "analyze:schema",
        N_("Print the JSON Schema of the result object."),
        "mobility-check schema > result.schema.json",
    ),
)


def example_line(example: str) -> str:
    """The last line of a help."""
    return gettext(EXAMPLE_LINE, example=example)


def top_help() -> str:
    """What ``mobility-check --help`` prints."""
    options = {
        "--version": gettext("Print the version and leave."),
        "--install-completion": gettext("Install completion for the current shell."),
        "--show-completion": gettext("Show completion for the current shell."),
        LANG_OPTION: gettext(LANG_HELP),
        "-h, --help": gettext("Show this message and leave; also after a command."),
    }
    parts = [
        f"{gettext('Usage:')} mobility-check [OPTIONS] COMMAND [ARGS]...",
        f"  {gettext(DESCRIPTION)}",
        f"{gettext('Commands')}:\n{_table({c.name: gettext(c.summary) for c in COMMANDS})}",
        f"{gettext('Options')}:\n{_table(options)}",
        f"  {example_line(EXAMPLE)}",
    ]
    return "\n\n".join(parts)


def _table(rows: Mapping[str, str]) -> str:
    width = max(map(len, rows)) + 2
    return "\n".join(f"  {name:{width}s}{text}" for name, text in rows.items())
