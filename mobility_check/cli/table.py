"""The readable answer of ``analyze``: the verdict, each leg's score, interval and reps, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import gettext as _
from mobility_check.results import wording
from mobility_check.results.reasons import told

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mobility_check.kinematics.landmarks import Side
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
    flags, step = _flags(result), next_step(result)
    told_already = any(flag.endswith(step) for flag in flags)  # of a leg, with its name in front
    for sentence in dict.fromkeys([*both, *flags, *([] if told_already else [step])]):
        console.print(f"• {sentence}", markup=False)
    console.print(f"{_(words.what_it_is)} {_('Not a medical device.')}", style="dim")


def next_step(result: Result) -> str:
    """One sentence on what to do next."""
    if result.status == "not_scored":
        return told(result.reasons[0]) if result.reasons else _("Film again and see mobility-check analyze --help.")
    open_points = [r for s in SIDES for r in result.sides[s].reasons] + list(result.reasons)
    if open_points:
        return told(open_points[0])
    return _("Measure again in four to six weeks, the same way.")


def _legs(result: Result, words: Description) -> Table:
    table = _table(wording.capital(_(words.measured)))
    table.add_column(_("leg"), no_wrap=True)
    table.add_column(_("score"), justify="right", no_wrap=True)
    table.add_column(_("95 % interval"), no_wrap=True)
    table.add_column(_("best"), justify="right", no_wrap=True)
    for name in (_("counted"), _("view"), ""):
        table.add_column(name, no_wrap=True)
    for side in SIDES:
        s = result.sides[side]
        counted = sum(r.valid for r in s.reps)
        table.add_row(
            wording.side_word(side),
            f"[bold]{wording.degrees(s.score_deg)}[/]",
            wording.span(s.ci95_deg, of=s.score_deg),
            wording.degrees(s.best_deg),
            _("{counted} of {all}", counted=counted, all=len(s.reps)),
            wording.view_word(s.view) if s.view else "–",
            f"[{STATUS_STYLE[s.status]}]{wording.status_word(s.status)}[/]",
        )
    return table


def _reps(side: Side, s: SideResult, words: Description) -> Table:
    table = _table(f"{wording.leg_name(side)}, {_(words.reps)}")
    columns = words.columns[:SHOWN_COLUMNS]
    table.add_column(_("at"), justify="right", no_wrap=True)
    for column in columns:
        table.add_column(_(column.heading), justify="right")
    table.add_column(_("view"), no_wrap=True)
    table.add_column("")
    for rep in s.reps:
        numbers = [wording.number(getattr(rep, c.name), c) for c in columns]
        table.add_row(wording.seconds(rep.peak_s), *numbers, wording.view_word(rep.view), _remark(rep))
    return table


def _remark(rep: Rep) -> str:
    what = told(rep.reasons[0]) if rep.reasons else ""
    return f"[green]✓[/] {what}" if rep.valid else f"[red]✗ {_('not counted')}[/] {what}"


def _flags(result: Result) -> list[str]:
    """The reasons beside the legs where one has a number; a leg that was not kicked is told of the session."""
    sides = [
        f"{wording.capital(wording.leg_name(side))}: {told(r)}"
        for side in SIDES
        for r in result.sides[side].reasons
        if result.status != "not_scored" and r.code != "leg_not_kicked"
    ]
    return sides + [told(r) for r in result.reasons]


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
