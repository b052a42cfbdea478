"""Text from outside (names, notes, addresses, messages of libraries) made fit to be stored and printed. Pure."""

from __future__ import annotations

import re

_SCHEME = r"(?i)([a-z][a-z0-9+.-]+:)//?"
"""Also of an address that went through a path, where two strokes become one; a drive letter is shorter."""
_ADDRESS = re.compile(_SCHEME + r"([^\s'\"<>]*)")
_WHOLE_ADDRESS = re.compile(_SCHEME + "(.*)", re.DOTALL)
_NO_LOGIN = re.compile(r"[^@]*$|[^:@/?#]*[/?#]")
_LOGIN = re.compile(r"(?<![\w./@-])[^\s/:@'\"]+:[^\s/@'\"]+@(?=[\w-]+(\.[\w-]+)+)")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_OBEYED_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]+")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def without_credentials(text: str) -> str:
    """The text with user names, passwords, queries and fragments taken out of every address in it.

    Signed addresses of stores and the logins of many cameras are in the query, so the whole query goes.

    >>> without_credentials("cannot open rtsp://admin:secret@10.0.0.7:554/stream?pwd=1 now")
    'cannot open rtsp://10.0.0.7:554/stream now'
    """
    return _LOGIN.sub("", _ADDRESS.sub(_bare, text))


def public_address(address: str) -> str:
    """:func:`without_credentials` for a text that is one address or file name as a whole, blanks and all.

    >>> public_address("rtsp://admin:two words@10.0.0.7/stream"), public_address("C:/clips/a b.mp4")
    ('rtsp://10.0.0.7/stream', 'C:/clips/a b.mp4')
    """
    found = _WHOLE_ADDRESS.fullmatch(address)
    return _bare(found) if found else without_credentials(address)


def well_formed(text: str) -> str:
    r"""The text as every encoding can write it: bytes of a file name that are no UTF-8 become U+FFFD.

    >>> well_formed("caf\udce9.mp4")
    'caf�.mp4'
    """
    return _LONE_SURROGATES.sub("\ufffd", text)


def printable(text: str) -> str:
    r"""The text as one line that no terminal obeys: control signs, and marks that turn the direction, escaped.

    >>> printable("a\x1b[2J\nb")
    'a\\x1b[2J\\nb'
    """
    return _UNPRINTABLE.sub(_escaped, well_formed(text))


def json_escaped(text: str) -> str:
    r"""A JSON text whose strings hold no sign that a terminal obeys; it means the same.

    >>> json_escaped('"\x9b"')
    '"\\u009b"'
    """
    return _OBEYED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", well_formed(text))


def _bare(found: re.Match[str]) -> str:
    """Without a login, which may hold any sign and ends at the last ``@``, and without query and fragment.

    An ``@`` behind a host without a port belongs to the path; where it is not certain, more is left out.
    """
    scheme, rest = found[1], found[2].lstrip("/") if "@" in found[2] else found[2]
    if not _NO_LOGIN.match(rest):
        rest = rest.rpartition("@")[2]
    return f"{scheme}//{re.split(r'[?#]', rest, maxsplit=1)[0]}"


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return _SHORT.get(sign) or (f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}")
