"""Reads subject, date and side from file names: ``{subject}_{date:%Y%m%d}_{view}``. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import Side

_DIRECTIVES = {
    "Y": r"(?:19|20)\d{2}", "m": r"(?:0[1-9]|1[0-2])", "d": r"(?:0[1-9]|[12]\d|3[01])",
    "y": r"\d{2}", "j": r"\d{3}", "b": r"[^\W\d_]+", "B": r"[^\W\d_]+",
    "H": r"\d{2}", "M": r"\d{2}", "S": r"\d{2}", "%": "%",
}  # fmt: skip
_ISO = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")
_PLAIN_DATE = r"\d{4}-\d{2}-\d{2}|(?:19|20)\d{6}"
_SIDES: dict[str, Side] = {"left": "left", "l": "left", "right": "right", "r": "right"}
_NO_SIDE = {"", "both", "b"}


def read_date(text: str) -> date:
    """A day written as 2026-08-03, 20260803, 2026/08/03 or 03.08.2026, with or without a time of day.

    Raises:
        ValueError: it is written otherwise (03/08/2026 could be March or August), or is no day of the calendar.
    """
    for form in _ISO:
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    raise ValueError(f"the date {text!r} is not understood, write it like 2026-08-03")


def read_side(text: str) -> Side | None:
    """``left``, ``right`` (or ``l``, ``r``) as a side; empty and ``both`` as no particular side.

    Raises:
        ValueError: it is another word.
    """
    word = text.strip().lower()
    if word in _NO_SIDE:
        return None
    if word not in _SIDES:
        raise ValueError(f"the side {text!r} is not understood, write left or right")
    return _SIDES[word]


def view_side(view: str) -> Side | None:
    """The side that a view word names, or None for words such as ``front`` that name none."""
    return _SIDES.get(view.strip().lower())


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A compiled pattern; ``parts`` is how many trailing parts of a path it speaks about (folders and the name)."""

    text: str
    regex: re.Pattern[str]
    dates: Mapping[str, str]
    parts: int

    def read(self, path: str) -> dict[str, str] | None:
        """The fields of a path (its suffix is ignored; dates become ISO), or None where the pattern does not fit."""
        pure = PurePosixPath(path.replace("\\", "/"))
        name = "/".join([*pure.parent.parts, pure.stem][-self.parts :])
        match = self.regex.fullmatch(name)
        if match is None:
            return None
        fields = {k: v.strip() for k, v in match.groupdict().items()}
        try:
            for key, form in self.dates.items():
                day = datetime.strptime(fields[key], form).date() if form else read_date(fields[key])
                fields[key] = day.isoformat()
        except ValueError:
            return None
        return fields


def compile_pattern(text: str) -> NamePattern:
    """Compile a pattern such as ``{subject}_{date:%Y%m%d}_{view}``.

    ``{_}`` matches anything and keeps nothing; names other than subject, date, side and view become columns of the
    results; with ``/`` in it the pattern speaks about folders too.

    Raises:
        UsageError: braces that do not pair, a field twice, two fields with nothing between them, or a bad date form.
    """
    try:
        pieces = [(lit, field, spec, conv) for lit, field, spec, conv in string.Formatter().parse(text)]
    except ValueError as e:
        example = "{subject}_{date:%Y%m%d}"
        raise UsageError(f"The pattern {text!r} cannot be read ({e}); write it like {example}.") from e
    regex, dates, open_end = "", dict[str, str](), False
    for literal, field, spec, conversion in pieces:
        regex += re.escape(literal.replace("\\", "/"))
        open_end = open_end and not literal
        if field is None:
            continue
        _check_field(text, field, conversion, taken=regex)
        if field == "date":
            regex, dates["date"], open_end = regex + f"(?P<date>{_date_regex(text, spec or '')})", spec or "", False
            continue
        if open_end:
            raise UsageError(f"In the pattern {text!r} nothing separates {{{field}}} from the field before it.")
        if spec:
            raise UsageError(f"In the pattern {text!r} only {{date}} takes a form after the colon, not {{{field}}}.")
        regex, open_end = regex + ("[^/]+?" if field == "_" else f"(?P<{field}>[^/]+?)"), True
    if "(?P<" not in regex:
        raise UsageError(f"The pattern {text!r} has no field; write it like {{subject}}_{{date:%Y%m%d}}_{{view}}.")
    return NamePattern(text, re.compile(regex), dates, text.count("/") + 1)


def _check_field(text: str, field: str, conversion: str | None, *, taken: str) -> None:
    if conversion or not field.isidentifier():
        raise UsageError(f"In the pattern {text!r} the field {{{field}}} must be a plain word such as {{subject}}.")
    if field != "_" and f"(?P<{field}>" in taken:
        raise UsageError(f"In the pattern {text!r} the field {{{field}}} appears twice.")


def _date_regex(text: str, form: str) -> str:
    if not form:
        return _PLAIN_DATE
    regex, letters = "", iter(form)
    for letter in letters:
        if letter != "%":
            regex += re.escape(letter)
            continue
        directive = next(letters, "")
        if directive not in _DIRECTIVES:
            known = " ".join(f"%{d}" for d in _DIRECTIVES)
            raise UsageError(f"In the pattern {text!r} the date form %{directive} is not known; use {known}.")
        regex += _DIRECTIVES[directive]
    return regex
