"""``batch``: many clips in one night, one table, a reason for every file that failed."""

from __future__ import annotations

import math
import os
from contextlib import ExitStack
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobility_check.cli import options
from mobility_check.cli.common import console, print_json, say
from mobility_check.cli.report import Assets
from mobility_check.errors import EXIT_INTERRUPTED, BatchFailures, MissingExtraError, UsageError
from mobility_check.language import N_, ngettext
from mobility_check.language import gettext as _
from mobility_check.text import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mobility_check.batch.inputs import Found
    from mobility_check.batch.plan import Plan, PlannedSession
    from mobility_check.batch.run import BatchSummary, OnResult

_DRY_RUN_ROWS = 200
_STATUSES = ("scored", "limited", "not_scored")
_PARTS = ("distributed", "fsspec", "pyarrow", "psutil", "cryptography")
_WRITERS = "mobility_check.cli.batch_writers"
_REPORTS = {"inline": f"{_WRITERS}:write_report", "shared": f"{_WRITERS}:write_shared_report"}


def _number(value: float) -> float:
    if math.isnan(value):  # neither below nor above a limit
        raise typer.BadParameter("it must be a number")
    return value


def _limit(low: float, high: float, metavar: str, text: str) -> Any:
    return typer.Option(min=low, max=high, metavar=metavar, callback=_number, help=text)


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
    person: options.Person = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, max=512, metavar="N", help="Processes here; one per core if not given."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler to use instead, tls://host:8786.")
    ] = None,
    deadline: Annotated[
        float, _limit(1.0, 604_800.0, "SECONDS", "Time limit per clip; retried once, then marked as failed.")
    ] = 900.0,
    memory: Annotated[
        float, _limit(0.2, 1024.0, "GB", "Memory limit per clip; retried once, then marked as failed.")
    ] = 3.0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try clips again that failed before.")] = False,
    reports: Annotated[
        bool, typer.Option("--reports", help="A report and pictures of the peaks, faces blurred, per session.")
    ] = False,
    assets: Annotated[
        Assets,
        typer.Option(metavar="inline|shared", help="Reports as one file each, or sharing one folder beside them."),
    ] = "inline",
    database: options.Database = None,
    model: options.Model = None,
    settings: options.Settings = None,
    json_out: options.Json = False,
    quiet: options.Quiet = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Progress as JSON lines on stderr.")] = False,
) -> None:
    """Measure thousands of clips: resumable, on all cores or a cluster, with one table at the end.

    Run the same command again after an interruption, a power cut or with new files: it does what is missing. The exit
    code is 6 if any clip failed; failures.csv says why and what to do.
    """
    if missing := [name for name in _PARTS if find_spec(name) is None]:
        raise MissingExtraError(
            "`batch` needs parts that are not installed ({missing}): pip install 'mobility-check[batch]'",
            missing=", ".join(missing),
        )
    if dry_run:
        from mobility_check.batch.inputs import find_clips
        from mobility_check.batch.plan import make_plan

        found = find_clips(paths, pattern=pattern)
        plan = make_plan(found.files)
        if json_out:
            print_json(_plan_facts(found, plan))
        else:
            say(*_plan_lines(found, plan))
        return
    if out is None:
        raise UsageError("Say where the results go: -o FOLDER (or look first with --dry-run).")
    from mobility_check.batch.job import Options
    from mobility_check.batch.progress import display
    from mobility_check.batch.run import run_batch
    from mobility_check.settings import load_settings

    options = Options(
        settings=load_settings(settings, model=model, person=person),
        pattern=pattern,
        workers=workers or _cores(),
        scheduler=scheduler,
        deadline_s=deadline,
        memory_bytes=round(memory * (1 << 30)),
        retry_failed=retry_failed,
        writers=(*([_REPORTS[assets]] if reports else []), *([f"{_WRITERS}:write_curves"] if database else [])),
        wanted=frozenset({"report.html"} if reports else ()),
    )
    with ExitStack() as stack:
        on_result = _saver(stack, database) if database else None
        shown = stack.enter_context(display(console(stderr=True), quiet=quiet, log_json=log_json))
        summary = run_batch(paths, out, options=options, display=shown, on_result=on_result)
    if reports and assets == "shared":
        from mobility_check.report.page import write_shared_assets

        write_shared_assets(summary.folder / "sessions")
    _end(summary, json_out=json_out, quiet=quiet or log_json)


