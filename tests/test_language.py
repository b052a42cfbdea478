from __future__ import annotations

import ast
import gettext
import io
import re
from datetime import date

import pytest
import typer
from rich.console import Console

from catalogues import __main__ as catalogues
from catalogues.extract import PACKAGE, keywords
from mobility_check import language
from mobility_check.cli import build
from mobility_check.cli.commands import top_help
from mobility_check.cli.table import print_result
from mobility_check.errors import InputError, UsageError
from mobility_check.report import ReportData, render
from mobility_check.results.reasons import MESSAGES, reason, told
from mobility_check.results.result import Reason
from synthetic.factories import make_result

NAMES = {"mobility-check", "OPTIONS", "COMMAND", "ARGS", "Usage"}
TYPERS_OWN = ("help", "install_completion", "show_completion")
"""Options whose help is written anew where it is shown."""


class Pseudo(gettext.NullTranslations):
    """Every message in brackets, so that what is not in them did not come from a catalogue."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"


@pytest.fixture
def pseudo():
    language.use_catalogue("xx", Pseudo())
    yield
    language.use_language("en")


def outside(text: str) -> str:
    """What of a text stands in no brackets."""
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = inner
    return text


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{3,}", outside(text)))


def test_catalogues_are_fresh_complete_and_without_faults() -> None:
    assert list(catalogues.check()) == []


def commands(command, path=()):
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


def test_every_help_text_comes_from_the_catalogues(pseudo) -> None:
    for path, command in commands(typer.main.get_command(build())):
        texts = [command.help or "", *(p.help or "" for p in command.params if p.name not in TYPERS_OWN)]
        assert {w for t in texts for w in words(t)} <= NAMES, path
    left = re.sub(r"(?m)^  [-a-z, |]+(--help)?  ", "", top_help())
    assert {w for w in words(left) if w.islower()} <= {"mobility", "check", "analyze", "samples", "kickback"}


def test_the_answer_in_the_terminal_comes_from_the_catalogues(pseudo) -> None:
    console = Console(width=1000, record=True, file=io.StringIO())
    print_result(make_result(18.4, 12.9), console)
    assert words(console.export_text()) == set()


def test_the_report_comes_from_the_catalogues(pseudo) -> None:
    html = render(ReportData(result=make_result(18.4, 12.9), subject="P-17", day=date(2026, 10, 26)))
    body = html[html.index("<body") : html.index('<script type="application/json"')]
    shown = re.sub(r"<(style|script)\b.*?</\1>", " ", body, flags=re.DOTALL)
    labels = " ".join(re.findall(r'(?:aria-label|alt|title)="([^"]*)"', shown))
    text = re.sub(r'<section id="method".*', " ", shown, flags=re.DOTALL) + shown[shown.index("<footer") :]
    for part in (re.sub(r"<[^>]*>", " ", text), labels):
        without_headings = re.sub(r"⟦(Trunk lean|Kicking knee|Standing knee):", " ", part)  # cut before their comma
        assert words(without_headings) - {"October"} == set()
    assert '<html lang="xx">' in html


def test_errors_are_english_for_programs_and_the_users_language_for_people(pseudo) -> None:
    inner = UsageError("There is no setting '{name}'; known are {known}.", name="a", known="b")
    error = InputError(
        "In {where} something is not as it should be ({why}), so nothing was imported.", where="x", why=inner
    )
    assert str(error).startswith("In x something")
    assert words(error.shown) == set()


def test_no_error_and_no_message_is_made_of_an_f_string() -> None:
    """The extraction passes over them, so they would stay English."""
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
            if name in keywords() and node.args and isinstance(node.args[0], ast.JoinedStr):
                wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert wrong == []


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "es_ES"}, "es"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C", "LANGUAGE": "de"}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "en"),
        ({"LANG": "pt_BR.UTF-8", "LANGUAGE": "pt:fr:en"}, "fr"),
        ({"LANG": "de_DE", "MOBILITY_CHECK_LANG": "es"}, "es"),
    ],
)
def test_the_language_is_that_of_the_variable_then_of_the_system(environment, code) -> None:
    assert language.preferred(environment) == code


def test_the_option_is_taken_wherever_it_stands() -> None:
    assert language.take_option(["--lang", "de", "live"]) == ("de", ["live"])
    assert language.take_option(["history", "list", "--lang=fr"]) == ("fr", ["history", "list"])
    assert language.take_option(["analyze", "--", "--lang"]) == (None, ["analyze", "--", "--lang"])
    with pytest.raises(UsageError, match="choose one of en, de, es, fr"):
        language.use_language("xx")


def test_numbers_and_dates_are_written_as_the_language_does() -> None:
    from mobility_check.results import wording

    day = date(2026, 8, 3)
    with language.speaking("de"):
        assert wording.degrees(-17.24) == "−17,2°"
        assert wording.long_date(day) == "3. August 2026"
        assert wording.since(day, date(2026, 10, 26)) == "seit August"
    with language.speaking("fr"):
        assert wording.long_date(day) == "3 août 2026"
    assert wording.degrees(-17.24) == "−17.2°"


def test_a_stored_reason_is_told_in_another_language_with_its_values() -> None:
    stored = Reason("knee_bent", reason("knee_bent", value="14.5", limit="12").message)
    with language.speaking("de"):
        assert "14,5°" in told(stored)
        assert told(stored) != stored.message
        assert told(Reason("knee_bent", "Words of an older version.")) == "Words of an older version."
    assert told(stored) == stored.message
    assert set(MESSAGES) >= {"knee_bent"}
