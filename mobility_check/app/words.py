"""The words of the interface, from one file per language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en",)


@cache
def load_words(language: str) -> dict[str, Any]:
    """The texts of a language, by section and name.

    Raises:
        KeyError: there is no file for that language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    return tomllib.loads((Path(__file__).with_name("words") / f"{language}.toml").read_text(encoding="utf-8"))


def text(key: str, *, language: str = "en", **values: object) -> str:
    """One text, its ``{fields}`` filled in.

    Raises:
        KeyError: the language's file has no such text, or a field is missing.
    """
    section, _, name = key.partition(".")
    found: str = load_words(language)[section][name]
    return found.format(**values) if values else found
