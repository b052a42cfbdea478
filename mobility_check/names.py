"""Subject ids and the file names made from them. Pure: strings in, strings out."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from mobility_check.errors import UsageError

MAX_SUBJECT = 64
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def check_subject(text: str) -> str:
    """The subject id as it is stored: Unicode-normalised (NFC), without outer spaces.

    Raises:
        UsageError: it is empty, longer than 64 characters, or holds characters that cannot be printed.
    """
    subject = normal(text)
    if not subject:
        raise UsageError("The subject id is empty; give a short pseudonym such as P-17.")
    if len(subject) > MAX_SUBJECT:
        raise UsageError(f"The subject id has {len(subject)} characters; use at most {MAX_SUBJECT}.")
    if not subject.isprintable():
        raise UsageError("The subject id holds characters that cannot be printed; use letters, digits and signs.")
    return subject


def normal(text: str) -> str:
    """The one spelling of a subject id: the same letters typed on another keyboard are the same person."""
    return unicodedata.normalize("NFC", text).strip()


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
