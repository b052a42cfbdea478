"""Texts of the live check in the user's language, read from ``prompts.toml`` (one table per language)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mobility_check.errors import UsageError
from mobility_check.live.view import Prompt


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language: prompts (shown and spoken), words (labels that are only shown), and reasons in live words."""

    language: str
    prompts: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, str]
    reasons: Mapping[str, str]

    def prompt(self, code: str, *, urgent: bool = False, **values: object) -> Prompt:
        """The prompt of that code with its values filled in; without a ``say`` line it is shown only.

        Raises:
            KeyError: no such prompt.
        """
        row = self.prompts[code]
        return Prompt(code, row["show"].format(**values), row.get("say", "").format(**values), urgent)

    def not_counted(self, code: str) -> Prompt:
        """The prompt of a kick that was not counted, with what to do better."""
        why = self.reason(code)
        row = self.prompts["not_counted"]
        return Prompt(code, row["show"].format(why=why), row["say"].format(why=why))

    def reason(self, code: str) -> str:
        """What to do better, for a code of ``results.reasons``."""
        return self.reasons.get(code, self.reasons["other"])

    def count_word(self, count: int) -> str:
        """A small number as it is spoken."""
        return self.words.get(f"count_{count}", f"{count}.")

    def word(self, code: str, **values: object) -> str:
        """A label.

        Raises:
            KeyError: no such label.
        """
        return self.words[code].format(**values)


def languages() -> tuple[str, ...]:
    """Codes of the languages in the data file, e.g. ``("en", "de")``."""
    return tuple(_tables())


def load_phrases(language: str = "en") -> Phrases:
    """The texts of one language.

    Raises:
        UsageError: the data file has no such language.
    """
    tables = _tables()
    if language not in tables:
        raise UsageError(
            "There are no live prompts in '{language}'; choose one of {tables}.",
            language=language,
            tables=", ".join(tables),
        )
    table = tables[language]
    return Phrases(language=language, prompts=table["prompts"], words=table["words"], reasons=table["reasons"])


def _tables() -> dict[str, Any]:
    text = resources.files("mobility_check.live").joinpath("prompts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
