"""Texts of the live check by code, and which prompt is shown and spoken when: never too often, never a stale one.

English is in ``prompts.toml``, the other languages in the catalogues.
"""

from __future__ import annotations

import dataclasses
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from mobility_check.language import gettext
from mobility_check.live.view import Prompt

FILE = Path(__file__).with_name("prompts.toml")
SETTLE_S = 0.6
"""A new standing prompt must hold for this long before it is spoken, so that flicker is not read out."""
QUIET_S = 2.5
"""Pause after any spoken prompt before a standing prompt speaks."""
FLASH_S = 2.0
"""How long the outcome of a kick stays on the screen."""


@cache
def load_texts() -> dict[str, dict[str, Any]]:
    """The English texts: prompts (shown and spoken), words (labels that are only shown), and reasons in live words."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def prompt(code: str, *, urgent: bool = False, **values: object) -> Prompt:
    """The prompt of that code with its values filled in; without a ``say`` line it is shown only."""
    row = load_texts()["prompts"][code]
    return Prompt(code, gettext(row["show"], **values), gettext(row.get("say", ""), **values), urgent)


def not_counted(code: str) -> Prompt:
    """The prompt of a kick that was not counted, with what to do better."""
    return dataclasses.replace(prompt("not_counted", why=reason(code)), code=code)


def reason(code: str) -> str:
    """What to do better, for a code of ``results.reasons``."""
    reasons = load_texts()["reasons"]
    return gettext(reasons.get(code, reasons["other"]))


def word(code: str, **values: object) -> str:
    """A label."""
    return gettext(load_texts()["words"][code], **values)


def count_word(count: int) -> str:
    """A small number as it is spoken."""
    code = f"count_{count}"
    return word(code) if code in load_texts()["words"] else f"{count}."


class Prompter:
    """Mixes standing prompts (what to do now) with flashes (what just happened)."""

    def __init__(self) -> None:
        self._standing: Prompt | None = None
        self._flash: Prompt | None = None
        self._due: Prompt | None = None
        self._spoken: Prompt | None = None
        self._standing_since_s = self._flash_until_s = 0.0
        self._spoken_s = -1e9

    def flash(self, prompt: Prompt, *, time_s: float, for_s: float = FLASH_S) -> None:
        """Show this for a moment and speak it at once."""
        self._flash = self._due = prompt
        self._flash_until_s = time_s + for_s

    def update(self, standing: Prompt, *, time_s: float, repeat_s: float) -> tuple[Prompt, Prompt | None]:
        """What to show and what to speak in this picture, given what the person should do now."""
        if self._standing is None or standing.code != self._standing.code:
            self._standing_since_s = time_s
        self._standing = standing
        showing = self._flash if self._flash and time_s < self._flash_until_s else standing
        due, self._due = self._due, None
        if due is None and showing is standing and time_s - self._standing_since_s >= SETTLE_S:
            again = self._spoken is not None and self._spoken.code == standing.code
            if time_s - self._spoken_s >= (repeat_s if again else QUIET_S):
                due = standing
        if due is None or not due.say:
            return showing, None
        self._spoken, self._spoken_s = due, time_s
        return showing, due
