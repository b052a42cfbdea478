"""The readable answer of ``analyze``: the verdict, each leg's score, interval and reps, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.results import wording

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mobility_check.results.description import Description
    from mobility_check.results.result import Rep, Result, SideResult

STATUS_STYLE = {"scored": "bold green", "limited": "bold yellow", "not_scored": "bold red"}
SHOWN_COLUMNS = 4
"""Numbers of a rep that fit a terminal; the rest is in JSON and in the report."""


def print_result(result: Result, console: Console) -> None:
    """Print the whole answer of a session."""
    words = describe(result.test)
    console.print()
    console.print(wording.headline(result, words), style="bold", markup=False)
    console.print(_legs(result, words))
    for side in SIDES:
        if result.sides[side].reps:
            console.print(_reps(side, result.sides[side], words))
    both = [wording.meaning(result)] if len(wording.measured_sides(result)) == len(SIDES) else []
    for sentence in dict.fromkeys([*both, *_flags(result), next_step(result)]):
        console.print(f"• {sentence}", markup=False)
    console.print(f"{words.what_it_is} Not a medical device.", style="dim")


def next_step(result: Result) -> str:
    """One sentence on what to do next."""
    if result.status == "not_scored":
        return result.reasons[0].message if result.reasons else "Film again and see mobility-check analyze --help."
    open_points = [r for s in SIDES for r in result.sides[s].reasons] + list(result.reasons)
    if open_points:
        return open_points[0].message
    return "Measure again in four to six weeks, the same way."


def _legs(result: Result, words: Description) -> Table:
    table = _table(words.measured.capitalize())
    for name in ("leg", "score", "95 % interval", "best", "counted", "view", ""):
        table.add_column(name, justify="right" if name in ("score", "best") else "left", no_wrap=True)
    for side in SIDES:
        s = result.sides[side]
        counted = sum(r.valid for r in s.reps)
        table.add_row(
            side,
            f"[bold]{wording.degrees(s.score_deg)}[/]",
            wording.span(s.ci95_deg, of=s.score_deg),
            wording.degrees(s.best_deg),
            f"{counted} of {len(s.reps)}",
            s.view or "–",
            f"[{STATUS_STYLE[s.status]}]{wording.STATUS_WORDS[s.status]}[/]",
        )
    return table


def _reps(side: str, s: SideResult, words: Description) -> Table:
    table = _table(f"{side} leg, {words.reps}")
    columns = words.columns[:SHOWN_COLUMNS]
    for name in ("at", *(c.heading for c in columns), "view", ""):
        table.add_column(name, justify="left" if name in ("view", "") else "right", no_wrap=name in ("at", "view"))
    for rep in s.reps:
        numbers = [wording.number(getattr(rep, c.name), c) for c in columns]
        table.add_row(f"{rep.peak_s:.1f} s", *numbers, rep.view, _remark(rep))
    return table


def _remark(rep: Rep) -> str:
    what = rep.reasons[0].message if rep.reasons else ""
    return f"[green]✓[/] {what}" if rep.valid else f"[red]✗ not counted[/] {what}"


def _flags(result: Result) -> list[str]:
    """The reasons beside the legs where one has a number; a leg that was not kicked is told of the session."""
    sides = [
        f"{side.capitalize()} leg: {r.message}"
        for side in SIDES
        for r in result.sides[side].reasons
        if result.status != "not_scored" and r.code != "leg_not_kicked"
    ]
    return sides + [r.message for r in result.reasons]


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
