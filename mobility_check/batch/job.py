"""What a worker does: fetch, hash and read each clip of a session, and analyse them together, within the limits.

A worker is a process of its own that Dask's nanny watches and starts again. A clip that crashes it, that takes too long
(:mod:`faulthandler` then ends the process, whatever holds the interpreter's lock) or that needs too much memory takes
nothing with it: Dask hands the task out once more, and :mod:`~mobility_check.batch.cluster` then makes it a failure.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import json
import os
import pkgutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from distributed import Reschedule, Worker, WorkerPlugin, get_worker
from distributed.utils import sync

from mobility_check.batch.clips import ClipFile, digest_of, fetched, is_url, look_at
from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.problems import Failure, failure
from mobility_check.errors import InputError, MobilityCheckError
from mobility_check.language import N_
from mobility_check.settings import Settings
from mobility_check.text import without_credentials

if TYPE_CHECKING:
    from mobility_check.assessments.movements import FoundClip

RECORD = "mobility_check.pipeline:record_clip"
TRACK_SUFFIX = ".npz"
"""Files of this ending are saved tracks: they are replayed, not read as video."""
WHOLE_SESSION = -1
_ONE_AT_A_TIME = threading.Lock()
"""A process has one watchdog timer; workers of several threads measure one clip at a time all the same."""
_LOOK_S, _TELL_S = 0.2, 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch is run; functions by dotted name (``module:function``), since workers are other processes.

    Attributes:
        pattern: file name pattern, see :func:`~mobility_check.batch.pattern.compile_pattern`.
        workers: processes on this computer, unless ``scheduler`` names a Dask scheduler.
        deadline_s, memory_bytes: limits per clip, the second of its process.
        record: finds the movements of a clip, like :func:`mobility_check.pipeline.record_clip`.
        writers: each is called as ``writer(session, clips=[path…], folder=path, subject=…, date=…)`` and writes
            further files of a session into ``folder``.
        wanted: files of the writers without which a session of an earlier run is measured again.
    """

    settings: Settings = field(default_factory=Settings)
    pattern: str | None = None
    workers: int = 1
    scheduler: str | None = None
    deadline_s: float = 900.0
    memory_bytes: int = 3 << 30
    retry_failed: bool = False
    record: str = RECORD
    writers: tuple[str, ...] = ()
    wanted: frozenset[str] = frozenset()


@dataclass(slots=True)
class JobResult:
    """What became of a job: the result's JSON text (None if no clip could be read), failures, content hashes, files."""

    id: str
    json: bytes | None = None
    failures: list[Failure] = field(default_factory=list)
    shas: dict[str, str] = field(default_factory=dict)
    extras: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What must be the same on every computer of a run, since it changes the numbers."""

    mobility_check: str
    mediapipe: str
    model_sha256: str
    tracking_model_sha256: str
    settings_sha256: str
    coefficients_sha256: str

    def digest(self) -> str:
        """One hash of all of it."""
        return digest_of("run", *asdict(self).values())

    def difference(self, other: Fingerprint) -> str:
        """What differs, in any language ("model_sha256 1a2b… ≠ 3c4d…"), empty if nothing does."""
        theirs = asdict(other)
        return ", ".join(
            f"{name} {theirs[name][:12]} ≠ {ours[:12]}" for name, ours in asdict(self).items() if theirs[name] != ours
        )


def fingerprint(settings: Settings) -> Fingerprint:
    """What this computer would measure with.

    Raises:
        ModelError: the model is missing or damaged.
    """
    from importlib.metadata import version

    import mobility_check
    from mobility_check.pose.models import find_model
    from mobility_check.refinement.coefficients import load_coefficients

    return Fingerprint(
        mobility_check.__version__,
        version("mediapipe"),
        find_model(settings.model).sha256,
        find_model(settings.tracking_model).sha256,
        settings.digest(),
        load_coefficients().sha256,
    )


def run_job(
    job: PlannedSession, *, options: Options, on_step: Callable[[int], None], folder: str | None = None
) -> JobResult:
    """Analyse one session; every clip that cannot be read becomes a failure, whatever went wrong with it.

    ``on_step`` is told the place of the clip that is read next, and :data:`WHOLE_SESSION` when all were read;
    ``folder`` is for temporary files.
    """
    from mobility_check.pipeline import assess_clips

    outcome = JobResult(job.id, failures=list(job.lost))
    with ExitStack() as stack:
        read = list[tuple[ClipFile, Path, "FoundClip"]]()
        for place, file in enumerate(job.files):
            on_step(place)
            try:
                read.append((file, *_read(file, options, stack, outcome, folder)))
            except Exception as e:  # noqa: BLE001 -- decoders raise of every kind; one clip must not stop thousands
                outcome.failures.append(_failed(file, e))
        on_step(WHOLE_SESSION)
        if not read:
            return outcome
        files, clips, found = zip(*read, strict=True)
        about = {"clips": clips, "subject": job.subject, "date": job.date}
        try:
            session = assess_clips(found, settings=options.settings)
            written = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
            for name in options.writers:
                pkgutil.resolve_name(name)(session, folder=written, **about)
            outcome.extras = {p.name: p.read_bytes() for p in sorted(written.iterdir()) if p.is_file()}
            outcome.json = result_text(session.result.to_dict())
        except Exception as e:  # noqa: BLE001 -- a fault of ours in one session must not stop the others either
            outcome.failures.extend(_failed(file, e) for file in files)
    return outcome


def _read(
    file: ClipFile, options: Options, stack: ExitStack, outcome: JobResult, folder: str | None
) -> tuple[Path, FoundClip]:
    before = None if is_url(file.source) else look_at(file.source).stamp
    path, sha = stack.enter_context(fetched(file.source, folder=folder))
    outcome.shas[file.uri] = sha
    if path.suffix.lower() == TRACK_SUFFIX:
        from mobility_check.pipeline import find_movements
        from mobility_check.pose.store import load_track

        found = find_movements(load_track(path), settings=options.settings)
        meta = replace(found.recording.meta, path=file.uri)
    else:
        found = pkgutil.resolve_name(options.record)(path, settings=options.settings)
        meta = replace(found.recording.meta, path=file.uri, sha256=sha)
    if before is not None and look_at(file.source).stamp != before:
        raise _ChangedError
    return path, found.with_meta(meta)


class _ChangedError(Exception):
    """The file was written to while it was read."""


def _failed(file: ClipFile, error: Exception) -> Failure:
    if isinstance(error, _ChangedError):
        return failure(file.uri, "changed_while_read", tries=1)
    if isinstance(error, MemoryError):
        return failure(file.uri, "out_of_memory", detail=N_("this computer has"), tries=1)
    if isinstance(error, MobilityCheckError):
        code = "fetch_failed" if isinstance(error, InputError) and is_url(file.uri) else "unreadable"
        return failure(file.uri, code, detail=without_credentials(str(error)), tries=1)
    detail = without_credentials(f"{type(error).__name__}: {error}")
    return failure(file.uri, "program_error", detail=detail, tries=1)


def result_text(body: dict[str, Any]) -> bytes:
    """A result object as the text of its file: one line, which is written three times as fast as a laid out one."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")


