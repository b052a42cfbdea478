"""Finds every message of the package: marked texts in Python and templates, and the help texts of the commands."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

from mobility_check.cli import build
from mobility_check.cli.help import help_parts
from mobility_check.errors import MobilityCheckError
from mobility_check.report.advice import NO_WORDS

PACKAGE = Path(__file__).resolve().parent.parent / "mobility_check"
HEADER = "# Messages of mobility-check; written by: python -m catalogues update"
CREATED = datetime(2026, 11, 26, tzinfo=UTC)
"""A fixed date, so that an update without a change changes nothing."""


def template() -> Catalog:
    """All messages of the package, each with the files that hold it."""
    catalog = Catalog(charset="utf-8", creation_date=CREATED, header_comment=HEADER)
    for path in sorted(PACKAGE.rglob("*")):
        where = [(path.relative_to(PACKAGE.parent).as_posix(), 1)]
        if path.suffix == ".toml":
            for text in dict.fromkeys(_texts(tomllib.loads(path.read_text(encoding="utf-8")))):
                catalog.add(text, locations=where)
        if path.suffix == ".py":
            for message, context in _marked(path):
                catalog.add(message, locations=where, context=context)
        if path.suffix == ".j2":
            found = extract_from_file("jinja2", path, keywords=keywords(), options={"encoding": "utf-8"})
            for _, message, _comments, context in found:
                catalog.add(message, locations=where, context=context)
    for text in dict.fromkeys(help_texts(typer.main.get_command(build()))):
        catalog.add(text, locations=[("mobility_check/cli", 1)])
    for entry in catalog:
        entry.flags.discard("python-format")  # a bare "%" is no field: ours are in braces
    return catalog


def _marked(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """The messages of a module with their contexts, also those inside f-strings, which Babel's reader passes over."""
    known, tree = keywords(), ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in known and call.args and (texts := list(_constants(call.args[:2]))):
            if name == "pgettext":
                yield texts[1], texts[0]
            else:
                yield tuple(texts) if name == "ngettext" else texts[0], None


def _constants(arguments: Sequence[ast.expr]) -> Iterator[str]:
    """The texts at the beginning of a call's arguments."""
    for argument in arguments:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            return
        yield argument.value


def _texts(content: Any) -> Iterator[str]:
    """Every text of a table of texts, without the names, addresses and signs that are no words."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _texts(value) if name not in NO_WORDS else ()
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)
    elif isinstance(content, str) and re.search("[A-Za-z]{2}|[a-z]", re.sub(r"\{\w+\}", "", content)):
        yield content


def keywords() -> dict[str, Any]:
    """The names that mark a message: gettext's own, and our errors, whose first argument is one.

    Those of the cluster are named, for loading them needs Dask.
    """
    errors = dict.fromkeys((*(c.__name__ for c in _below(MobilityCheckError)), "LostClusterError"))
    plural, context = (1, 2), ((1, "c"), 2)
    return {"_": None, "N_": None, "gettext": None, "ngettext": plural, "pgettext": context, **errors}


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def help_texts(command: Any) -> Iterator[str]:
    """The help of a command, of its options and of the commands below it."""
    yield from help_parts(command.help)
    for parameter in command.params:
        yield from help_parts(parameter.help)
    for child in getattr(command, "commands", {}).values():
        yield from help_texts(child)