def _cores() -> int:
    """Cores this process may use (a container or a job scheduler may give fewer than there are)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _saver(stack: ExitStack, database: str) -> OnResult:
    """Saves to the history from this one process; a session that is there already is left as it is."""
    from mobility_check.cli.batch_writers import read_curves
    from mobility_check.history.store import HistoryStore
    from mobility_check.results.result import Result

    store = stack.enter_context(HistoryStore.open(database))

    def save(session: PlannedSession, body: dict[str, Any], extras: Mapping[str, bytes]) -> None:
        if session.subject and body["status"] != "not_scored":
            day, curves = session.date or _written(session), read_curves(extras)
            store.save(Result.from_dict(body), subject=session.subject, date=day, curves=curves)

    return save


def _written(session: PlannedSession) -> datetime | None:
    """When the first clip was written, for a session whose day nobody states."""
    path = Path(session.files[0].uri)
    return datetime.fromtimestamp(int(path.stat().st_mtime)) if path.exists() else None


def _end(summary: BatchSummary, *, json_out: bool, quiet: bool) -> None:
    if json_out:
        facts = {
            "folder": well_formed(str(summary.folder)),
            "clips": summary.files,
            "with_result": summary.with_result,
            "failed": summary.failed,
            "left": summary.left,
            "interrupted": summary.interrupted is not None,
            "sessions": {status: summary.page.statuses[status] for status in _STATUSES},
        }
        print_json(facts)
    if not quiet:
        say(*_closing_lines(summary), err=True)
    counts = {"all": summary.files, "folder": summary.folder}
    if summary.interrupted is not None:
        sentence = N_("{done:,} of {all:,} clips are done and kept in {folder}; run the same command again to go on.")
        say(summary.interrupted + _(sentence, done=summary.with_result + summary.failed, **counts), err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    if summary.failed:
        raise BatchFailures(
            "{failed:,} of {all:,} clips failed; {folder}/failures.csv says why and what to do. The others are in "
            "{folder}/results.csv.",
            failed=summary.failed,
            **counts,
        )
    if not quiet:
        done = ngettext(
            "{count:,} clip is done: open {folder}/index.html",
            "All {count:,} clips are done: open {folder}/index.html",
            summary.files,
            folder=summary.folder,
        )
        say(done, err=True)


def _closing_lines(summary: BatchSummary) -> Iterable[str]:
    from mobility_check.batch.page import largest_first
    from mobility_check.batch.problems import name_of

    page = summary.page
    measured, limited, none = (page.statuses[status] for status in _STATUSES)
    yield _(
        "{sessions} from {clips}: {measured:,} measured, {limited:,} limited, {none:,} not measured.",
        sessions=_sessions(page.statuses.total()),
        clips=_clips(summary.with_result),
        measured=measured,
        limited=limited,
        none=none,
    )
    told = {
        N_("To check: {count} × {why} For example {example}"): page.doubtful,
        N_("Not measured: {count} × {why} For example {example}"): page.not_measured,
        N_("Failed: {count} × {why} For example {example}"): page.failed,
    }
    for sentence, groups in told.items():
        for group in largest_first(groups):
            why = f"{group.sentence} {group.advice}".rstrip()
            yield _(sentence, count=len(group.names), why=why, example=name_of(group.names[0]))


def _plan_lines(found: Found, plan: Plan) -> Iterable[str]:
    """Names first and folders second, one file a line, never cut or wrapped."""
    yield _sessions(len(plan.sessions))
    for session in plan.sessions[:_DRY_RUN_ROWS]:
        yield "  ".join(t or "–" for t in (session.subject, session.date, session.stated_side))
        yield from (f"    {_named(f.uri)}" for f in session.files)
    yield from _more(len(plan.sessions))
    if plan.failures:
        yield ngettext(
            "{count:,} file that cannot be measured", "{count:,} files that cannot be measured", len(plan.failures)
        )
        yield from (f"    {_named(f.file)}: {f.shown} {_(f.advice)}" for f in plan.failures[:_DRY_RUN_ROWS])
        yield from _more(len(plan.failures))
    others = ngettext(
        "{count:,} other file in the folders left alone.",
        "{count:,} other files in the folders left alone.",
        found.ignored,
    )
    yield f"{_clips(plan.files)}; {others} {_('Nothing was done.')}"


def _named(uri: str) -> str:
    folder, _, name = uri.rpartition("/")
    return f"{name}  ({folder})" if folder else name


def _more(count: int) -> Iterable[str]:
    if count > _DRY_RUN_ROWS:
        yield _("… and {count:,} more; --json shows all.", count=count - _DRY_RUN_ROWS)


def _sessions(count: int) -> str:
    return ngettext("{count:,} session", "{count:,} sessions", count)


def _clips(count: int) -> str:
    return ngettext("{count:,} clip", "{count:,} clips", count)


def _plan_facts(found: Found, plan: Plan) -> dict[str, Any]:
    return {
        "sessions": [
            {
                "id": s.id,
                "subject": s.subject,
                "date": s.date,
                "side": s.stated_side,
                "extra": s.extra,
                "files": [well_formed(f.uri) for f in s.files],
            }
            for s in plan.sessions
        ],
        "unreadable": [
            {"file": well_formed(f.file), "reason": f.code, "sentence": f.message, "what_to_do": f.advice}
            for f in plan.failures
        ],
        "ignored": found.ignored,
    }
