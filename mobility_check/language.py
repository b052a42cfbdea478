"""The user's language: every sentence that is shown comes from the gettext catalogues in ``locales``.

English is the source language, so a message's id is its English text. A message is a whole sentence with named fields,
never joined from pieces: ``_("{count} clips in {folder}", count=3, folder=name)``. Where a text is kept before it is
shown (a constant, an option's help, a table of sentences) it is only marked there, ``N_("…")``, and translated where it
is shown. Errors of ours take the English sentence and its fields and are translated by ``shown``.

What programs read (JSON, CSV, FHIR, log lines) is English in every language: it is made without this module.
"""

from __future__ import annotations

import gettext as _gettext
import os
import re
import string
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2
    from babel import Locale

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
"""Code and own name; English and most of German were read through, the others are not reviewed yet."""
VARIABLE = "MOBILITY_CHECK_LANG"
OPTION = "--lang"
DOMAIN = "mobility_check"
FOLDER = Path(__file__).parent / "locales"
REGIONS = {"en": "en_GB"}
"""Where dates and numbers are not written as the bare language would have it."""
_NUMBER = re.compile(r"(?<=\d)\.(?=\d)")


class _State:
    """The one language of this process; a command line, an app or a worker sets it once at its start."""

    code = "en"
    catalogue: _gettext.NullTranslations = _gettext.NullTranslations()


_HERE: ContextVar[tuple[str, _gettext.NullTranslations] | None] = ContextVar("language", default=None)
"""The language of a block that speaks another one than the process."""


