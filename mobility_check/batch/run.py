"""A whole batch: plan, resume, analyse, log, and the tables that are rewritten while it goes on."""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mobility_check.batch.engine import Chunk, Engine, LostClusterError
from mobility_check.batch.fetch import fetched
from mobility_check.batch.folder import RunFolder, run_folder
from mobility_check.batch.host import Limits
from mobility_check.batch.index import Page
from mobility_check.batch.inputs import ClipFile, Found, find_clips
from mobility_check.batch.journal import Journal
from mobility_check.batch.keys import Fingerprint, hash_files, need_hash, result_key
from mobility_check.batch.lock import FolderLock
from mobility_check.batch.pattern import compile_pattern
from mobility_check.batch.plan import Plan, Session, distinct, key_of, make_plan, merge_copies
from mobility_check.batch.problems import Failure
from mobility_check.batch.progress import Display, Silent, Tally, duration, facts_of
from mobility_check.batch.tables import TableWriter, identity, with_warnings
from mobility_check.batch.worker import RECORD, TRACK_SUFFIX, Job, JobFile, Outcome, Recipe, fingerprint
from mobility_check.files import atomic_path
from mobility_check.settings import Settings

REFRESH_S = 30.0
"""Least time between two rewritings of the tables while the batch runs."""
_REFRESH_SHARE = 20.0
"""… and at least this many times as long as one rewriting takes, so that it costs a twentieth of the time at most."""
_CHUNK = 16
_log = logging.getLogger(__name__)

