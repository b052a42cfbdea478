"""The readable answer of ``analyze``: each leg's score, interval and kicks, the difference, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_check.kinematics.landmarks import SIDES
from mobility_check.report.wording import DIFFERENCE_WORDS, degrees, difference_kind, meaning, plus_minus
from mobility_check.results.result import KICK_BACK

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mobility_check.results.result import Rep, Result, SideResult

STATUS_STYLE = {"scored": "bold green", "limited": "bold yellow", "not_scored": "bold red"}
STATUS_TEXT = {"scored": "measured", "limited": "limited", "not_scored": "not measured"}


def print_result(result: Result, console: Console) -> None:
    """Print the whole answer of a session."""
    motion = "extension" if result.test == KICK_BACK else "flexion"
    console.print()
    console.print(_legs(result, motion))
    for side in SIDES:
        if result.sides[side].reps:
            console.print(_reps(side, result.sides[side], motion))
    if result.asymmetry.difference_deg is not None:
        console.print(_difference(result))
    for sentence in dict.fromkeys([*_flags(result), next_step(result)]):
        console.print(f"• {sentence}", markup=False)
    console.print(
        f"Apparent hip {motion} (thigh on trunk, with pelvis and lower back in it). Not a medical device.", style="dim"
    )


def next_step(result: Result) -> str:
    """One sentence on what to do next."""
    if result.status == "not_scored":
        return result.reasons[0].message if result.reasons else "Film again and see mobility-check analyze --help."
    open_points = [r for s in SIDES for r in result.sides[s].reasons] + list(result.reasons)
    if open_points:
        return open_points[0].message
    return f"{meaning(result)} Measure again in four to six weeks, the same way."


def _legs(result: Result, motion: str) -> Table:
    table = _table(f"Hip {motion}")
    for name in ("leg", "score", "95 % interval", "best", "counted", "view", ""):
        table.add_column(name, justify="right" if name in ("score", "best") else "left", no_wrap=True)
    for side in SIDES:
        s = result.sides[side]
        counted = sum(r.valid for r in s.reps)
        score = "–" if s.score_deg is None else f"{degrees(s.score_deg)} {plus_minus(s.ci95_deg)}"
        span = "–" if s.ci95_deg is None else f"{degrees(s.ci95_deg[0])} to {degrees(s.ci95_deg[1])}"
        table.add_row(
            side, f"[bold]{score}[/]", span, degrees(s.best_deg), f"{counted} of {len(s.reps)}", s.view or "–",
            f"[{STATUS_STYLE[s.status]}]{STATUS_TEXT[s.status]}[/]",
        )  # fmt: skip
    return table


def _reps(side: str, s: SideResult, motion: str) -> Table:
    table = _table(f"{side} leg, one by one")
    for name in ("at", motion, "trunk lean", "knee bend", "view", ""):
        table.add_column(name, justify="left" if name in ("view", "") else "right", no_wrap=name != "")
    for rep in s.reps:
        table.add_row(
            f"{rep.peak_s:.1f} s", f"{degrees(rep.value_deg)} {plus_minus(rep.ci95_deg)}",
            degrees(rep.trunk_lean_deg), degrees(rep.knee_flexion_deg), rep.view, _remark(rep),
        )  # fmt: skip
    return table


def _remark(rep: Rep) -> str:
    what = rep.reasons[0].message if rep.reasons else ""
    return f"[green]✓[/] {what}" if rep.valid else f"[red]✗ not counted[/] {what}"


def _difference(result: Result) -> str:
    a = result.asymmetry
    less = "" if not a.difference_deg else f", {'right' if a.difference_deg > 0 else 'left'} goes back less"
    return (
        f"Left against right: [bold]{degrees(abs(a.difference_deg or 0.0))}[/] {plus_minus(a.ci95_deg)}{less}"
        f" – {DIFFERENCE_WORDS[difference_kind(result)].lower()}"
    )


def _flags(result: Result) -> list[str]:
    sides = [f"{side.capitalize()} leg: {r.message}" for side in SIDES for r in result.sides[side].reasons
             if result.sides[side].score_deg is not None]  # fmt: skip
    return sides + [r.message for r in result.reasons]


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