class ClipWorker(WorkerPlugin):  # type: ignore[misc]
    """Makes a Dask worker fit to measure; ``problem`` says why it must not take part, if so."""

    def __init__(self, options: Options, expected: Fingerprint) -> None:
        self.options, self.expected = options, expected
        self.name = f"mobility-check-{uuid.uuid4().hex}"  # several runs may share a cluster
        self.problem = ""

    async def setup(self, worker: Worker) -> None:
        """Called by Dask on every worker, also on those that join later or start again."""
        self._worker, self._task, self._over = worker, "", threading.Event()
        self.problem = await asyncio.to_thread(self._warm_up)
        self._memory = psutil.Process().memory_info
        self._idle_bytes = self._memory().rss
        threading.Thread(target=self._watch_memory, daemon=True).start()

    def teardown(self, worker: Worker) -> None:
        """Called by Dask when the worker stops or the run is over."""
        self._over.set()

    def run(self, jobs: Sequence[PlannedSession]) -> list[JobResult]:
        """Do jobs one after the other; of one that is alone, tell which clip is begun."""

        def step(clip: int) -> None:
            if len(jobs) == 1 and (clip == 0 or len(jobs[0].files) > 1):
                self.tell(begun=self._task, clip=clip)
            faulthandler.dump_traceback_later(self.options.deadline_s, exit=True, file=nowhere)

        with _ONE_AT_A_TIME, open(os.devnull, "w", encoding="utf-8") as nowhere:
            self._task = self._worker.get_current_task()
            try:
                folder = self._worker.local_directory
                return [run_job(job, options=self.options, on_step=step, folder=folder) for job in jobs]
            finally:
                faulthandler.cancel_dump_traceback_later()
                self._task = ""

    def tell(self, **facts: Any) -> None:
        """Tell the client, and go on when the scheduler knows it, so that it is known even if this process dies now."""
        event = {"worker": self._worker.address, **facts}
        log_event = self._worker.scheduler.log_event
        with suppress(OSError, TimeoutError):  # the scheduler is gone, and this worker goes too
            sync(self._worker.loop, log_event, topic=self.name, msg=event, callback_timeout=_TELL_S)

    def _warm_up(self) -> str:
        """Load once all that a job will need; it is not a clip's time."""
        try:
            for name in (RECORD, self.options.record, *self.options.writers):
                pkgutil.resolve_name(name)
            difference = self.expected.difference(fingerprint(self.options.settings))
        except (ImportError, AttributeError, MobilityCheckError) as e:
            return str(e)
        gc.freeze()  # the collector need not look through the imports again and again
        return difference

    def _watch_memory(self) -> None:
        while not self._over.wait(_LOOK_S):
            used, most = self._memory().rss, self.options.memory_bytes
            if used > most and self._task:
                self.tell(too_large=self._task)
                os._exit(1)
            if used > (self._idle_bytes + most) // 2 and not self._task:
                os._exit(0)  # it did not give back what a large clip took


def run_chunk(jobs: Sequence[PlannedSession], name: str) -> list[JobResult]:
    """The task: jobs one after the other on whichever worker it lands."""
    plugin: ClipWorker = get_worker().plugins[name]
    if plugin.problem:
        plugin.tell(unfit=plugin.problem)
        time.sleep(1.0)  # give the fit workers the time to take the task
        raise Reschedule
    return plugin.run(jobs)
