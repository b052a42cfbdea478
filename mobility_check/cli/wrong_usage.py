"""A wrong call in our own sentences, in the user's language; those of Typer are English and differ by version."""

from __future__ import annotations

import re
from typing import Any

import typer

from mobility_check.errors import UsageError
from mobility_check.language import N_

_NAME = r"[ :(]+'?(?P<name>[^']+?)'?(?: / '[^']*')*"
_VALUE = f"Invalid value for{_NAME}: "
SENTENCES = {
    rf"No such option{_NAME}( .*)?": N_("There is no option {name}."),
    rf"Option{_NAME} requires .*": N_("The option {name} needs a value."),
    rf"Option{_NAME} does not take a value.*": N_("The option {name} takes no value."),
    r"Missing \w+:? '?(?P<name>[\w-]+).*": N_("{name} is missing."),
    r"Missing command.*": N_("Name a command."),
    rf"No such command{_NAME}\.? Did you mean '?(?P<near>[^'?]+)'?.*": N_(
        "There is no command '{name}'; did you mean '{near}'?"
    ),
    rf"No such command{_NAME}\.?": N_("There is no command '{name}'."),
    r"Got unexpected extra argument(?:s|\(s\))? \((?P<name>.*)\)": N_("'{name}' is too much."),
    rf"{_VALUE}(?:Value error, )?(?P<given>.*) is not one of (?P<choices>.*?)\.?": N_(
        "{name} takes one of {choices}, not {given}."
    ),
    rf"{_VALUE}.*greater than or equal to (?P<low>[\d.]+).*": N_("{name} takes a number of at least {low}."),
    rf"{_VALUE}.*less than or equal to (?P<high>[\d.]+).*": N_("{name} takes a number of at most {high}."),
    rf"{_VALUE}.*integer.*": N_("{name} takes a whole number."),
    rf"{_VALUE}.*(number|float).*": N_("{name} takes a number."),
    rf"{_VALUE}.*": N_("The value of {name} cannot be used."),
}
"""What Typer says, and what is said instead; the first that fits."""


def wrong_usage() -> type[Any]:
    """What is raised for a wrong call: Click's exception, of which some versions of Typer have a copy of their own."""
    return next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def as_error(said: str, command: str) -> UsageError:
    """The error of ours for what Typer says of a call of ``command``."""
    told: str | UsageError = f"{said.rstrip('.')}."
    for pattern, sentence in SENTENCES.items():
        if found := re.fullmatch(pattern, said, re.DOTALL):
            told = UsageError(sentence, **found.groupdict())
            break
    return UsageError("{said} See: {command} --help", said=told, command=command)
