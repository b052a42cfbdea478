"""A whole batch: plan, resume, measure, keep, and the tables that are rewritten while it goes on."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from mobility_check.batch.clips import ClipFile, fetched, is_url, local_path
from mobility_check.batch.cluster import Chunk, LostClusterError, open_cluster
from mobility_check.batch.folder import claim_folder, logging_to
from mobility_check.batch.inputs import find_clips
from mobility_check.batch.job import TRACK_SUFFIX, Fingerprint, JobResult, Options, fingerprint, result_text
from mobility_check.batch.page import Page
from mobility_check.batch.plan import Plan, PlannedSession, make_plan, need_hash
from mobility_check.batch.problems import Failure, name_of
from mobility_check.batch.progress import Display, Tally, duration
from mobility_check.batch.state import Finished, RunState
from mobility_check.batch.tables import TableWriter, rep_rows, side_rows
from mobility_check.errors import InputError
from mobility_check.files import atomic_path
from mobility_check.language import N_, long_date
from mobility_check.language import gettext as _
from mobility_check.text import public_address

OnResult = Callable[[PlannedSession, "dict[str, Any]", Mapping[str, bytes]], None]
"""Takes a session, its result object, and its further files by name."""
_MOST_TRACKS = 16
EVERY_S, _SHARE = 30.0, 50.0
"""Least time between two rewritings, which is also so many times as long as one takes (a fiftieth of the time)."""
ENDED = {"running": N_("running"), "finished": N_("finished"), "interrupted": N_("interrupted")}
"""How a run ended, on its page."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How a batch ended; counts are clips, ``failed`` includes those of earlier runs that were not tried again.

    ``page`` holds the counts of sessions and what went wrong, in groups.
    """

    folder: Path
    files: int
    with_result: int
    failed: int
    left: int
    page: Page
    interrupted: str | None = None
    """A sentence on what stopped it (empty if the user did), None if it ran to its end."""


def run_batch(
    paths: Sequence[str],
    out: Path,
    *,
    options: Options | None = None,
    display: Display | None = None,
    on_result: OnResult | None = None,
) -> BatchSummary:
    """Measure all clips; goes on where an earlier run with the same settings stopped.

    ``on_result`` is called in this process for every session with a result, before it counts as done, and once more
    for sessions of earlier runs; it must bear being called twice for one session.

    Raises:
        UsageError: the call is wrong, workers differ, another run writes to ``out``, or files there are not ours.
        OutputError: ``out`` cannot be written (what was finished before is kept). ModelError: the model is missing.
    """
    options, display = options or Options(), display or Display()
    files = find_clips(paths, pattern=options.pattern).files
    made_with = fingerprint(options.settings)
    folder = claim_folder(out, made_with.digest(), inputs=[local_path(p) for p in paths if not is_url(p)])
    with RunState(folder, made_with.digest()) as state, logging_to(folder / "batch.log"):
        _hash_copies(files, state)
        return _Run(folder, state, made_with, options, display, make_plan(files, state.sha), on_result).go()


def _hash_copies(files: Sequence[ClipFile], state: RunState) -> None:
    """Look at the content of what may be copies of one clip, and keep the hashes."""

    def hashed(file: ClipFile) -> str | None:
        try:
            with fetched(file.source) as (_, sha):
                return sha
        except InputError:  # the worker will say why it cannot be read
            return None

    unknown = need_hash((f for f in files if not f.problem), known=state.sha, sizes=state.sizes())
    with ThreadPoolExecutor(4) as pool:
        state.remember({file: sha for file, sha in zip(unknown, pool.map(hashed, unknown), strict=True) if sha})


@dataclass
class _Run:
    """One call of :func:`run_batch`."""

    folder: Path
    state: RunState
    made_with: Fingerprint
    options: Options
    display: Display
    plan: Plan
    on_result: OnResult | None

    def __post_init__(self) -> None:
        self.tally = Tally(self.plan.files)
        self.started_s = time.time()
        self.publish_at_s = time.monotonic() + EVERY_S
        self.by_id = {s.id: s for s in self.plan.sessions}

    def go(self) -> BatchSummary:
        """Do what is left; an interruption is an ordinary end."""
        tally = self.tally
        self._tell("started", clips=self.plan.files, sessions=len(self.plan.sessions), folder=str(self.folder))
        interrupted = None
        try:
            pending = self._settle()
            self._publish("running")
            self._work(pending)
        except KeyboardInterrupt:
            interrupted = ""
        except LostClusterError as e:
            interrupted = f"{e.shown} "
        ended = "finished" if interrupted is None else "interrupted"
        page = self._publish(ended)
        self._tell(ended, **tally.facts())
        done = tally.total - tally.left
        return BatchSummary(self.folder, tally.total, done - tally.failed, tally.failed, tally.left, page, interrupted)

    def _settle(self) -> list[PlannedSession]:
        """Count what is done already and tell what failed; the sessions that are left."""
        self._count_failed(self.plan.failures)
        self.tally.kept += len(self.plan.failures)
        pending = list[PlannedSession]()
        for session in self.plan.sessions:
            if finished := self._kept(session) or self._reuse(session):
                self.tally.kept += len(session.files)
                self._count_failed(finished.failures)
            else:
                pending.append(session)
        return pending

    def _kept(self, session: PlannedSession) -> Finished | None:
        """What an earlier run kept of a session, unless it must be measured again; its result is told once more, and
        its file written anew if it was deleted, or emptied by a power cut."""
        finished = self.state.finished(session)
        if finished is None or (self.options.retry_failed and finished.failures):
            return None
        if finished.result is not None:
            there = {n for n in finished.extras if self._path(session.name, n).exists()}
            if not self.options.wanted <= there:
                return None
            path = self._path(session.name, "json")
            if not path.exists() or path.read_bytes() != finished.result:
                _put(path, finished.result)
            if self.on_result:
                self.on_result(session, json.loads(finished.result), self._extras(finished))
        return finished

    def _reuse(self, session: PlannedSession) -> Finished | None:
        """Take over the result of the same content: a file that was renamed, or that is listed for two subjects."""
        source = self.state.same_content(session.content(self.state.sha))
        if source is None or source.result is None:
            return None
        extras = self._extras(source)
        if not self.options.wanted <= set(extras):
            return None
        body, by_sha = json.loads(source.result), {self.state.sha(f): f.uri for f in reversed(session.files)}
        here = {uri: by_sha[sha] for uri, sha in source.clips.items()}
        for info in body["inputs"]:
            info["path"] = here.get(info["path"], info["path"])
        return self._keep([(session, JobResult(session.id, result_text(body), extras=extras))])[0]

    def _extras(self, finished: Finished) -> dict[str, bytes]:
        """Further files of a finished session, as far as they are still there."""
        paths = {extra: self._path(finished.name, extra) for extra in finished.extras}
        return {extra: path.read_bytes() for extra, path in paths.items() if path.exists()}

    def _work(self, pending: list[PlannedSession]) -> None:
        if not pending:
            return
        options = replace(self.options, settings=replace(self.options.settings, workers=1))
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as private,
            open_cluster(options, expected=self.made_with, folder=private) as cluster,
        ):
            while pending:  # of sessions of equal content one is measured, the others wait for its result
                first = {s.content(self.state.sha) or s.id: s.id for s in reversed(pending)}
                measured = set(first.values())
                now = [s for s in pending if s.id in measured]
                for results in cluster.run(self._chunks(now)):
                    if results:
                        self._finish(results)
                    self.display.update(self.tally)
                    start = time.monotonic()
                    if start > self.publish_at_s:
                        self._publish("running")
                        end = time.monotonic()
                        self.publish_at_s = end + max(EVERY_S, _SHARE * (end - start))
                pending = [s for s in pending if s.id not in measured and not self._reused(s)]

    def _reused(self, session: PlannedSession) -> bool:
        reused = self._reuse(session)
        self.tally.done += len(session.files) if reused else 0
        return reused is not None

    def _finish(self, results: Sequence[JobResult]) -> None:
        pairs = [(self.by_id[r.id], r) for r in results]
        for finished in self._keep(pairs):
            self._count_failed(finished.failures)
        self.tally.done += sum(len(s.files) for s, _ in pairs)
        self.tally.mark()

    def _keep(self, pairs: Sequence[tuple[PlannedSession, JobResult]]) -> list[Finished]:
        """Write the files of finished sessions, then note them in the run state: only then they are done.

        Raises:
            OutputError: something cannot be written; those sessions are then still to do.
        """
        kept, shas = list[Finished](), dict[ClipFile, str]()
        for session, result in pairs:
            if result.json is not None:
                for name, data in {"json": result.json, **result.extras}.items():
                    _put(self._path(session.name, name), data)
                if self.on_result:
                    self.on_result(session, json.loads(result.json), result.extras)
            known = {f: sha for f in session.files if (sha := result.shas.get(f.uri) or self.state.sha(f))}
            clips = {f.uri: sha for f, sha in known.items()}
            about = (session.id, session.name, session.state, session.content(known.get))
            failures = tuple(_spread(session, result.failures, clips))
            kept.append(Finished(*about, result.json, failures, clips, tuple(sorted(result.extras))))
            shas |= known
        self.state.remember(shas, kept)
        return kept

    def _publish(self, ended: str) -> Page:
        """Rewrite all that people read, in the order of the plan; what the page shows."""
        with atomic_path(self.folder / "run.json") as tmp:
            tmp.write_text(json.dumps(self._facts(ended), indent=1) + "\n", encoding="utf-8")
        page = Page()
        page.failures(self.plan.failures)
        with TableWriter(self.folder, carried=self.plan.columns) as tables:
            tables.failures(self.plan.failures)
            for session in self.plan.sessions:
                if finished := self.state.finished(session):
                    self._put_session(session, finished, tables, page)
        title = _("Batch {folder}", folder=self.folder.name)
        page.write(self.folder / "index.html", title=title, facts=self._headline(ended, page))
        return page

    def _put_session(self, session: PlannedSession, finished: Finished, tables: TableWriter, page: Page) -> None:
        tables.failures(finished.failures)
        page.failures(finished.failures)
        if finished.result is None:
            return
        body = json.loads(finished.result)
        links = {n.split(".")[0]: f"sessions/{session.name}.{n}" for n in ["json", *finished.extras]}
        shared = {"result_file": links["json"], "settings_sha256": self.made_with.settings_sha256}
        sides = [row | shared for row in side_rows(session, body, without={f.file for f in finished.failures})]
        tables.session(sides, rep_rows(session, body))
        page.session(sides, links=links)

    def _facts(self, ended: str) -> dict[str, Any]:
        """What ``run.json`` says about the call and how far it is."""
        now_s, options = time.time(), self.options
        return {
            "state": ended,
            "run_digest": self.made_with.digest(),
            **asdict(self.made_with),
            "settings": options.settings.to_dict(),
            "limits": {"deadline_s": options.deadline_s, "memory_bytes": options.memory_bytes},
            "pattern": options.pattern,
            "workers": options.workers,
            "scheduler": options.scheduler and public_address(options.scheduler),
            "sessions": len(self.plan.sessions),
            "counts": self.tally.facts(),
            "started": _iso_time(self.started_s),
            "written": _iso_time(now_s),
            "seconds": round(now_s - self.started_s, 1),
        }

    def _headline(self, ended: str, page: Page) -> list[tuple[str, str]]:
        """The summary of the page: words and texts."""
        tally, measured = self.tally, page.statuses
        run = _("{ended}, took {time}", ended=_(ENDED[ended]), time=duration(time.time() - self.started_s))
        sessions = _(
            "{all}: {measured} measured, {limited} limited, {none} not measured",
            all=measured.total(),
            measured=measured["scored"],
            limited=measured["limited"],
            none=measured["not_scored"],
        )
        clips = _(
            "{all}: {shown} in these sessions, {failed} failed, {left} still to do",
            all=tally.total,
            shown=tally.total - tally.left - tally.failed,
            failed=tally.failed,
            left=tally.left,
        )
        return [
            (_("run"), run),
            (_("written"), f"{long_date(date.today())}, {time.strftime('%H:%M')}"),
            (_("sessions"), sessions),
            (_("clips"), clips),
            (_("program"), f"mobility-check {self.made_with.mobility_check}"),
            (_("model"), self.made_with.model_sha256[:12]),
        ]

    def _count_failed(self, failures: Sequence[Failure]) -> None:
        self.tally.failed += len(failures)
        for f in failures:
            self._tell("failed", file=f.file, reason=f.code, sentence=f.message)

    def _tell(self, event: str, **facts: Any) -> None:
        _log.info("%s %s", event, json.dumps(facts))
        self.display.event(event, **facts)

    def _chunks(self, sessions: Sequence[PlannedSession]) -> Iterator[Chunk]:
        """Clips one by one, so that little is lost with a worker; saved tracks, done in milliseconds, by the dozen."""
        known = self.state.sha
        quick = [s for s in sessions if all(f.uri.lower().endswith(TRACK_SUFFIX) for f in s.files)]
        size = max(1, min(_MOST_TRACKS, len(quick) // (8 * self.options.workers)))
        for start in range(0, len(quick), size):
            yield tuple(s.once(known) for s in quick[start : start + size])
        chosen = {s.id for s in quick}
        yield from ((s.once(known),) for s in sessions if s.id not in chosen)

    def _path(self, name: str, ending: str) -> Path:
        return self.folder / "sessions" / f"{name}.{ending}"


def _spread(session: PlannedSession, failures: Sequence[Failure], shas: Mapping[str, str]) -> Iterator[Failure]:
    """A clip that failed stands for its copies in the session too: each file gets its own row."""
    content = {f.uri: shas.get(f.uri, f.uri) for f in session.files}
    for failed in failures:
        for uri in (uri for uri, sha in content.items() if sha == content[failed.file]):
            yield replace(failed, file=uri, message=failed.message.replace(name_of(failed.file), name_of(uri)))


def _iso_time(moment_s: float) -> str:
    """Local time with its offset, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(moment_s))


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; not flushed to the disk, since the run state is and holds what is in it."""
    with atomic_path(path, durable=False) as tmp:
        tmp.write_bytes(data)
