"""A wrong call in our own sentences, in the user's language; those of Typer are English and differ by version."""

from __future__ import annotations

import re
from typing import Any

import typer

from mobility_check.errors import UsageError
from mobility_check.language import N_

_NAME = r"[ :(]+'?(?P<name>[^']+?)'?(?: / '[^']*')*"
SENTENCES = (
    (rf"No such option{_NAME}( .*)?", N_("There is no option {name}. See: {command} --help")),
    (rf"Option{_NAME} requires .*", N_("The option {name} needs a value. See: {command} --help")),
    (rf"Option{_NAME} does not take a value.*", N_("The option {name} takes no value. See: {command} --help")),
    (r"Missing \w+:? '?(?P<name>[\w-]+).*", N_("{name} is missing. See: {command} --help")),
    (r"Missing command.*", N_("Name a command. See: {command} --help")),
    (
        rf"No such command{_NAME}\.? Did you mean '?(?P<near>[^'?]+)'?.*",
        N_("There is no command '{name}'; did you mean '{near}'? See: {command} --help"),
    ),
    (rf"No such command{_NAME}\.?", N_("There is no command '{name}'. See: {command} --help")),
    (r"Got unexpected extra argument(?:s|\(s\))? \((?P<name>.*)\)", N_("'{name}' is too much. See: {command} --help")),
    (
        rf"Invalid value for{_NAME}: (?:Value error, )?(?P<given>.*) is not one of (?P<choices>.*?)\.?",
        N_("{name} takes one of {choices}, not {given}. See: {command} --help"),
    ),
    (
        rf"Invalid value for{_NAME}: .*greater than or equal to (?P<low>[\d.]+).*",
        N_("{name} takes a number of at least {low}. See: {command} --help"),
    ),
    (
        rf"Invalid value for{_NAME}: .*less than or equal to (?P<high>[\d.]+).*",
        N_("{name} takes a number of at most {high}. See: {command} --help"),
    ),
    (rf"Invalid value for{_NAME}: .*integer.*", N_("{name} takes a whole number. See: {command} --help")),
    (rf"Invalid value for{_NAME}: .*(number|float).*", N_("{name} takes a number. See: {command} --help")),
    (rf"Invalid value for{_NAME}: .*", N_("The value of {name} cannot be used. See: {command} --help")),
)
"""What Typer says, and what is said instead."""


def wrong_usage() -> type[Any]:
    """What is raised for a wrong call: Click's exception, of which some versions of Typer have a copy of their own."""
    return next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def as_error(said: str, command: str) -> UsageError:
    """The error of ours for what Typer says of a call of ``command``."""
    for pattern, sentence in SENTENCES:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            return UsageError(sentence, command=command, **found.groupdict())
    return UsageError("{said} See: {command} --help", said=f"{said.rstrip('.')}.", command=command)
