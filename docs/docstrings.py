"""Lets the page on Python read docstrings as they are written: roles become names, examples become code."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`~?([\w.]+)`")
EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\n).+)*", re.MULTILINE)


class Readable(griffe.Extension):
    """Changes each docstring once, when it is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by griffe for every module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = readable(obj.docstring.value)


def readable(text: str) -> str:
    """The docstring as Markdown."""
    text = ROLE.sub(r"`\1`", text.replace("``", "`"))
    return EXAMPLE.sub(lambda found: f"```pycon\n{re.sub(r' *# doctest:.*', '', found[0])}\n```", text)