OnResult = Callable[[Session, "dict[str, Any]"], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch is run.

    Attributes:
        pattern: file name pattern, see :func:`~mobility_check.batch.pattern.compile_pattern`.
        workers: processes on this computer, unless ``scheduler`` names a Dask scheduler.
        record, report: see :class:`~mobility_check.batch.worker.Recipe`.
    """

    settings: Settings = field(default_factory=Settings)
    pattern: str | None = None
    workers: int = 1
    scheduler: str | None = None
    limits: Limits = field(default_factory=Limits)
    retry_failed: bool = False
    record: str = RECORD
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch ended; counts are clips, ``failed`` includes those of earlier runs that were not tried again."""

    folder: Path
    files: int
    scored: int
    failed: int
    left: int
    interrupted: str = ""


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
        run = _Run(folder, journal, options, made_with, display, lock, on_result)
        return run.go(plan)


class _Run:
    def __init__(
        self, folder: RunFolder, journal: Journal, options: Options, made_with: Fingerprint, display: Display,
        lock: FolderLock, on_result: OnResult | None,
    ) -> None:  # fmt: skip
        self.folder, self.journal, self.options, self.made_with = folder, journal, options, made_with
        self.display, self.lock, self.on_result = display, lock, on_result
        self.recipe = Recipe(replace(options.settings, workers=1), options.record, options.report)
        self.started_s, self.next_refresh_s = time.time(), time.monotonic() + REFRESH_S

    def go(self, plan: Plan) -> Summary:
        self.plan = self._merge(plan)
        self.by_id = {s.id: s for s in self.plan.sessions}
        self.tally = Tally(self.plan.files)
        self._tell("started", clips=self.plan.files, sessions=len(self.plan.sessions), folder=str(self.folder.path))
        for problem in self.plan.failures:
            self._failed(problem)
        pending = [s for s in self.plan.sessions if not self._settled(s)]
        interrupted = ""
        try:
            self._keep_results()
            self._work(pending)
        except KeyboardInterrupt:
            interrupted = "Interrupted."
        except LostClusterError as e:
            interrupted = str(e)
        self.refresh("interrupted" if interrupted else "finished")
        summary = self._summary(interrupted)
        self._tell("interrupted" if interrupted else "finished", **facts_of(self.tally))
        return summary

    def _merge(self, plan: Plan) -> Plan:
        """Find copies among files of equal size; their content hashes are remembered."""
        files = [f for s in plan.sessions for f in s.files]
        sizes = {size for _, size, _ in self.journal.shas if size is not None}
        look = need_hash(files, known=self.journal.shas, sizes=sizes)
        if look:
            self._tell("comparing", files=len(look))
        self.journal.add_hashes(hash_files(look))
        return merge_copies(plan, self.journal.shas)

    def _settled(self, session: Session) -> bool:
        """True if nothing is left to do for a session: it is logged as it is now, or its content was measured before."""
        entry = self.journal.entries.get(session.id)
        current = entry is not None and entry.state == session.state
        if entry and current and self._on_disk(session, entry.json_bytes) and not self._again(entry.extras, entry.failed):
            self.tally.kept += len(session.files)
            self.tally.failed += entry.failed
            return True
        return self._reuse(session)

    def _again(self, extras: int, failed: int) -> bool:
        """Wanted once more: failed clips with ``--retry-failed``, or a report that was not made before."""
        return bool(self.options.retry_failed and failed) or bool(self.options.report and not extras and not failed)

    def _on_disk(self, session: Session, json_bytes: int) -> bool:
        """A power cut can leave a file empty that was renamed into place; the log says how long it must be."""
        with contextlib.suppress(FileNotFoundError):
            return json_bytes == 0 or self._json_path(session).stat().st_size == json_bytes
        return False

    def _json_path(self, session: Session) -> Path:
        return self.folder.sessions / f"{session.name}.json"

    def _reuse(self, session: Session) -> bool:
        """Take over the result of the same content (a file that was renamed, or that is listed for two subjects)."""
        key = key_of(session, run_digest=self.made_with.digest(), known=self.journal.shas)
        source = self.journal.by_key.get(key or "")
        if source is None or (source == session.id and not self._on_disk(session, self.journal.entries[source].json_bytes)):
            return False
        record = self.journal.read(source)
        try:
            body = json.loads((self.folder.sessions / record["json"]).read_bytes())
        except (FileNotFoundError, ValueError):
            return False
        by_sha = {self.journal.shas[f.version]: f.uri for f in reversed(session.files)}
        here = {uri: by_sha[sha] for uri, _, _, sha in record["files"]}
        for info in body["inputs"]:
            info["path"] = here.get(info["path"], info["path"])
        extras = {name: (self.folder.sessions / f"{record['name']}.{name}").read_bytes() for name in record["extras"]}
        outcome = Outcome(session.id, _json_text(body), record["sides"], record["reps"], extras=extras)
        if self._again(len(extras), 0):
            return False
        self._finish([outcome])
        return True

    def _keep_results(self) -> None:
        """Results of earlier runs also go where this run's results go (the history, if it is given now)."""
        if self.on_result:
            for session in self.plan.sessions:
                entry = self.journal.entries.get(session.id)
                if entry and entry.json_bytes and entry.state == session.state and self._on_disk(session, entry.json_bytes):
                    self.on_result(session, json.loads(self._json_path(session).read_bytes()))

    def _work(self, pending: list[Session]) -> None:
        if not pending:
            return
        engine = Engine(
            self.recipe, expected=self.made_with, limits=self.options.limits, workers=self.options.workers,
            scheduler=self.options.scheduler,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as staged, engine:
            while pending:
                now, later = self._first_of_each(pending)
                for outcomes in engine.run(self._chunks(now, Path(staged))):
                    self._finish(outcomes)
                    self._pulse()
                pending = [s for s in later if not self._reuse(s)]

    def _first_of_each(self, sessions: Iterable[Session]) -> tuple[list[Session], list[Session]]:
        """Sessions of equal content apart: one is measured, the others wait for its result."""
        now, later, keys = list[Session](), list[Session](), set[str]()
        for session in sessions:
            key = key_of(session, run_digest=self.made_with.digest(), known=self.journal.shas)
            (later if key in keys else now).append(session)
            if key:
                keys.add(key)
        return now, later

    def _chunks(self, sessions: Sequence[Session], staged: Path) -> Iterator[Chunk]:
        """Clips one by one, so that little is lost with a worker; saved tracks, which take milliseconds, by the dozen."""
        quick = [s for s in sessions if all(f.uri.lower().endswith(TRACK_SUFFIX) for f in s.files)]
        size = max(1, min(_CHUNK, len(quick) // (8 * self.options.workers)))
        for start in range(0, len(quick), size):
            yield tuple(self._job(s, staged) for s in quick[start : start + size])
        chosen = {s.id for s in quick}
        yield from ((self._job(s, staged),) for s in sessions if s.id not in chosen)

    def _job(self, session: Session, staged: Path) -> Job:
        files = distinct(session, self.journal.shas)
        return Job(session.id, tuple(JobFile(f.uri, _source(f, staged)) for f in files))

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        """Write the files of finished sessions, then log them: only then they are done."""
        records = [self._record(self.by_id[o.id], o) for o in outcomes]
        self.journal.add(records)
        for record in records:
            for failed in record["failures"]:
                self._failed(Failure(**failed))
            got = len(record["files"]) - len(record["failures"])
            self.tally.done += got
        if records:
            self.tally.mark()

    def _record(self, session: Session, outcome: Outcome) -> dict[str, Any]:
        shas = [outcome.shas.get(f.uri) or self.journal.shas.get(f.version) for f in session.files]
        if outcome.json is not None:
            for name, data in {"json": outcome.json, **outcome.extras}.items():
                with atomic_path(self.folder.sessions / f"{session.name}.{name}") as tmp:
                    tmp.write_bytes(data)
            if self.on_result:
                self.on_result(session, json.loads(outcome.json))
        return {
            "session": session.id, "name": session.name, "json": f"{session.name}.json", "state": session.state,
            "key": result_key(self.made_with.digest(), [s for s in shas if s]) if all(shas) else "",
            "files": [[*f.version, sha] for f, sha in zip(session.files, shas, strict=True)],
            "json_bytes": len(outcome.json or b""), "extras": sorted(outcome.extras), "sides": outcome.sides,
            "reps": outcome.reps, "failures": [asdict(f) for f in self._spread(session, outcome.failures)],
            "seconds": round(outcome.seconds, 3), "analysis_s": round(outcome.analysis_s, 3),
        }  # fmt: skip

    def _spread(self, session: Session, failures: Sequence[Failure]) -> Iterator[Failure]:
        """A clip that failed stands for its copies in the session too: each file gets its own row."""
        content = {f.uri: self.journal.shas.get(f.version, f.uri) for f in session.files}
        for failed in failures:
            same = [uri for uri, sha in content.items() if sha == content[failed.file]]
            yield from (replace(failed, file=uri) for uri in same)

    def _failed(self, failed: Failure) -> None:
        self.tally.done += 1
        self.tally.failed += 1
        self._tell("failed", file=failed.file, reason=failed.code, sentence=failed.message)

    def _tell(self, event: str, **facts: Any) -> None:
        _log.info("%s %s", event, json.dumps(facts, ensure_ascii=True))
        self.display.event(event, **facts)

    def _pulse(self) -> None:
        self.display.update(self.tally)
        self.lock.beat()
        if time.monotonic() > self.next_refresh_s:
            start = time.monotonic()
            self.refresh("running")
            took_s = time.monotonic() - start
            self.next_refresh_s = time.monotonic() + max(REFRESH_S, _REFRESH_SHARE * took_s)

    def refresh(self, state: str) -> None:
        """Rewrite tables, page and ``run.json`` from the log, in the order of the plan."""
        self.folder.write_run(self._facts(state))
        page = Page(f"Kick-back batch {self.folder.path.name}", self._headline(state))
        with TableWriter(self.folder.path, carried=self.plan.columns) as tables:
            tables.failures(self.plan.failures)
            page.failed.extend(self.plan.failures)
            for session in self.plan.sessions:
                entry = self.journal.entries.get(session.id)
                if entry and entry.state == session.state:
                    self._put(session, self.journal.read(session.id), tables, page)
        page.write(self.folder.path / "index.html")

    def _put(self, session: Session, record: dict[str, Any], tables: TableWriter, page: Page) -> None:
        failures = [Failure(**f) for f in record["failures"]]
        tables.failures(failures)
        page.failed.extend(failures)
        if not record["sides"]:
            return
        links = {n.split(".")[0]: f"sessions/{session.name}.{n}" for n in ["json", *record["extras"]]}
        shared = {"result_file": links["json"], "settings_sha256": self.made_with.settings_sha256}
        known = identity(session, without={f.file for f in failures}) | shared
        sides = with_warnings(session, record["sides"])
        tables.session(known, sides, record["reps"])
        page.session(known, sides, links=links)

    def _facts(self, state: str) -> dict[str, Any]:
        return {
            "run_digest": self.made_with.digest(), "state": state, **asdict(self.made_with),
            "settings": self.options.settings.to_dict(), "limits": asdict(self.options.limits),
            "pattern": self.options.pattern, "workers": self.options.workers, "scheduler": self.options.scheduler,
            "sessions": len(self.plan.sessions), "counts": facts_of(self.tally), "started": _iso(self.started_s),
            "written": _iso(time.time()), "seconds": round(time.time() - self.started_s, 1),
        }  # fmt: skip

    def _headline(self, state: str) -> list[tuple[str, str]]:
        done = self.tally.kept + self.tally.done
        return [
            ("state", f"{state}, {done} of {self.tally.total} clips"), ("written", _iso(time.time())),
            ("took", duration(time.time() - self.started_s)), ("program", f"mobility-check {self.made_with.mobility_check}"),
            ("model", f"{Path(self.options.settings.model).stem} {self.made_with.model_sha256[:12]}"),
        ]  # fmt: skip

    def _summary(self, interrupted: str) -> Summary:
        t = self.tally
        return Summary(self.folder.path, t.total, t.kept + t.done - t.failed, t.failed, t.left, interrupted)


def _source(file: ClipFile, staged: Path) -> str:
    """Where a worker opens a file: under its own address, except what lives in this process's memory only."""
    if not file.uri.startswith("memory://"):
        return file.uri
    with fetched(file.uri) as (copy, sha):
        target = staged / f"{sha}{copy.suffix}"
        target.write_bytes(copy.read_bytes())
    return str(target)


def _json_text(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8", "surrogatepass")


def _iso(moment_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(moment_s))


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """The package's and Dask's log lines go to the log file, and nowhere else, while the batch runs."""
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    names = ("mobility_check", "distributed")
    before = [(logging.getLogger(n), logging.getLogger(n).level, logging.getLogger(n).propagate) for n in names]
    for logger, _, _ in before:
        logger.addHandler(handler)
        logger.propagate = False
    logging.getLogger("mobility_check").setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level, propagate in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
        handler.close()
