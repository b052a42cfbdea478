"""A file on the desktop that starts the app with a double click."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from mobility_check.errors import UsageError
from mobility_check.files import atomic_path

MARK = "-m mobility_check app"
"""By this a launcher of ours is known again, and replaced."""
NAMES = {"win32": "mobility-check.bat", "darwin": "mobility-check.command"}
ICON = Path(__file__).with_name("static") / "icon.svg"


def write_launcher(folder: Path, *, system: str = sys.platform, python: str = sys.executable) -> Path:
    """Write the launcher for this system and say where it is.

    Raises:
        UsageError: a file of that name is there and not ours.
        OutputError: it cannot be written.
    """
    target = folder / NAMES.get(system, "mobility-check.desktop")
    if target.exists() and MARK not in target.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(
            "'{target}' exists and is no launcher of mobility-check; move it away, then try again.", target=target
        )
    with atomic_path(target, durable=False) as tmp:
        tmp.write_bytes(_text(system, python).encode())
    target.chmod(0o755)
    return target


def _text(system: str, python: str) -> str:
    if system == "win32":
        return f'@echo off\r\nchcp 65001 > nul\r\n"{python.replace("%", "%%")}" {MARK}\r\nif errorlevel 1 pause\r\n'
    if system == "darwin":
        return f"#!/bin/sh\nexec {shlex.quote(python)} {MARK}\n"
    return (
        "[Desktop Entry]\nType=Application\nName=mobility-check\nComment=Standing kick-back test\n"
        f"Exec={_desktop_word(python)} {MARK}\nIcon={_desktop_string(str(ICON))}\nTerminal=false\nCategories=Utility;\n"
    )


def _desktop_word(word: str) -> str:
    """A word of ``Exec``, quoted as the Desktop Entry Specification says: first the word, then the string."""
    for sign in '\\"`$':
        word = word.replace(sign, "\\" + sign)
    return _desktop_string('"' + word.replace("%", "%%") + '"')


def _desktop_string(text: str) -> str:
    return text.replace("\\", "\\\\")
