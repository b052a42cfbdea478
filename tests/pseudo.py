"""A language in which every message stands in brackets: what is outside of them did not come from the catalogues.

The brackets close before a field and open again behind it, so that a word that is filled in untranslated is outside.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from catalogues.faults import forms
from mobility_check import language

MONTHS = (
    "January February March April May June July August September October November December "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)
NAMES = {"mobility", "check", "mobility_check", *MONTHS.split()}
"""Words that are the same in every language: our own name, and dates, which Babel writes."""
_FILE = re.compile(r"[\w-]+\.(mp4|npz|csv|html|svg|xlsx|db)\b")
_FIELD = re.compile(r"(\{\{.*?\}\}|\{[^{}]*\})")


@cache
def catalogue() -> gettext.GNUTranslations:
    """Every message of the template, in brackets."""
    with (language.FOLDER / f"{language.DOMAIN}.pot").open("rb") as file:
        known = read_po(file)
    made = Catalog(locale="en")
    for message in known:
        if message.id:
            texts = tuple(map(_bracketed, forms(message.id)))
            made.add(message.id, texts if len(texts) > 1 else texts[0], context=message.context)
    buffer = io.BytesIO()
    write_mo(buffer, made)
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


def _bracketed(text: str) -> str:
    parts = _FIELD.split(text)
    return "".join(part if n % 2 or not part else f"⟦{part}⟧" for n, part in enumerate(parts))


@contextmanager
def spoken() -> Iterator[None]:
    """This process speaks it in the block."""
    language.use_catalogue("xx", catalogue())
    try:
        yield
    finally:
        language.use_language("en")


def outside(text: str) -> str:
    """What of a text stands in no brackets."""
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = inner
    return text


def left_over(text: str, names: Iterable[str] = ()) -> set[str]:
    """Words of two letters or more outside of the brackets, without names, files and what is given as known."""
    return set(re.findall(r"\b[A-Za-z]{2,}\b", _FILE.sub("", outside(text)))) - NAMES - set(names)
