"""Texts of the live check by code: English in ``prompts.toml``, the other languages in the catalogues."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mobility_check.language import current_language, gettext, speaking
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


def load_phrases(language: str | None = None) -> Phrases:
    """The texts in the user's language, or in another one.

    Raises:
        UsageError: there is no such language.
    """
    texts = load_texts()
    with speaking(language) if language else nullcontext():
        prompts = {code: {way: gettext(text) for way, text in row.items()} for code, row in texts["prompts"].items()}
        words, reasons = ({code: gettext(text) for code, text in texts[name].items()} for name in ("words", "reasons"))
        return Phrases(language=current_language(), prompts=prompts, words=words, reasons=reasons)


def load_texts() -> dict[str, dict[str, Any]]:
    """The English texts, by kind and code."""
    text = resources.files("mobility_check.live").joinpath("prompts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
