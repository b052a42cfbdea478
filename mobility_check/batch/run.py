"""A whole batch: plan, resume, analyse, log, and the tables that are rewritten while it goes on."""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mobility_check.batch.engine import Chunk, Engine, LostClusterError
from mobility_check.batch.fetch import fetched
from mobility_check.batch.folder import run_folder
from mobility_check.batch.host import Limits
from mobility_check.batch.inputs import ClipFile, Found, find_clips
from mobility_check.batch.journal import Journal
from mobility_check.batch.ledger import Ledger, OnResult
from mobility_check.batch.lock import FolderLock
from mobility_check.batch.pattern import compile_pattern
from mobility_check.batch.plan import Plan, Session, distinct, make_plan
from mobility_check.batch.problems import Failure
from mobility_check.batch.progress import Display, Silent, Tally, facts_of
from mobility_check.batch.publish import Publisher
from mobility_check.batch.worker import RECORD, TRACK_SUFFIX, Job, JobFile, Outcome, Recipe, fingerprint
from mobility_check.settings import Settings

_MAX_CHUNK = 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch is run.

    Attributes:
        pattern: file name pattern, see :func:`~mobility_check.batch.pattern.compile_pattern`.
        workers: processes on this computer, unless ``scheduler`` names a Dask scheduler.
        record, writers: see :class:`~mobility_check.batch.worker.Recipe`.
        wanted: files of the writers without which a session of an earlier run is measured again.
    """

    settings: Settings = field(default_factory=Settings)
    pattern: str | None = None
    workers: int = 1
    scheduler: str | None = None
    limits: Limits = field(default_factory=Limits)
    retry_failed: bool = False
    record: str = RECORD
    writers: tuple[str, ...] = ()
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch ended; counts are clips, ``failed`` includes those of earlier runs that were not tried again."""

    folder: Path
    files: int
    with_result: int
    failed: int
    left: int
    interrupted: str | None = None
    """A sentence on what stopped it (empty if the user did), None if it ran to its end."""


def plan_clips(paths: Sequence[str], *, pattern: str | None = None) -> tuple[Found, Plan]:
    """What a batch over ``paths`` would do, without doing it.

    Raises:
        UsageError, InputError: see :func:`~mobility_check.batch.inputs.find_clips`.
    """
    found = find_clips(paths, pattern=compile_pattern(pattern) if pattern else None)
    return found, make_plan(found.files)


def run_batch(
    paths: Sequence[str],
    out: Path,
    *,
    options: Options | None = None,
    display: Display | None = None,
    on_result: OnResult | None = None,
) -> Summary:
    """Measure all clips; goes on where an earlier run with the same settings stopped.

    A script that calls this needs ``if __name__ == "__main__":`` around the call, as the workers import it again.
    ``on_result`` is called in this process for every session with a result, before it counts as done, and once more
    for sessions of earlier runs; it must bear being called twice for one session.

    Raises:
        UsageError: the call is wrong, workers differ, or another run writes to ``out``.
        OutputError: ``out`` cannot be written (what was logged before is kept). ModelError: the model is missing.
    """
    options, display = options or Options(), display or Silent()
    _, plan = plan_clips(paths, pattern=options.pattern)
    made_with = fingerprint(options.settings)
    folder = run_folder(out, made_with.digest())
    with FolderLock(folder.path) as lock, _logging_to(folder.log), Journal(folder.journal) as journal:
        ledger = Ledger(folder, journal, made_with, options.retry_failed, options.wanted, on_result)
        return _Run(ledger, options, display, lock, ledger.merge(plan)).go()


