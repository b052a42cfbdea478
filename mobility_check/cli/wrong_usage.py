"""A wrong call in our own sentences, in the user's language; those of Typer are English and differ by version.

Also arguments as people type them at first: a clip before the command or without one, a pattern, an address.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from mobility_check.cli.commands import COMMANDS
from mobility_check.errors import UsageError
from mobility_check.files import CLIP_SUFFIXES
from mobility_check.language import N_
from mobility_check.text import public_address

OTHER_SUFFIXES = (".ts", ".mjpeg")
"""Endings of clips that a folder is not searched for, since other files have them too."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
"""Also of one that became a path, in which two strokes are one; a drive letter is shorter."""
_PATTERN = re.compile(r"[*?]|\[[^\]]+\]")
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


def refuse_misplaced(arguments: Sequence[str]) -> None:
    """Say what to type when the first argument is not a command but a clip, or an option before the command.

    Raises:
        UsageError: it is so.
    """
    names = [c.name for c in COMMANDS]
    if not arguments or arguments[0] in names:
        return
    rest, command = list(arguments), next((a for a in arguments if a in names), None)
    if command is not None:
        rest.remove(command)
    elif any(map(_is_clip, arguments)):
        refuse_unreadable([a for a in arguments if not a.startswith("-")])
    else:
        return
    typed = shlex.join(["mobility-check", command or "analyze", *map(public_address, rest)])
    raise UsageError("The command comes first; type: {typed}", typed=typed)


def refuse_unreadable(clips: Iterable[str | Path]) -> None:
    """Say what to do about a clip that is an address, or a pattern that no file matched.

    Raises:
        UsageError: one of them is.
    """
    for clip in map(str, clips):
        if _ADDRESS.match(clip):
            raise UsageError(
                "'{clip}' is an address and analyze reads files; download the clip and give the file's name, or "
                "let batch fetch it: mobility-check batch ADDRESS -o FOLDER",
                clip=public_address(clip),
            )
        if _PATTERN.search(clip) and not Path(clip).exists():
            raise UsageError(
                "No file matches '{clip}'; check the folder and the ending, and leave away quotes around a pattern.",
                clip=clip,
            )


def _is_clip(argument: str) -> bool:
    path = Path(argument)
    return bool(_ADDRESS.match(argument)) or path.suffix.lower() in (*CLIP_SUFFIXES, *OTHER_SUFFIXES) or path.is_file()
