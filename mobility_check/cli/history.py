"""``mobility-check history``: saved sessions of a person, their progress, and deleting them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobility_check.cli.common import Commands, DatabaseOption, JsonOption, confirm, print_json, print_table, say

if TYPE_CHECKING:
    from mobility_check.history.records import LegSummary, Record, Summary
    from mobility_check.history.store import HistoryStore
    from mobility_check.results.result import SideResult

app = Commands(
    no_args_is_help=True,
    help="Saved sessions: list, show, compare, back up, delete. Kept on this computer; no video, no landmarks.",
    epilog="Example: mobility-check history progress P-17 --goal 20",
)

SubjectArgument = Annotated[str, typer.Argument(metavar="SUBJECT", help="The pseudonymous id given with --subject.")]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id, or the beginning of it.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command("list", epilog="Example: mobility-check history list P-17")
def list_sessions(
    subject: Annotated[str | None, typer.Argument(metavar="SUBJECT", help="Only this subject.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most so many, the newest first.")
    ] = 50,
    everything: Annotated[bool, typer.Option("--all", help="No limit.")] = False,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """List saved sessions, newest test first."""
    with _open(database) as store:
        found = store.list(subject, limit=None if everything else limit)
        total = store.count(subject)
    if as_json:
        print_json([_summary_object(s) for s in found])
    elif not found:
        say("No sessions saved yet. Save one with: mobility-check analyze CLIP --subject ID")
    else:
        print_table(("SESSION", "TESTED", "LEFT", "RIGHT", "STATUS", "SUBJECT", "NOTE"), map(_summary_cells, found))
        if total > len(found):
            say(f"... and {total - len(found)} more; --all lists every one.")


@app.command(epilog="Example: mobility-check history show 2026-08-03-a1b2c3")
def show(session: SessionArgument, as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Show one session, kick by kick.

    Both legs, every kick, and why kicks were not counted.
    """
    with _open(database) as store:
        record = store.get(session)
    if as_json:
        from mobility_check.export.exchange import to_object

        print_json({key: value for key, value in to_object(record).items() if key != "curves"})
    else:
        _print_record(record)


