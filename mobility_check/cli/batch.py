"""``batch``: many clips in one night, one table, a reason for every file without a number."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobility_check.cli.common import DatabaseOption, JsonOption, ModelOption, PersonOption, QuietOption, SettingsOption
from mobility_check.errors import EXIT_INTERRUPTED, BatchFailures, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.console import Console

    from mobility_check.batch.inputs import Found
    from mobility_check.batch.ledger import OnResult
    from mobility_check.batch.plan import Plan, Session
    from mobility_check.batch.run import Options, Summary

_DRY_RUN_ROWS = 200
_REPORT = "mobility_check.cli.batch_report:write_session_report"
_CURVES = "mobility_check.cli.batch_curves:write_session_curves"


def batch(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Folders, globs, a manifest (.csv), files or URLs.")
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where the results go.")] = None,
    pattern: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="Reads names, e.g. {subject}_{date:%Y%m%d}_{view}; {_} is anything."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    person: PersonOption = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, max=512, metavar="N", help="Processes here; one per core if not given."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler to use instead, tcp://host:8786.")
    ] = None,
    deadline: Annotated[
        float, typer.Option(min=1.0, metavar="SECONDS", help="A clip that takes longer is given up, twice.")
    ] = 900.0,
    memory: Annotated[
        float, typer.Option(min=0.2, metavar="GB", help="A clip whose analysis needs more is given up, twice.")
    ] = 3.0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try clips again that failed before.")] = False,
    reports: Annotated[
        bool, typer.Option("--reports", help="A report and pictures of the peaks, faces blurred, per session.")
    ] = False,
    database: DatabaseOption = None,
    model: ModelOption = None,
    settings: SettingsOption = None,
    json_out: JsonOption = False,
    quiet: QuietOption = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Progress as JSON lines on stderr.")] = False,
) -> None:
    """Measure thousands of clips: resumable, on all cores or a cluster, with one table at the end.

    Run the same command again after an interruption, a power cut or with new files: it does what is missing. The exit
    code is 6 if any clip failed; failures.csv says why and what to do.
    """
    if dry_run:
        _show_plan(paths, pattern=pattern, json_out=json_out)
        return
    if out is None:
        raise UsageError("Say where the results go: -o FOLDER (or look first with --dry-run).")
    from mobility_check.batch.host import Limits
    from mobility_check.batch.run import Options
    from mobility_check.cli.common import settings_from

    options = Options(
        settings=settings_from(settings, model=model, person=person), pattern=pattern, workers=workers or _cores(),
        scheduler=scheduler, limits=Limits(deadline, round(memory * (1 << 30))), retry_failed=retry_failed,
        writers=(*([_REPORT] if reports else []), *([_CURVES] if database else [])),
        wanted=frozenset({"report.html"} if reports else ()),
    )  # fmt: skip
    summary = _run(paths, out, options=options, database=database, quiet=quiet, log_json=log_json)
    _end(summary, json_out=json_out, quiet=quiet or log_json)


def _cores() -> int:
    """Cores this process may use (a container or a job scheduler may give fewer than there are)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(
    paths: list[str], out: Path, *, options: Options, database: str | None, quiet: bool, log_json: bool
) -> Summary:  # fmt: skip
    from mobility_check.batch.progress import display
    from mobility_check.batch.run import run_batch
    from mobility_check.cli.common import err_console

    with ExitStack() as stack:
        on_result = _saver(stack, database) if database else None
        shown = stack.enter_context(display(err_console(), quiet=quiet, log_json=log_json))
        return run_batch(paths, out, options=options, display=shown, on_result=on_result)


def _saver(stack: ExitStack, database: str) -> OnResult:
    """Saves to the history from this one process; a session that is there already is left as it is."""
    from datetime import datetime

    from mobility_check.cli.batch_curves import read_curves
    from mobility_check.history.store import HistoryStore
    from mobility_check.results.result import Result

    store = stack.enter_context(HistoryStore.open(database))

    def save(session: Session, body: dict[str, Any], extras: Mapping[str, bytes]) -> None:
        if session.subject and body["status"] != "not_scored":
            day = datetime.fromisoformat(session.date) if session.date else _written(session)
            curves = read_curves(extras)
            store.save(Result.from_dict(body), subject=session.subject, date=day, curves=curves)

    return save


def _written(session: Session) -> datetime | None:
    """When the first clip was written, for a session whose day nobody states."""
    from datetime import datetime

    path = Path(session.files[0].uri)
    return datetime.fromtimestamp(int(path.stat().st_mtime)) if path.exists() else None


def _end(summary: Summary, *, json_out: bool, quiet: bool) -> None:
    from mobility_check.cli.common import err_console, print_json

    if json_out:
        print_json(
            {"folder": str(summary.folder), "clips": summary.files, "with_result": summary.with_result,
             "failed": summary.failed, "left": summary.left, "interrupted": summary.interrupted is not None}
        )  # fmt: skip
    done = summary.with_result + summary.failed
    if summary.interrupted is not None:
        err_console().print(
            f"{summary.interrupted}{done} of {summary.files} clips are done and kept in {summary.folder};"
            " run the same command again to go on.", markup=False, soft_wrap=True,
        )  # fmt: skip
        raise typer.Exit(EXIT_INTERRUPTED)
    if summary.failed:
        raise BatchFailures(
            f"{summary.failed} of {summary.files} clips have no number; {summary.folder / 'failures.csv'} says why and"
            f" what to do. The others are in {summary.folder / 'results.csv'}."
        )
    if not quiet:
        text = f"All {summary.files} clips are done: open {summary.folder / 'index.html'}"
        err_console().print(text, markup=False, soft_wrap=True)


def _show_plan(paths: list[str], *, pattern: str | None, json_out: bool) -> None:
    from mobility_check.batch.run import plan_clips
    from mobility_check.cli.common import out_console, print_json

    found, plan = plan_clips(paths, pattern=pattern)
    if json_out:
        print_json(_plan_facts(found, plan))
        return
    console = out_console()
    sessions = [(s.subject or "–", s.date or "–", s.stated_side or "–", "\n".join(f.uri for f in s.files))
                for s in plan.sessions]  # fmt: skip
    _print_rows(console, _counted(len(sessions), "session"), ("Subject", "Date", "Side", "Clips"), sessions)
    if plan.failures:
        failures = [(f.file, f.message, f.advice) for f in plan.failures]
        _print_rows(console, "Cannot be read into a session", ("File", "Why", "What to do"), failures)
    clips, others = _counted(plan.files, "clip"), _counted(found.ignored, "other file")
    console.print(f"{clips}; {others} in the folders left alone. Nothing was done.")


def _counted(n: int, thing: str) -> str:
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def _print_rows(console: Console, title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of the first rows; long names of files are folded, never cut."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:_DRY_RUN_ROWS]:
        table.add_row(*map(Text, row))
    console.print(table)
    if len(rows) > _DRY_RUN_ROWS:
        console.print(f"… and {len(rows) - _DRY_RUN_ROWS} more; --json shows all.")


def _plan_facts(found: Found, plan: Plan) -> dict[str, Any]:
    return {
        "sessions": [{"id": s.id, "subject": s.subject, "date": s.date, "side": s.stated_side, "extra": s.extra,
                      "files": [f.uri for f in s.files]} for s in plan.sessions],
        "unreadable": [{"file": f.file, "reason": f.code, "sentence": f.message, "what_to_do": f.advice}
                       for f in plan.failures],
        "ignored": found.ignored,
    }  # fmt: skip
