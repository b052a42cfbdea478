from __future__ import annotations

import ast
import re
from datetime import date

import pytest
import typer

from catalogues import __main__ as catalogues
from catalogues.extract import PACKAGE, keywords, template
from catalogues.faults import forms
from mobility_check import language
from mobility_check.cli import build
from mobility_check.cli.commands import COMMANDS, top_help
from mobility_check.errors import InputError, UsageError
from mobility_check.results.reasons import MESSAGES, reason, told
from mobility_check.results.result import Reason
from tests import pseudo
from tests.pseudo import left_over

NAMES = {"mobility-check", "OPTIONS", "COMMAND", "ARGS", "Usage"}
TYPERS_OWN = ("help", "install_completion", "show_completion")
"""Options whose help is written anew where it is shown."""
ENGLISH = {
    "export/fhir.py": "what clinics' programs read",
    "export/markers.py": "the head of a file of markers",
    "app/launcher.py": "scripts that start the app",
    "cli/wrong_usage.py": "what Typer says, which is told in our own words",
    "assessments/descriptions.py": "names of the measure in FHIR; the other texts are marked",
}
"""Modules with English of their own."""
NO_SENTENCE = re.compile(
    r"""[<>=%;|_\[\]*\\:]|mobility-check |'self'|-src |^(bold|fig-|upper |offset |axes |system-ui|Google|Microsoft)|"""
    r"""^(SELECT|PRAGMA|INSERT|BEGIN|VACUUM)\b|yyyy"""
)
"""Mark-up, queries, rules for browsers, names of colours and places for drawing, commands, names of programs."""
CODES = {
    *("too far ahead", "no real trend", "moving away", "too few sessions", "no detectable difference", "the … leg"),
    *("not a database", "unable to open", "does not exist", "corrupt frame", "corrupt packet", "env var"),
    *("Sessions of mobility-check", "it must be a number", "Show this message and exit."),
    *("Expected `int`", "Expected `object`"),
}
"""Names of states, signs in what a driver, Typer or msgspec says, and what files tell of themselves."""
FOR_PROGRAMMERS = {
    *("has no attribute", "every length of the key was taken by another session", "time_s must rise strictly"),
    *("the measured person must be one of those in view", "has shape", "pairs; at least", "are needed"),
    *("landmarks or times have the wrong form", "the facts of the clip have the wrong form", "has the wrong form"),
    *("unpacks to more than a track can hold", "the clip has frames 0 to", ", asked for", "frames are not in the file"),
}
"""Errors of a wrong call in Python, and of files of ours for which the user gets a sentence of its own."""


@pytest.fixture
def pseudo_language():
    with pseudo.spoken():
        yield


def test_catalogues_are_fresh_complete_and_without_faults() -> None:
    assert list(catalogues.check()) == []


def commands(command, path=()):
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


def test_every_help_text_comes_from_the_catalogues(pseudo_language) -> None:
    for path, command in commands(typer.main.get_command(build())):
        texts = [command.help or "", *(p.help or "" for p in command.params if p.name not in TYPERS_OWN)]
        assert left_over(re.sub(r"\{[^{}]*\}", "", " ".join(texts))) <= NAMES, path
    left = re.sub(r"(?m)^  [-a-z, |]+(--help)?  ", "", top_help())
    assert {w for w in left_over(left) if w.islower()} <= {"mobility", "check", "analyze", "samples", "kickback"}


def test_errors_are_english_for_programs_and_the_users_language_for_people(pseudo_language) -> None:
    inner = UsageError("There is no setting '{name}'; known are {known}.", name="a", known="b")
    error = InputError(
        "In {where} something is not as it should be ({why}), so nothing was imported.", where="x", why=inner
    )
    assert str(error).startswith("In x something")
    assert left_over(error.shown) == set()


def trees():
    """The syntax trees of all modules, by name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_no_error_and_no_message_is_made_of_an_f_string() -> None:
    """The extraction passes over them, so they would stay English."""
    calls = ((name, n) for name, tree in trees() for n in ast.walk(tree) if isinstance(n, ast.Call) and n.args)
    wrong = [
        f"{name}:{call.lineno}"
        for name, call in calls
        if getattr(call.func, "id", "") in keywords()
        if any(isinstance(part, ast.JoinedStr) for part in ast.walk(call.args[0]))
    ]
    assert wrong == []


def sentences(tree: ast.AST):
    """Every text of two words that is no docstring, with its line."""
    explained = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in explained else None
        if isinstance(text, str) and re.search(r"[A-Za-z]{2,}[^A-Za-z]* [^A-Za-z]*[A-Za-z]{2,}", text):
            yield node.lineno, " ".join(text.split())


def test_every_sentence_in_the_code_is_in_the_catalogues() -> None:
    messages = {" ".join(text.split()) for m in template() for text in forms(m.id)}
    english = messages | CODES | FOR_PROGRAMMERS | {command.arguments for command in COMMANDS}
    found = ((name, *found) for name, tree in trees() if name not in ENGLISH for found in sentences(tree))
    assert [f for f in found if f[2] not in english and not NO_SENTENCE.search(f[2])] == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.j2")) + sorted(PACKAGE.rglob("*.js")), ids=lambda p: p.name)
def test_templates_and_scripts_hold_no_words_of_their_own(path) -> None:
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    script = text if path.suffix == ".js" else " ".join(re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL))
    said = re.findall(r""""([^"\n]*)"|'([^'\n]*)'""", re.sub(r"(?m)//.*$", "", script))
    own = [s for pair in said for s in pair if re.search("^[^#]*[a-z]{2,} [a-z]{2,}", s)]
    assert own in ([], ["use strict"])
    if path.suffix == ".j2":
        shown = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
        labels = re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"', shown)
        assert re.findall("[A-Za-z]{2,}", " ".join([re.sub("<[^>]*>", " ", shown), *labels])) == []


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
