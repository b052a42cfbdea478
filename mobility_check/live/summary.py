"""The end card in words: both legs, the verdict, the change since last time, and what was not counted and why.

Every decision and its words are those of ``results.wording``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.live.prompts import reason, word
from mobility_check.results import wording
from mobility_check.results.result import Result


@dataclass(frozen=True, slots=True)
class EndCard:
    """What the end card says, and what is said aloud."""

    lines: tuple[str, ...]
    say: str
    scored: bool


def end_card(
    result: Result,
    *,
    changes: Mapping[Side, wording.Change] | None = None,
    subject: str | None = None,
) -> EndCard:
    """Lines and spoken text for a result, with changes since the person's last comparable session.

    ``subject`` is set when the result was saved for somebody.
    """
    verdict, missing = wording.comparison(result, describe(result.test)), list(_not_counted(result))
    changed = [_change(changes[side], side) for side in SIDES if changes and side in changes]
    saved = [] if subject is None else [word("saved_line", subject=subject)]
    lines = (*(_score(result, side) for side in SIDES), verdict, *changed, *missing, *saved)
    spoken = [
        word("say_score", leg=word(f"leg_{side}"), score=wording.whole(score))
        for side in wording.measured_sides(result)
        if (score := result.sides[side].score_deg) is not None
    ]
    aloud = [
        line.replace("±", word("give_or_take")).replace("°", word("degrees")) for line in (verdict, *changed, *missing)
    ]
    say = " ".join([*spoken, *(f"{line.rstrip('.')}." for line in aloud)])
    return EndCard(lines, say, scored=result.status != "not_scored")


def _score(result: Result, side: Side) -> str:
    row, leg = result.sides[side], word(f"leg_{side}")
    if row.score_deg is None:
        return word("no_score_line", leg=leg)
    return word("score_line", leg=leg, score=wording.with_margin(row.score_deg, row.ci95_deg))


def _change(change: wording.Change, side: Side) -> str:
    size = wording.degrees(change.change_deg, signed=True)
    verdict = wording.verdict_words(change.verdict, change.change_deg)
    return word("change_line", leg=word(f"leg_{side}"), change=size, verdict=verdict)


def _not_counted(result: Result) -> Iterator[str]:
    """Per leg, what to do better: for its kicks that were not counted, or for having none."""
    if not any(result.sides[side].reps for side in SIDES):
        yield from (reason(r.code) for r in result.reasons[:1])
        return
    for side in SIDES:
        row = result.sides[side]
        why = Counter(reason(r.reasons[0].code) for r in row.reps if not r.valid and r.reasons)
        leg = word(f"leg_{side}")
        if why:
            told = ", ".join(f"{n}\u00a0× {text}" for text, n in why.most_common())
            yield word("not_counted_line", leg=leg, why=told)
        elif row.score_deg is None and row.reasons:
            yield word("missing_line", leg=leg, why=reason(row.reasons[0].code))
