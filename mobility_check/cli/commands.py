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
    """A command: in ``where``, ``module:name`` of a function or of a group of commands; by default its own name."""

    name: str
    summary: str
    arguments: str = ""
    where: str = ""

    @property
    def example(self) -> str:
        """A worked call; none for a group, whose commands have their own."""
        return f"mobility-check {self.name} {self.arguments}" if self.arguments else ""

    def load(self) -> Any:
        """The function or group; imports its module."""
        module, _, name = (self.where or f"{self.name}:{self.name}").partition(":")
        return getattr(importlib.import_module(f"mobility_check.cli.{module}"), name)


COMMANDS = (
    Command("analyze", N_("Measure the kick-back in recorded clips."), "left.mp4 right.mp4 --annotate seen.mp4"),
    Command("live", N_("Do the test at the webcam, led by voice and big signs."), "--subject P-17 --lang de"),
    Command("app", N_("Open the app in the browser; the command alone does the same."), "--no-browser --port 8765"),
    Command(
        "batch",
        N_("Measure whole folders of clips into one table."),
        'footage/ -o results --pattern "{subject}_{date:%Y%m%d}_{view}"',
    ),
    Command("history", N_("List, show and delete saved sessions; follow a person's progress."), where="history:app"),
    Command("report", N_("Make a page of a saved session or person."), "P-17 -o p17.html --pdf p17.pdf"),
    Command("export", N_("Write saved sessions as CSV, JSON, Parquet, Excel or FHIR."), "P-17 --format csv -o p17.csv"),
    Command("import", N_("Read exported sessions back into the history."), "p17.json", where="export:import_"),
    Command(
        "validate",
        N_("Compare the tool with an inclinometer from your own table."),
        "inclinometer.csv --plot agreement.png",
    ),
    Command(
        "doctor", N_("Check what works on this computer, and what to do about the rest."), "--json > for-support.json"
    ),
    Command("models", N_("List the pose models, or fetch one that is not bundled."), where="models:app"),
    Command(
        "schema", N_("Print the JSON Schema of the result object."), "> result.schema.json", where="analyze:schema"
    ),
)
"""In the order of the help; each with the arguments of its example."""


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