class _Run:
    """One call of :func:`run_batch`."""

    def __init__(self, ledger: Ledger, options: Options, display: Display, lock: FolderLock, plan: Plan) -> None:
        self.ledger, self.options, self.display, self.lock, self.plan = ledger, options, display, lock, plan
        self.recipe = Recipe(replace(options.settings, workers=1), options.record, options.writers)
        self.tally = Tally(plan.files)
        self.publisher = Publisher(ledger, plan, self.tally, _facts(ledger, options))
        self.by_id = {s.id: s for s in plan.sessions}

    def go(self) -> Summary:
        """Do what is left; an interruption is an ordinary end."""
        folder, tally = self.ledger.folder.path, self.tally
        self._tell("started", clips=self.plan.files, sessions=len(self.plan.sessions), folder=str(folder))
        interrupted = None
        try:
            pending = self._settle()
            self.publisher.write("running")
            self._work(pending)
        except KeyboardInterrupt:
            interrupted = ""
        except LostClusterError as e:
            interrupted = f"{e} "
        state = "finished" if interrupted is None else "interrupted"
        self.publisher.write(state)
        self._tell(state, **facts_of(tally))
        done = tally.total - tally.left
        return Summary(folder, tally.total, done - tally.failed, tally.failed, tally.left, interrupted)

    def _settle(self) -> list[Session]:
        """Count what is done already; the sessions that are left."""
        for problem in self.plan.failures:
            self._tell_failed(problem)
        self.tally.kept += len(self.plan.failures)
        self.tally.failed += len(self.plan.failures)
        pending = list[Session]()
        for session in self.plan.sessions:
            state = self.ledger.settle(session)
            if state == "to do":
                pending.append(session)
                continue
            entry = self.ledger.current(session)
            self.tally.kept += len(session.files)
            self.tally.failed += entry.failed if entry else 0
        self.ledger.tell_results(self.plan.sessions)
        return pending

    def _work(self, pending: list[Session]) -> None:
        if not pending:
            return
        engine = Engine(
            self.recipe, expected=self.ledger.made_with, limits=self.options.limits, workers=self.options.workers,
            scheduler=self.options.scheduler,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as staged, engine:
            while pending:
                now, later = self.ledger.first_of_each(pending)
                for outcomes in engine.run(self._chunks(now, Path(staged))):
                    self._finish(outcomes)
                    self.display.update(self.tally)
                    self.lock.beat()
                    self.publisher.now_and_then()
                pending = [s for s in later if not self._reuse(s)]

    def _reuse(self, session: Session) -> bool:
        reused = self.ledger.reuse(session)
        self.tally.done += len(session.files) if reused else 0
        return reused

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        pairs = [(self.by_id[o.id], o) for o in outcomes]
        failures = self.ledger.finish(pairs)
        for failed in failures:
            self._tell_failed(failed)
        self.tally.failed += len(failures)
        self.tally.done += sum(len(s.files) for s, _ in pairs)
        if pairs:
            self.tally.mark()

    def _tell_failed(self, failed: Failure) -> None:
        self._tell("failed", file=failed.file, reason=failed.code, sentence=failed.message)

    def _tell(self, event: str, **facts: Any) -> None:
        _log.info("%s %s", event, json.dumps(facts))
        self.display.event(event, **facts)

    def _chunks(self, sessions: Sequence[Session], staged: Path) -> Iterator[Chunk]:
        """Clips one by one, so that little is lost with a worker; saved tracks, done in milliseconds, by the dozen."""
        quick = [s for s in sessions if all(f.uri.lower().endswith(TRACK_SUFFIX) for f in s.files)]
        size = max(1, min(_MAX_CHUNK, len(quick) // (8 * self.options.workers)))
        for start in range(0, len(quick), size):
            yield tuple(self._job(s, staged) for s in quick[start : start + size])
        chosen = {s.id for s in quick}
        yield from ((self._job(s, staged),) for s in sessions if s.id not in chosen)

    def _job(self, session: Session, staged: Path) -> Job:
        files = distinct(session, self.ledger.journal.shas)
        sources = tuple(JobFile(f.uri, _source(f, staged)) for f in files)
        return Job(session.id, sources, session.subject, session.date)


def _facts(ledger: Ledger, options: Options) -> dict[str, Any]:
    """What ``run.json`` says about the call."""
    return {
        "run_digest": ledger.made_with.digest(), **asdict(ledger.made_with), "settings": options.settings.to_dict(),
        "limits": asdict(options.limits), "pattern": options.pattern, "workers": options.workers,
        "scheduler": options.scheduler,
    }  # fmt: skip


def _source(file: ClipFile, staged: Path) -> str:
    """Where a worker opens a file: under its own address, except what lives in this process's memory only."""
    if not file.uri.startswith("memory://"):
        return file.uri
    with fetched(file.uri) as (copy, sha):
        target = staged / f"{sha}{copy.suffix}"
        target.write_bytes(copy.read_bytes())
    return str(target)


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """The package's and Dask's log lines go to the log file, and nowhere else, while the batch runs."""
    ours, handler_of_dask = (logging.FileHandler(path, encoding="utf-8", errors="backslashreplace") for _ in range(2))
    for handler in (ours, handler_of_dask):  # two, since a local cluster silences all handlers that Dask writes to
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    dasks = (
        n for n in logging.root.manager.loggerDict if n.startswith("distributed") and logging.getLogger(n).handlers
    )
    loggers = [logging.getLogger(name) for name in ("mobility_check", "distributed", *dasks)]
    before = [(logger.level, logger.propagate, logger.handlers) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [handler_of_dask], False  # Dask has handlers of its own that print
    loggers[0].handlers = [ours]
    loggers[0].setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.handlers, logger.propagate = handlers, propagate
        ours.close()
        handler_of_dask.close()
