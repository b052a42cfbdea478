"""Cells of tables that people open in a spreadsheet. Pure: values in, cell texts out."""

from __future__ import annotations

import re
from typing import TypeAlias

Cell: TypeAlias = "str | int | float | bool | None"

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def safe_cell(value: Cell) -> str:
    """The text of one table cell; what a spreadsheet would run as a formula is quoted with a leading apostrophe.

    Numbers stay numbers (a negative one is no formula), ``None`` is an empty cell, booleans are ``true`` and ``false``.
    A text that begins with apostrophes and then such a sign gets one more, so :func:`read_cell` undoes exactly this.

    >>> safe_cell("=cmd()"), safe_cell(-1.5), safe_cell(None)
    ("'=cmd()", '-1.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return str(value)


def read_cell(text: str) -> str:
    """The text that :func:`safe_cell` was given.

    >>> read_cell("'=cmd()"), read_cell("'tis")
    ('=cmd()', "'tis")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
