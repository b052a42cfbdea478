"""Subject ids and the file names made from them. Pure: strings in, strings out."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from mobility_check.errors import UsageError
from mobility_check.language import N_, gettext

if TYPE_CHECKING:
    from mobility_check.kinematics.landmarks import Side

MAX_SUBJECT = 64
YEARS = range(1970, 2200)
"""In which a test can have been done."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FULL_NAME = re.compile(r"[^\W\d_]{2,}[,.]?(?:[ ,.]+[^\W\d_]{2,}(?:-[^\W\d_]+)*)+")
_DAY_FIRST = re.compile(r"(\d{1,2})[.](\d{1,2})[.](\d{4})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")

SIDE_WORDS: dict[str, Side] = {
    **dict.fromkeys(("left", "l", "links", "izquierda", "izquierdo", "izq", "gauche"), "left"),
    **dict.fromkeys(("right", "r", "rechts", "derecha", "derecho", "der", "droite", "droit"), "right"),
}
"""What a side is called in file names, manifests and tables, in every language of the program."""


def check_subject(text: str) -> str:
    """The subject id as it is stored: Unicode-normalised (NFC), without outer spaces.

    Raises:
        UsageError: it is empty, longer than 64 characters, or holds characters that cannot be printed.
    """
    subject = normal(text)
    if not subject:
        raise UsageError("The subject id is empty; give a short pseudonym such as P-17.")
    if len(subject) > MAX_SUBJECT:
        raise UsageError(
            "The subject id has {length} characters; use at most {most}.",
            length=len(subject),
            most=MAX_SUBJECT,
        )
    if not subject.isprintable():
        raise UsageError("The subject id holds characters that cannot be printed; use letters, digits and signs.")
    return subject


def normal(text: str) -> str:
    """The one spelling of a subject id: the same letters typed on another keyboard are the same person."""
    return unicodedata.normalize("NFC", text).strip()


def identifying(subject: str) -> str | None:
    """A sentence of warning when a subject id looks like an e-mail address or a full name, else ``None``."""
    if _MAIL.fullmatch(subject):
        text = N_(
            "The subject id '{subject}' looks like an e-mail address; a code such as P-17 says nothing to whoever"
            " finds the data."
        )
    elif _FULL_NAME.fullmatch(subject):
        text = N_(
            "The subject id '{subject}' looks like a name; a code such as P-17 says nothing to whoever finds the data."
        )
    else:
        return None
    return gettext(text, subject=subject)


def day_of_test(text: str, *, today: date | None = None) -> date:
    """The day that an option names.

    Raises:
        UsageError: it is not written as 2026-08-03, does not exist, or lies in the future.
    """
    if found := _DAY_FIRST.fullmatch(text.strip()):
        day, month, year = found.groups()
        raise UsageError(
            "Write the date with the year first: {year}-{month:0>2}-{day:0>2}, not {text}.",
            year=year,
            month=month,
            day=day,
            text=text,
        )
    try:
        value = date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError("'{text}' is not a date; write the year first, such as 2026-08-03.", text=text) from None
    today = today or date.today()
    if value > today or value.year not in YEARS:
        if value > today:
            raise UsageError(
                "The date {value} lies in the future; give the day on which the clip was recorded.", value=value
            )
        raise UsageError(
            "The date {value} lies too far back; give the day on which the clip was recorded.", value=value
        )
    return value


def safe_name(text: str, *, max_length: int = 48) -> str:
    """A harmless file name for any text: letters, digits, ``.``, ``_`` and ``-``, never a path, never empty.

    A text that had to be altered gets six hash digits, so that different texts get different names.

    >>> safe_name("P-17")
    'P-17'
    >>> safe_name("../../x")
    'x-9cdf6a'
    """
    name = _UNSAFE.sub("_", text).strip("._-")[:max_length]
    if name and name == text and not _RESERVED.fullmatch(name):
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{name.split('.')[0] or 'subject'}-{digest}"
