"""Help in the user's language, in which an argument stands by its name alone, without the type that Python gives it."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from mobility_check.cli.commands import LANG_HELP, LANG_OPTION, example_line
from mobility_check.language import N_, gettext

if TYPE_CHECKING:
    _Base = TyperCommand
else:
    _Base = object

TYPE = re.compile(r" <[^<>]*>$")
EXTRAS = (("[env var: ", N_("[environment variable: ")), ("default: ", N_("default: ")), ("required]", N_("required]")))
"""What Typer writes behind a help text."""
SUMMARY_WIDTH = 200


def help_parts(text: str | None) -> list[str]:
    """The paragraphs of a help text, each on one line: that is how the catalogues hold them."""
    return [" ".join(part.split()) for part in inspect.cleandoc(text or "").split("\n\n") if part]


def _in_language(text: str | None) -> str | None:
    return "\n\n".join(gettext(part) for part in help_parts(text)) if text else text


def _extras(text: str) -> str:
    text = text.replace("Show this message and exit.", gettext("Show this message and leave."))
    for english, marked in EXTRAS:
        text = text.replace(english, gettext(marked))
    return text


class _Plain(_Base):
    """The help of a command or a group."""

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.help, self.short_help = _in_language(self.help), _in_language(self.short_help)
        self.epilog = example_line(self.epilog) if self.epilog else None
        parameters: list[Any] = self.params
        for parameter in parameters:
            parameter.help = _in_language(parameter.help)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the line of usage."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{gettext('Usage:')} ")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the table of arguments and the table of options."""
        rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                rows[parameter.param_type_name].append((TYPE.sub("", record[0]), _extras(record[1])))
        rows["option"].insert(-1, (LANG_OPTION, gettext(LANG_HELP)))  # taken from the arguments before they come here
        for heading, table in ((gettext("Arguments"), rows["argument"]), (gettext("Options"), rows["option"])):
            if table:
                with formatter.section(heading):
                    formatter.write_dl(table)


class PlainCommand(_Plain, TyperCommand):
    """A command with such a help."""


class PlainGroup(_Plain, TyperGroup):
    """A group of commands with such a help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the table of options and that of the commands."""
        super().format_options(ctx, formatter)
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section(gettext("Commands")):
            formatter.write_dl([(name, c.get_short_help_str(SUMMARY_WIDTH)) for name, c in found if c is not None])
