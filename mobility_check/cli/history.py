"""``mobility-check history``: saved sessions of a person, their progress, and deleting them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from mobility_check.cli import options
from mobility_check.cli.common import confirm, print_answer, print_json, print_table, say
from mobility_check.cli.help import PlainCommand, PlainGroup
from mobility_check.errors import StoreError, UsageError
from mobility_check.language import N_, ngettext
from mobility_check.language import gettext as _
from mobility_check.names import day_of_test

if TYPE_CHECKING:
    from mobility_check.history.records import Summary
    from mobility_check.history.store import HistoryStore
    from mobility_check.results.result import Status

app = typer.Typer(cls=PlainGroup, no_args_is_help=True, epilog="mobility-check history progress P-17 --goal 20")
command = partial(app.command, cls=PlainCommand)

SubjectArgument = Annotated[str, typer.Argument(metavar="SUBJECT", help="The pseudonymous id given with --subject.")]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id, or the beginning of it.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command("list", epilog="mobility-check history list P-17")
def list_sessions(
    subject: Annotated[str | None, typer.Argument(metavar="SUBJECT", help="Only this subject.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most so many, the newest first.")
    ] = 50,
    everything: Annotated[bool, typer.Option("--all", help="No limit.")] = False,
    as_json: options.Json = False,
    database: options.Database = None,
) -> None:
    """List saved sessions, newest test first."""
    with _open(database) as store:
        found = store.list(subject, limit=None if everything else limit)
        total = store.count(subject)
        unknown = "" if found or subject is None else store.unknown(subject)
    if as_json:
        print_json([asdict(s) for s in found])
    elif not found and subject is not None:
        say(unknown)
    elif not found:
        say(_("No sessions saved yet. Save one with: mobility-check analyze CLIP --subject ID"))
    else:
        header = (_("SESSION"), _("TESTED"), _("LEFT"), _("RIGHT"), _("STATUS"), _("SUBJECT"), _("NOTE"))
        print_table([header, *map(_summary_cells, found)])
        if total > len(found):
            say(_("... and {count} more; --all lists every one.", count=total - len(found)))


@command(epilog="mobility-check history show 2026-08-03-a1b2c3")
def show(session: SessionArgument, as_json: options.Json = False, database: options.Database = None) -> None:
    """Show one session, kick by kick.

    Both legs, every kick, and why kicks were not counted.
    """
    with _open(database) as store:
        record = store.get(session)
    if as_json:
        from mobility_check.export.exchange import to_object

        print_json({key: value for key, value in to_object(record).items() if key != "curves"})
        return
    from mobility_check.results.wording import pain_words

    result, tested = record.parsed, record.tested_at.replace("T", " ")
    say(_("Session {session} of {subject}, tested {tested}", session=record.id, subject=record.subject, tested=tested))
    if record.note:
        say(_("Note: {note}", note=record.note))
    if record.pain:
        say(pain_words(record.pain))
    print_answer(result, as_json=False)
    made = result.provenance
    by = {"version": made.mobility_check, "model": made.model, "backend": made.backend}
    say("", _("Measured by mobility-check {version} with {model} ({backend})", **by))


@command(epilog="mobility-check history progress P-17 --goal 20")
def progress(
    subject: SubjectArgument,
    goal: Annotated[
        float | None,
        typer.Option("--goal", min=0, max=90, metavar="DEGREES", help="Angle to work towards; is remembered."),
    ] = None,
    no_goal: Annotated[bool, typer.Option("--no-goal", help="Forget the goal.")] = False,
    test: Annotated[
        str | None, typer.Option(metavar="NAME", help="kick-back or knee-drive; default: that of the newest session.")
    ] = None,
    as_json: options.Json = False,
    database: options.Database = None,
) -> None:
    """Compare a person's sessions over time.

    Each leg's trend, whether a change is larger than measurement error, and left against right.
    """
    from mobility_check.assessments.descriptions import DESCRIPTIONS
    from mobility_check.history.present import progress_lines, progress_object, session_rows
    from mobility_check.history.progress import progress_of
    from mobility_check.results.wording import capital, progress_sentence

    names = {words.option: name for name, words in DESCRIPTIONS.items()}
    if test is not None and test not in names:
        raise UsageError("There is no test '{option}'; known are {names}.", option=test, names=", ".join(names))
    with _open(database) as store:
        points = store.points(subject, names[test] if test else None)
        if goal is not None or no_goal:
            store.set_goal(subject, goal)
        goal = store.goal(subject)
    found, words = progress_of(points, goal_deg=goal), DESCRIPTIONS[points.test]
    if as_json:
        print_json(progress_object(found, subject=subject, goal_deg=goal))
    elif not found.legs:
        say(_("{subject}: no session with a score yet.", subject=subject))
    else:
        if (since := found.changes()) and points.last_day:
            say(progress_sentence(since, day=points.last_day), "")
        say(_("{angle} of {subject}, degrees", angle=capital(_(words.measured)), subject=subject), "")
        print_table(session_rows(found, goal_deg=goal))
        marks = N_("L left leg, R right leg, B both")
        if goal is not None:
            marks = N_("L left leg, R right leg, B both, : goal {goal:g}°")
        say(_(marks, goal=goal), "")
        say(*progress_lines(found, words))


@command(epilog="mobility-check history edit 2026-08-03-a1b2c3 --pain left")
def edit(
    session: SessionArgument,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="Another note; an empty one removes it.")] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Another day of the test.")] = None,
    pain: options.Pain = None,
    database: options.Database = None,
) -> None:
    """Change the note, the day or the pain of a session; its numbers stay."""
    if note is None and date is None and pain is None:
        raise UsageError("Say what to change: --note, --date or --pain.")
    day = day_of_test(date) if date is not None else None
    with _open(database) as store:
        found = store.edit(session, note=note, tested_at=day, pain=options.hurt_legs(pain) if pain else None)
        say(_("Changed session {id}.", id=found))


@command(epilog="mobility-check history delete 2026-08-03-a1b2c3")
def delete(session: SessionArgument, yes: YesOption = False, database: options.Database = None) -> None:
    """Delete one session."""
    with _open(database) as store:
        found = store.full_id(session)
        confirm(_("Delete session {session}?", session=found), yes=yes)
        say(_("Deleted session {session}.", session=store.delete(found)))


@command(epilog="mobility-check history forget P-17")
def forget(subject: SubjectArgument, yes: YesOption = False, database: options.Database = None) -> None:
    """Remove a person, for good.

    Everything about the subject goes, also from the log, the free pages and every backup that can be found.
    """
    with _open(database) as store:
        question = ngettext(
            "Remove {count} session and everything else about {subject} for good?",
            "Remove {count} sessions and everything else about {subject} for good?",
            store.count(subject),
            subject=subject,
        )
        confirm(question, yes=yes)
        done = store.forget(subject)
    if done.unreachable:
        raise StoreError(
            "Removed {count} sessions of {subject}, but not everything is gone yet. {unreachable}",
            count=done.sessions,
            subject=subject,
            unreachable=" ".join(done.unreachable),
        )
    removed = ngettext(
        "Removed {count} session of {subject}; no trace is left in the history file.",
        "Removed {count} sessions of {subject}; no trace is left in the history file.",
        done.sessions,
        subject=subject,
    )
    say(removed, *(_("Removed from the backup {path} too.", path=path) for path in done.cleaned_backups))
    say(_("Out of reach: reports, exports and videos that were made, and copies of the history made by others."))


@command(epilog="mobility-check history path")
def path(database: options.Database = None) -> None:
    """Print where the history is kept."""
    from mobility_check.history.database import location

    say(location(database))


@command(epilog="mobility-check history backup /media/stick/history-2026-08.db")
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older backup.")] = False,
    database: options.Database = None,
) -> None:
    """Copy the whole history to a file.

    Others may save meanwhile; the copy is complete or not there. `forget` cleans it too.
    """
    with _open(database) as store:
        say(_("Backed up to {path}.", path=store.backup(target, overwrite=overwrite)))


@command(epilog="mobility-check history status --json")
def status(as_json: options.Json = False, database: options.Database = None) -> None:
    """Print how much the history holds.

    Also where it is, its schema and its known backups.
    """
    with _open(database) as store:
        facts = store.status()
    if as_json:
        print_json(asdict(facts))
        return
    rows = {
        _("where"): facts.where,
        _("schema"): facts.schema,
        _("subjects"): facts.subjects,
        _("sessions"): facts.sessions,
        _("bytes"): "-" if facts.size_bytes is None else facts.size_bytes,
        _("backups"): ", ".join(facts.backups) or _("none"),
    }
    print_table(((name, str(value)) for name, value in rows.items()), least=10)


@contextmanager
def _open(database: str | None) -> Iterator[HistoryStore]:
    """The history; sentences about damaged sessions come last."""
    from mobility_check.history.store import HistoryStore

    with HistoryStore.open(database) as store:
        yield store
        say(*dict.fromkeys(store.damaged), err=True)


def _summary_cells(s: Summary) -> tuple[str, ...]:
    from mobility_check.results.wording import degrees, status_word

    scores = (leg.score_deg if (leg := s.legs.get(side)) else None for side in ("left", "right"))
    legs = ("-" if score is None else degrees(score) for score in scores)
    note = " ".join((s.note or "").split())
    short = note if len(note) <= 30 else note[:29] + "…"
    return (s.id, s.tested_at[:16].replace("T", " "), *legs, status_word(cast("Status", s.status)), s.subject, short)
