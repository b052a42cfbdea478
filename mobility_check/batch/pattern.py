"""Reads subject, date and side from file names: ``{subject}_{date:%Y%m%d}_{view}``. Pure."""

from __future__ import annotations

import calendar
import re
import string
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import N_
from mobility_check.names import SIDE_WORDS, YEARS

_DIRECTIVES = {
    "Y": r"(?:19|20)\d{2}",
    "m": r"(?:0[1-9]|1[0-2])",
    "d": r"(?:0[1-9]|[12]\d|3[01])",
    "j": r"\d{3}",
    **dict.fromkeys("yHMS", r"\d{2}"),
    "b": f"(?i:{'|'.join(calendar.month_abbr[1:])})",
    "B": f"(?i:{'|'.join(calendar.month_name[1:])})",
    "%": "%",
}
_ISO = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")
_PLAIN_DATE = r"\d{4}-\d{2}-\d{2}|(?:19|20)\d{6}"
_NO_SIDE = {"", "both", "b"}


def read_date(text: str, *, form: str = "") -> date:
    """A day written as in ``form``; without it as 2026-08-03, 20260803, 2026/08/03 or 03.08.2026, with a time or not.

    Raises:
        ValueError: it is written otherwise (03/08/2026 could be March or August), or is no day of a test.
    """
    for known in (form,) if form else _ISO:
        try:
            day = datetime.strptime(text.strip(), known).date()
        except ValueError:
            continue
        if day.year in YEARS:
            return day
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
class NamePattern:
    """A compiled pattern.

    Attributes:
        text: as the user wrote it.
        regex: with a group for each field.
        date_form: how the date is written, for ``strptime``; empty for any that :func:`read_date` knows.
    """

    text: str
    regex: re.Pattern[str]
    date_form: str

    def read(self, path: str) -> dict[str, str] | None:
        """The fields of a path (its suffix is ignored; dates become ISO), or None where the pattern does not fit.

        As many trailing parts of the path (folders and the name) are looked at as the pattern has.
        """
        pure, parts = PurePosixPath(path.replace("\\", "/")), self.text.count("/") + 1
        found = self.regex.fullmatch("/".join([*pure.parent.parts, pure.stem][-parts:]))
        if not found:
            return None
        fields = {field: text.strip() for field, text in found.groupdict().items()}
        try:
            if written := fields.get("date"):
                fields["date"] = read_date(written, form=self.date_form).isoformat()
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
        parsed = list(string.Formatter().parse(text))
    except ValueError as e:
        example = "{subject}_{date:%Y%m%d}"
        raise UsageError(
            "The pattern {text!r} cannot be read ({why}); write it like {example}.", text=text, why=e, example=example
        ) from e
    # Each block but the last is an atomic group: an open field ends where what follows it is found first, and stays so.
    # Otherwise a name that almost fits five open fields would be cut in each of some 10¹¹ ways.
    blocks, date_form, taken, after_open = [""], "", set[str](), False
    for literal, field, spec, conversion in parsed:
        blocks[-1] += re.escape(literal.replace("\\", "/"))
        after_open = after_open and not literal
        if field is None:
            continue
        fault = ""
        if not field.isidentifier() or conversion:
            fault = N_("In the pattern {text!r} the field {{{field}}} must be a plain word such as {{subject}}.")
        elif field in taken:
            fault = N_("In the pattern {text!r} the field {{{field}}} appears twice.")
        elif after_open and field != "date":
            fault = N_("In the pattern {text!r} nothing separates {{{field}}} from the field before it.")
        elif spec and field != "date":
            fault = N_("In the pattern {text!r} only {{date}} takes a form after the colon, not {{{field}}}.")
        if fault:
            raise UsageError(fault, text=text, field=field)
        taken |= {field} - {"_"}
        after_open = field != "date"
        if field == "date":
            date_form = spec or ""
            blocks[-1] += f"(?P<date>{_date_regex(text, date_form)})"
        else:
            blocks.append("[^/]+?" if field == "_" else f"(?P<{field}>[^/]+?)")
    if not taken:
        raise UsageError(
            "The pattern {text!r} has no field; write it like {{subject}}_{{date:%Y%m%d}}_{{view}}.", text=text
        )
    regex = "".join(f"(?>{block})" for block in blocks[:-1]) + blocks[-1]
    return NamePattern(text, re.compile(regex), date_form)


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
