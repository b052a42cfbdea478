"""Texts of the live check by code, and which prompt is shown and spoken when: never too often, never a stale one.

English is in ``prompts.toml``, the other languages in the catalogues.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import gettext
from mobility_check.live.view import Prompt
from mobility_check.results import wording
from mobility_check.results.result import Result

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
        self._standing_code = self._spoken_code = ""
        self._flash: Prompt | None = None
        self._due: Prompt | None = None
        self._standing_since_s = self._flash_until_s = 0.0
        self._spoken_s = -1e9

    def flash(self, prompt: Prompt, *, time_s: float, for_s: float = FLASH_S) -> None:
        """Show this for a moment and speak it at once."""
        self._flash = self._due = prompt
        self._flash_until_s = time_s + for_s

    def update(self, standing: Prompt, *, time_s: float, repeat_s: float) -> tuple[Prompt, Prompt | None]:
        """What to show and what to speak in this picture, given what the person should do now."""
        if standing.code != self._standing_code:
            self._standing_code, self._standing_since_s = standing.code, time_s
        showing = self._flash if self._flash and time_s < self._flash_until_s else standing
        due, self._due = self._due, None
        settled = showing is standing and time_s - self._standing_since_s >= SETTLE_S
        pause_s = repeat_s if standing.code == self._spoken_code else QUIET_S
        if due is None and settled and time_s - self._spoken_s >= pause_s:
            due = standing
        if due is None or not due.say:
            return showing, None
        self._spoken_code, self._spoken_s = due.code, time_s
        return showing, due


@dataclass(frozen=True, slots=True)
class EndCard:
    """What the end card says, and what is said aloud."""

    lines: tuple[str, ...]
    say: str
    scored: bool


def end_card(
    result: Result, *, changes: Mapping[Side, wording.Change] | None = None, subject: str | None = None
) -> EndCard:
    """Lines and spoken text for a result, with changes since the last comparable session of who it was saved for."""
    scores, spoken = [], []
    for side in SIDES:
        row, leg = result.sides[side], word(f"leg_{side}")
        if row.score_deg is None:
            scores.append(word("no_score_line", leg=leg))
        else:
            scores.append(word("score_line", leg=leg, score=wording.with_margin(row.score_deg, row.ci95_deg)))
            spoken.append(word("say_score", leg=leg, score=wording.whole(row.score_deg)))
    lines = [wording.comparison(result, describe(result.test))]
    for side, change in (changes or {}).items():
        size, verdict = wording.degrees(change.change_deg, signed=True), wording.change_words(change)
        lines.append(word("change_line", leg=word(f"leg_{side}"), change=size, verdict=verdict))
    lines += _not_counted(result)
    aloud = [f"{line.rstrip('.')}." for line in lines]
    say = " ".join([*spoken, *aloud]).replace("±", word("give_or_take")).replace("°", word("degrees"))
    saved = [] if subject is None else [word("saved_line", subject=subject)]
    return EndCard((*scores, *lines, *saved), say, scored=result.status != "not_scored")


def _not_counted(result: Result) -> Iterator[str]:
    """Per leg what to do better, for its kicks that were not counted or for having none; then what limits the score."""
    if not any(result.sides[side].reps for side in SIDES):
        yield from (reason(r.code) for r in result.reasons[:1])
        return
    for side in SIDES:
        row = result.sides[side]
        why = Counter(reason(r.reasons[0].code) for r in row.reps if not r.valid and r.reasons)
        leg = word(f"leg_{side}")
        if why:
            yield word("not_counted_line", leg=leg, why=", ".join(f"{n}\u00a0× {x}" for x, n in why.most_common()))
        elif row.score_deg is None and row.reasons:
            yield word("missing_line", leg=leg, why=reason(row.reasons[0].code))
    if scored := [leg for leg in result.sides.values() if leg.score_deg is not None]:
        limits = [r.code for r in (*(r for leg in scored for r in leg.reasons), *result.reasons)]
        if known := dict.fromkeys(reason(code) for code in limits if code in load_texts()["reasons"]):
            yield word("limits_line", why=", ".join(known))