@app.command(epilog="Example: mobility-check history progress P-17 --goal 20")
def progress(
    subject: SubjectArgument,
    goal: Annotated[
        float | None,
        typer.Option("--goal", min=0, max=90, metavar="DEGREES", help="Angle to work towards; is remembered."),
    ] = None,
    no_goal: Annotated[bool, typer.Option("--no-goal", help="Forget the goal.")] = False,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Compare a person's sessions over time.

    Each leg's trend, whether a change is larger than measurement error, and left against right.
    """
    from mobility_check.history.present import progress_lines, progress_object
    from mobility_check.history.progress import progress_of

    with _open(database) as store:
        points = store.points(subject)
        if goal is not None or no_goal:
            store.set_goal(subject, goal)
        goal = store.goal(subject)
    found = progress_of(points, goal_deg=goal)
    if as_json:
        print_json(progress_object(found, subject=subject, goal_deg=goal))
    elif not found.legs:
        say(f"{subject}: no session with a score yet.")
    else:
        _print_plot(found, subject=subject, goal=goal)
        say(*progress_lines(found))


@app.command(epilog="Example: mobility-check history delete 2026-08-03-a1b2c3")
def delete(session: SessionArgument, yes: YesOption = False, database: DatabaseOption = None) -> None:
    """Delete one session."""
    with _open(database) as store:
        record = store.get(session)
        confirm(f"Delete session {record.id} of {record.subject}?", yes=yes)
        say(f"Deleted session {store.delete(record.id)}.")


@app.command(epilog="Example: mobility-check history forget P-17")
def forget(subject: SubjectArgument, yes: YesOption = False, database: DatabaseOption = None) -> None:
    """Remove a person, for good.

    Everything about the subject goes, also from the log, the free pages and every backup that can be found.
    """
    with _open(database) as store:
        confirm(f"Remove {store.count(subject)} sessions and everything else about {subject} for good?", yes=yes)
        done = store.forget(subject)
    say(f"Removed {done.sessions} sessions of {subject}; no trace is left in the history file.")
    for path in done.cleaned_backups:
        say(f"Removed from the backup {path} too.")
    for sentence in done.unreachable:
        say(f"NOT removed: {sentence}")
    say("Out of reach: reports, exports and videos that were made, and copies of the history made by others.")


@app.command(epilog="Example: mobility-check history path")
def path(database: DatabaseOption = None) -> None:
    """Print where the history is kept."""
    from mobility_check.history.database import location

    say(location(database))


@app.command(epilog="Example: mobility-check history backup /media/stick/history-2026-08.db")
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older backup.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Copy the whole history to a file.

    Others may save meanwhile; the copy is complete or not there. `forget` cleans it too.
    """
    with _open(database) as store:
        say(f"Backed up to {store.backup(target, overwrite=overwrite)}.")


@app.command(epilog="Example: mobility-check history status --json")
def status(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Print how much the history holds.

    Also where it is, its schema and its known backups.
    """
    import dataclasses

    with _open(database) as store:
        facts = dataclasses.asdict(store.status())
    if as_json:
        print_json(facts)
    else:
        facts["backups"] = ", ".join(facts["backups"]) or "none"
        say(*(f"{name:<12}{'-' if value is None else value}" for name, value in facts.items()))


def _open(database: str | None) -> HistoryStore:
    from mobility_check.history.store import HistoryStore

    return HistoryStore.open(database)


def _summary_cells(s: Summary) -> tuple[str, ...]:
    legs = (_angle(s.legs.get(side)) for side in ("left", "right"))
    note = (s.note or "").replace("\n", " ")
    short = note if len(note) <= 30 else note[:29] + "…"
    return (s.id, s.tested_at[:16].replace("T", " "), *legs, s.status.replace("_", " "), s.subject, short)


def _angle(leg: LegSummary | None) -> str:
    return "-" if leg is None or leg.score_deg is None else f"{leg.score_deg:.1f}°"


def _summary_object(s: Summary) -> dict[str, Any]:
    import dataclasses

    return dataclasses.asdict(s)


def _print_record(record: Record) -> None:
    from mobility_check.history.present import difference_words

    result = record.parsed
    say(f"Session {record.id} of {record.subject}, tested {record.tested_at.replace('T', ' ')}: {result.status}")
    if record.note:
        say(f"Note: {record.note}")
    for reason in result.reasons:
        say(f"  {reason.message}")
    for side, leg in result.sides.items():
        _print_leg(side, leg)
    a = result.asymmetry
    if a.difference_deg is not None:
        say("", f"Left minus right: {difference_words(a.difference_deg, ci95_deg=a.ci95_deg)}")
    made = result.provenance
    say("", f"Measured by mobility-check {made.mobility_check} with {made.model} ({made.backend})")


def _print_leg(side: str, leg: SideResult) -> None:
    interval = f" ({leg.ci95_deg[0]:.1f} to {leg.ci95_deg[1]:.1f})" if leg.ci95_deg else ""
    score = "not scored" if leg.score_deg is None else f"{leg.score_deg:.1f}°{interval}"
    say("", f"{side.capitalize()} leg: {score}")
    for reason in leg.reasons:
        say(f"  {reason.message}")
    for number, rep in enumerate(leg.reps, start=1):
        angle = "no angle" if rep.extension_deg is None else f"{rep.extension_deg:.1f}°"
        why = " ".join(reason.message for reason in rep.reasons)
        say(f"  kick {number}  {angle:>8}  {'counted' if rep.valid else 'not counted'}  {why}".rstrip())


def _print_plot(found: Any, *, subject: str, goal: float | None) -> None:
    from mobility_check.history.plot import ASCII, UNICODE, plot_lines

    glyphs = UNICODE if (sys.stdout.encoding or "").lower().startswith("utf") else ASCII
    width = shutil.get_terminal_size((80, 24)).columns
    say(f"Hip extension of {subject}, degrees", "")
    say(*plot_lines(found, goal_deg=goal, width=width, glyphs=glyphs), "")
