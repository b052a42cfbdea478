"""Reads subject, date and side from file names: ``{subject}_{date:%Y%m%d}_{view}``. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import PurePosixPath

from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import N_
from mobility_check.names import SIDE_WORDS

_DIRECTIVES = {
    "Y": r"(?:19|20)\d{2}",
    "m": r"(?:0[1-9]|1[0-2])",
    "d": r"(?:0[1-9]|[12]\d|3[01])",
    "j": r"\d{3}",
    **dict.fromkeys("yHMS", r"\d{2}"),
    **dict.fromkeys("bB", r"[^\W\d_]+"),
    "%": "%",
}
_ISO = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")
_PLAIN_DATE = r"\d{4}-\d{2}-\d{2}|(?:19|20)\d{6}"
_NO_SIDE = {"", "both", "b"}
_LONGEST_DATE, _LONGEST_NAME, _MOST_PIECES = 60, 1000, 100


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
    raise ValueError(N_("the date '{text}' is not understood, write it like 2026-08-03").format(text=text))


def read_side(text: str) -> Side | None:
    """A word such as ``left``, ``r`` or ``links`` as a side; empty and ``both`` as no particular side.

    Raises:
        ValueError: it is another word.
    """
    word = text.strip().lower()
    if word in _NO_SIDE:
        return None
    if word not in SIDE_WORDS:
        raise ValueError(N_("the side '{text}' is not understood, write left or right").format(text=text))
    return SIDE_WORDS[word]


def view_side(view: str) -> Side | None:
    """The side that a view word names, or None for words such as ``front`` that name none."""
    return SIDE_WORDS.get(view.strip().lower())


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a pattern: its field ("" for a literal text), what it matches, and the form of a date."""

    field: str
    regex: re.Pattern[str]
    form: str = ""

    def ends(self, name: str, at: int) -> Iterable[int]:
        """Where this piece may end if it begins at ``at``, the shortest first (of dates the longest)."""
        if self.field == "date":
            ends = range(min(len(name), at + _LONGEST_DATE), at, -1)
            return (end for end in ends if self.regex.fullmatch(name, at, end))
        found = self.regex.match(name, at)
        if not found:
            return ()
        return range(at + 1, found.end() + 1) if self.field else (found.end(),)


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A compiled pattern; ``parts`` is how many trailing parts of a path it speaks about (folders and the name)."""

    text: str
    pieces: tuple[Piece, ...]
    parts: int

    def read(self, path: str) -> dict[str, str] | None:
        """The fields of a path (its suffix is ignored; dates become ISO), or None where the pattern does not fit."""
        pure = PurePosixPath(path.replace("\\", "/"))
        name = "/".join([*pure.parent.parts, pure.stem][-self.parts :])
        texts = self._fit(name) if len(name) <= _LONGEST_NAME else None
        if texts is None:
            return None
        fields = {p.field: text.strip() for p, text in zip(self.pieces, texts, strict=True) if p.field not in ("", "_")}
        form = next((p.form for p in self.pieces if p.field == "date"), "")
        try:
            if written := fields.get("date"):
                day = datetime.strptime(written, form).date() if form else read_date(written)
                fields["date"] = day.isoformat()
        except ValueError:
            return None
        return fields

    def _fit(self, name: str) -> tuple[str, ...] | None:
        """The text of each piece. No name takes long: what follows a place is looked at once (a regular expression
        with five free fields would try each of some 10¹¹ ways to cut a name that almost fits)."""

        @cache
        def rest(index: int, at: int) -> tuple[str, ...] | None:
            if index == len(self.pieces):
                return () if at == len(name) else None
            for end in self.pieces[index].ends(name, at):
                if (tail := rest(index + 1, end)) is not None:
                    return (name[at:end], *tail)
            return None

        return rest(0, 0)


def compile_pattern(text: str) -> NamePattern:
    """Compile a pattern such as ``{subject}_{date:%Y%m%d}_{view}``.

    ``{_}`` matches anything and keeps nothing; names other than subject, date, side and view become columns of the
    results; with ``/`` in it the pattern speaks about folders too.

    Raises:
        UsageError: braces that do not pair, a field twice, two fields with nothing between them, or a bad date form.
    """
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as e:
        example = "{subject}_{date:%Y%m%d}"
        raise UsageError(
            "The pattern {text!r} cannot be read ({why}); write it like {example}.", text=text, why=e, example=example
        ) from e
    pieces, taken = list[Piece](), set[str]()
    for literal, field, spec, conversion in parsed:
        if literal:
            pieces.append(Piece("", re.compile(re.escape(literal.replace("\\", "/")))))
        if field is None:
            continue
        _check_field(text, field, conversion, taken=taken)
        if field == "date":
            pieces.append(Piece(field, re.compile(_date_regex(text, spec or "")), spec or ""))
            continue
        if pieces and pieces[-1].field not in ("", "date"):
            raise UsageError(
                "In the pattern {text!r} nothing separates {{{field}}} from the field before it.",
                text=text,
                field=field,
            )
        if spec:
            raise UsageError(
                "In the pattern {text!r} only {{date}} takes a form after the colon, not {{{field}}}.",
                text=text,
                field=field,
            )
        pieces.append(Piece(field, re.compile("[^/]+")))
    if not taken:
        raise UsageError(
            "The pattern {text!r} has no field; write it like {{subject}}_{{date:%Y%m%d}}_{{view}}.", text=text
        )
    if len(pieces) > _MOST_PIECES:
        raise UsageError(
            "The pattern {text!r} has more than {most} parts; write it like {{subject}}_{{date:%Y%m%d}}_{{view}}.",
            text=text,
            most=_MOST_PIECES,
        )
    return NamePattern(text, tuple(pieces), text.count("/") + 1)


def _check_field(text: str, field: str, conversion: str | None, *, taken: set[str]) -> None:
    if conversion or not field.isidentifier():
        raise UsageError(
            "In the pattern {text!r} the field {{{field}}} must be a plain word such as {{subject}}.",
            text=text,
            field=field,
        )
    if field in taken:
        raise UsageError("In the pattern {text!r} the field {{{field}}} appears twice.", text=text, field=field)
    if field != "_":
        taken.add(field)


def _date_regex(text: str, form: str) -> str:
    if not form:
        return _PLAIN_DATE
    regex = ""
    for directive, letters in re.findall(r"%(.?)|([^%]+)", form):
        if not letters and directive not in _DIRECTIVES:
            known = " ".join(f"%{d}" for d in _DIRECTIVES)
            raise UsageError(
                "In the pattern {text!r} the date form %{directive} is not known; use {known}.",
                text=text,
                directive=directive,
                known=known,
            )
        regex += re.escape(letters) or _DIRECTIVES[directive]
    return regex