def N_(msgid: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Mark a text for the catalogues; whoever shows it translates it."""
    return msgid


def gettext(msgid: str, /, **values: object) -> str:
    """The sentence in the user's language with its fields filled in; numbers get the language's decimal sign."""
    text = _catalogue().gettext(msgid) if msgid else ""
    return _FILLER.vformat(text, (), values) if values else text


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The same for a sentence that depends on a count, which fills the field ``count``."""
    return _FILLER.vformat(_catalogue().ngettext(one, many, count), (), {"count": count, **values})


def pgettext(context: str, msgid: str, /, **values: object) -> str:
    """The same for a short text that means different things in different places."""
    text = _catalogue().pgettext(context, msgid)
    return _FILLER.vformat(text, (), values) if values else text


def retold(text: str, sentences: Iterable[str] | None = None) -> str:
    """An English sentence that was stored, in the user's language; as it is where no message fits.

    Args:
        text: the sentence with its fields filled in.
        sentences: the messages that it may be; all of the catalogue if not given.
    """
    catalogue = _catalogue()
    if type(catalogue) is _gettext.NullTranslations:
        return text
    if (known_as := gettext(text)) != text or not text:
        return known_as
    if sentences is None:
        sentences = [m for m in getattr(catalogue, "_catalog", ()) if isinstance(m, str) and "{" in m]
    fitting = ((m, found) for m in sorted(sentences, key=len, reverse=True) if (found := _pattern(m).fullmatch(text)))
    for sentence, found in fitting:
        return gettext(sentence, **{name: _retold_value(value) for name, value in found.groupdict().items()})
    return text


def _retold_value(value: str) -> str:
    """A value that was read back out of a sentence: a side, a place, a number, or a sentence of its own."""
    if value in ("left", "right"):
        return pgettext("the … leg", "left") if value == "left" else pgettext("the … leg", "right")
    return local_digits(value) if re.fullmatch(r"[-−+±–\d.,°]+", value) else retold(value)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    """Matches a message with its fields filled in; one that is nothing but fields matches nothing."""
    text, seen = "", set[str]()
    for literal, name, _spec, _conversion in string.Formatter().parse(sentence):
        text += re.escape(literal)
        if name is not None:
            text += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
            seen.add(name)
    letters = re.sub(r"\(\?P[^)]*\)", "", text)
    return re.compile(text if re.search("[A-Za-z]{3}", letters) else "(?!)", re.DOTALL)


class _Filler(string.Formatter):
    """``str.format`` with the language's decimal sign."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        return local_digits(text) if isinstance(value, float) else text


_FILLER = _Filler()


def local_digits(text: str) -> str:
    """A text with the decimal points between its digits in the language's own sign."""
    sign = _decimal_sign(current_language())
    return text if sign == "." else _NUMBER.sub(sign, text)


def number(value: float, digits: int) -> str:
    """A number with so many decimals."""
    return local_digits(f"{value:.{digits}f}")


def long_date(day: date) -> str:
    """``26 October 2026``."""
    from babel.dates import format_date

    return format_date(day, "long", locale=locale())


def date_as(day: date, skeleton: str) -> str:
    """A date with the parts that a CLDR skeleton names, in the order of the language, e.g. ``MMMd``: ``26 Oct``."""
    from babel.dates import format_skeleton

    moment = datetime(day.year, day.month, day.day)  # a skeleton takes no bare date
    return format_skeleton(skeleton, moment, locale=locale())


def month(day: date) -> str:
    """The month by its name alone."""
    from babel.dates import format_date

    return format_date(day, "LLLL", locale=locale())


def locale() -> Locale:
    """What Babel knows about the language."""
    from babel import Locale

    code = current_language()
    return Locale.parse(REGIONS.get(code, code if code in LANGUAGES else REGIONS["en"]))


@lru_cache
def _decimal_sign(code: str) -> str:
    if code not in LANGUAGES or code == "en":
        return "."
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(code)


def current_language() -> str:
    """The code of the user's language."""
    here = _HERE.get()
    return here[0] if here else _State.code


def _catalogue() -> _gettext.NullTranslations:
    here = _HERE.get()
    return here[1] if here else _State.catalogue


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """This language in the block, whatever that of the process: English for what programs read.

    Raises:
        UsageError: there is no such language.
    """
    code = known(code)
    token = _HERE.set((code, _load(code)))
    try:
        yield
    finally:
        _HERE.reset(token)


@lru_cache
def _load(code: str) -> _gettext.NullTranslations:
    return _gettext.NullTranslations() if code == "en" else _gettext.translation(DOMAIN, str(FOLDER), [code])


def use_language(code: str) -> None:
    """Show everything in this language from now on.

    Raises:
        UsageError: there is no such language.
    """
    code = known(code)
    use_catalogue(code, _load(code))


def use_catalogue(code: str, catalogue: _gettext.NullTranslations) -> None:
    """Show everything as this catalogue has it."""
    _State.code, _State.catalogue = code, catalogue


def templates(folder: Path) -> jinja2.Environment:
    """The HTML templates of a folder, which may translate; what they do not know is an error."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"_": gettext, "ngettext": ngettext, "language": current_language}
    return made


def known(name: str) -> str:
    """The code of a language that is named like ``de``, ``de_AT.UTF-8`` or ``de-CH``.

    Raises:
        UsageError: there is no such language.
    """
    code = _code(name)
    if code is None:
        from mobility_check.errors import UsageError

        raise UsageError(
            "There is no language '{name}'; choose one of {languages}.", name=name, languages=", ".join(LANGUAGES)
        )
    return code


def take_option(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The value of ``--lang``, wherever it stands, and the arguments without it."""
    rest, asked = list(arguments), None
    end = rest.index("--") if "--" in rest else len(rest)
    for at in range(end - 1, -1, -1):
        name, equals, value = rest[at].partition("=")
        if name == OPTION and (equals or at + 1 < len(rest)):
            asked = asked or (value if equals else rest[at + 1])
            del rest[at : at + (1 if equals else 2)]
    return asked, rest


def preferred(environment: Mapping[str, str]) -> str:
    """The language of ``MOBILITY_CHECK_LANG``, else that of the system, else English.

    Raises:
        UsageError: the variable names no language that there is.
    """
    if asked := environment.get(VARIABLE):
        return known(asked)
    own = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    if not own:
        return _code(_windows_locale()) or "en"
    listed = (
        environment.get("LANGUAGE", "").split(":") if _code(own) or own.partition(".")[0] not in ("C", "POSIX") else []
    )
    return next((code for name in (*listed, own) if (code := _code(name))), "en")


def _code(name: str) -> str | None:
    code = re.split("[-_.@]", name, maxsplit=1)[0].lower()
    return code if code in LANGUAGES else None


def _windows_locale() -> str:
    if sys.platform != "win32":
        return ""
    import ctypes
    import locale as system

    return system.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")


def to_environment() -> None:
    """Let processes that this one starts speak the same language."""
    os.environ[VARIABLE] = _State.code
