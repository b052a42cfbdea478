"""Arguments as people type them at first: a clip before the command or without one, a pattern, an address."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from mobility_check.cli.commands import COMMANDS
from mobility_check.errors import UsageError
from mobility_check.text import public_address

OTHER_SUFFIXES = (".ts", ".mjpeg")
"""Endings of clips that a folder is not searched for, since other files have them too."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
"""Also of one that became a path, in which two strokes are one; a drive letter is shorter."""
_PATTERN = re.compile(r"[*?]|\[[^\]]+\]")


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
    from mobility_check.files import CLIP_SUFFIXES

    path = Path(argument)
    return bool(_ADDRESS.match(argument)) or path.suffix.lower() in (*CLIP_SUFFIXES, *OTHER_SUFFIXES) or path.is_file()
