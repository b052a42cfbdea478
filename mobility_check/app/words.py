"""The words of the interface by key: English in one file, the other languages in the catalogues."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from mobility_check.language import gettext

FILE = Path(__file__).with_name("words") / "en.toml"


@cache
def load_words() -> dict[str, dict[str, str]]:
    """The English texts, by section and name."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def text(key: str, **values: object) -> str:
    """One text in the user's language, its ``{fields}`` filled in.

    Raises:
        KeyError: there is no such text, or a field is missing.
    """
    section, _, name = key.partition(".")
    return gettext(load_words()[section][name], **values)
