"""Cells of tables that people open in a spreadsheet. Pure: values in, cell texts out."""

from __future__ import annotations

import re
from typing import TypeAlias

from mobility_check.text import well_formed

Cell: TypeAlias = "str | int | float | bool | None"

_FORMULA = re.compile(r"((?:^|[;,\t\r\n]) *'*)(?=[=+\-@＝＋－＠])|(^'*)(?=[\t\r\n])")
"""Where a program may begin a cell: also behind a separator, for it may split at another one than we write."""
_QUOTED = re.compile(r"((?:^|[;,\t\r\n]) *'*)'(?=[=+\-@＝＋－＠])|(^'*)'(?=[\t\r\n])")


def safe_cell(value: Cell) -> str:
    """The text of one table cell; what a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers stay numbers (a negative one is no formula), ``None`` is an empty cell, booleans are ``true`` and ``false``.
    Where apostrophes stand there already one is added, so that :func:`read_cell` undoes exactly this.

    >>> safe_cell("=cmd()"), safe_cell("a;=cmd()"), safe_cell(-1.5), safe_cell(None)
    ("'=cmd()", "a;'=cmd()", '-1.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _FORMULA.sub(lambda found: f"{found[0]}'", well_formed(value))
    return str(value)


def read_cell(text: str) -> str:
    """The text that :func:`safe_cell` was given.

    >>> read_cell("'=cmd()"), read_cell("'tis")
    ('=cmd()', "'tis")
    """
    return _QUOTED.sub(lambda found: found[1] or found[2] or "", text)
