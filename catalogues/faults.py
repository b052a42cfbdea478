"""What can be wrong with one translated message besides its words."""

from __future__ import annotations

import string
from collections.abc import Iterator

from babel.messages.catalog import Message


def faults(message: Message, plurals: int) -> Iterator[str]:
    """Fields that differ from the English ones, missing plural forms, and space around the text that was lost."""
    english, own = forms(message.id), forms(message.string)
    if len(english) > 1 and len(own) != plurals:
        yield f"{len(own)} plural forms instead of {plurals}"
    wanted = set().union(*map(fields, english))
    optional = {"count"} if len(english) > 1 else set()
    for text in own:
        if fields(text) | optional != wanted | optional:
            yield f"other fields in {text!r}"
        if _ends(text) != _ends(english[0]):
            yield f"other space around {text!r}"


def forms(texts: object) -> tuple[str, ...]:
    """One text, or the forms of a plural."""
    return (texts,) if isinstance(texts, str) else tuple(texts) if isinstance(texts, list | tuple) else ()


def fields(text: str) -> set[str]:
    """Names of the fields in a message; none where a brace stands alone and nothing is filled in."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()
