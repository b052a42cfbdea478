"""The end screen in words: both legs, their difference, and the change against the last session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.live.prompts import Phrases
from mobility_check.live.runner import Closing
from mobility_check.results.result import Result


class Change(Protocol):
    """A change between two sessions with its verdict, as ``history.progress`` gives it."""

    @property
    def change_deg(self) -> float:
        """Degrees, + is more extension."""
        ...

    @property
    def verdict(self) -> str:
        """In the fixed words of ``history.progress.Verdict``."""
        ...


def closing(
    result: Result, *, phrases: Phrases, changes: Mapping[Side, Change] | None = None, subject: str | None = None
) -> Closing:
    """Lines and spoken text for a result.

    Args:
        result: the measured session.
        phrases: the user's language.
        changes: from this person's last comparable session to this one.
        subject: set when the result was saved for somebody.
    """
    lines = [_score_line(result, side, phrases) for side in SIDES]
    if result.asymmetry.difference_deg is not None:
        lines.append(phrases.word("difference_line", value=f"{abs(result.asymmetry.difference_deg):.1f}"))
    for side in SIDES:
        if changes and side in changes:
            lines.append(_change_line(changes[side], side, phrases))
    if subject is not None:
        lines.append(phrases.word("saved_line", subject=subject))
    if result.status == "not_scored":
        lines.extend(reason.message for reason in result.reasons[:2])
    return Closing(tuple(lines), _spoken(result, phrases), result.status != "not_scored")


def _score_line(result: Result, side: Side, phrases: Phrases) -> str:
    leg, row = phrases.word(f"leg_{side}"), result.sides[side]
    if row.score_deg is None or row.ci95_deg is None:
        return phrases.word("no_score_line", leg=leg)
    half = (row.ci95_deg[1] - row.ci95_deg[0]) / 2
    return phrases.word("score_line", leg=leg, score=f"{row.score_deg:.1f}", half=f"{half:.1f}")


def _change_line(change: Change, side: Side, phrases: Phrases) -> str:
    value = f"{change.change_deg:+.1f}"
    verdict = phrases.word(change.verdict.replace(" ", "_"))
    return phrases.word("change_line", leg=phrases.word(f"leg_{side}"), change=value, verdict=verdict)


def _spoken(result: Result, phrases: Phrases) -> str:
    scores = {side: result.sides[side].score_deg for side in SIDES}
    return " ".join(
        phrases.word("say_score", leg=phrases.word(f"leg_{side}"), score=f"{score:.0f}")
        for side, score in scores.items()
        if score is not None
    )
