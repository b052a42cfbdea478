"""Dask: closed workers here or an existing scheduler, a few tasks in flight, and what a worker's death means."""

from __future__ import annotations

import logging
import queue
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security
from distributed.comm.core import CommClosedError

import mobility_check
from mobility_check.batch.clips import ClipFile
from mobility_check.batch.job import WHOLE_SESSION, ClipWorker, Fingerprint, JobResult, Options, run_chunk
from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.problems import failure
from mobility_check.errors import MobilityCheckError, UsageError
from mobility_check.text import public_address

Chunk = tuple[PlannedSession, ...]
Landed = tuple[Future, float]
TASKS_PER_WORKER = 3
"""Tasks in flight per thread: enough that none waits for the client, few enough that little is lost with it."""
TICK_S = 0.5
TRIES = 2
_MOST_ATTEMPTS = 5
_CONNECT_S = 10.0
_LOST_S = 120.0
SETTINGS = {
    "distributed.scheduler.allowed-failures": TRIES - 1,
    "distributed.scheduler.work-stealing": False,
    "distributed.comm.timeouts.connect": "60s",
    # a worker that starts again on a busy computer takes longer than the 15 s after which a cluster drops it for good
    "distributed.deploy.lost-worker-timeout": "24h",
    # samples of the stack and fifty ticks a second tell nothing here, and cost a tenth of the time
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    # memory is watched per clip; nothing here is worth a file on the disk
    **{f"distributed.worker.memory.{what}": False for what in ("target", "spill", "pause", "terminate")},
    # no page, no interface: nothing answers but the scheduler and its workers, to those who hold the keys
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
_LOST = (CancelledError, CommClosedError, TimeoutError, OSError)
"""What Dask's calls raise when the scheduler goes away in the middle of them."""
_log = logging.getLogger(__name__)


class LostClusterError(MobilityCheckError):
    """The scheduler is gone; what was finished is kept (exit code 130, like any other interruption)."""

    exit_code = 130


def _ask_version() -> str:
    return mobility_check.__version__


def _ask_problem(name: str, dask_worker: Any) -> str:
    problem: str = dask_worker.plugins[name].problem
    return problem


def _refuse(problems: dict[str, str]) -> None:
    """Go on only if no worker has one."""
    if bad := {address: text for address, text in problems.items() if text}:
        address, text = next(iter(bad.items()))
        raise UsageError(
            "{bad} of {asked} workers run another version, model or settings than this computer ({address}: "
            "{text}). Install the same version and model there and give the same settings.",
            bad=len(bad),
            asked=len(problems),
            address=address,
            text=text,
        )


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """A new Python process imports the script that was called once more, which would run a script without a guard (such
    as pip writes for a command) again; workers need nothing of it."""
    main = vars(sys.modules["__main__"])
    before = {name: main.get(name) for name in ("__file__", "__spec__")}
    main.update(dict.fromkeys(before))
    try:
        yield
    finally:
        main.update(before)


def local_cluster(workers: int, *, folder: str | None = None) -> LocalCluster:
    """Worker processes of one thread on this computer, closed to everybody else.

    Whoever reaches a Dask scheduler can run code as its user, so all links are encrypted with keys that are made for
    this cluster and kept in memory: without them no other process, of whatever user, gets a word in.
    """
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        silence_logs=logging.CRITICAL,
        host="127.0.0.1",
        security=Security.temporary(),
        dashboard_address=None,
        local_directory=folder,
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    )


class ClipCluster:
    """Workers that measure; ``with ClipCluster(…) as cluster: for results in cluster.run(chunks): …``.

    Raises:
        UsageError: the scheduler cannot be reached, or a worker has another version, model or settings than the client.
    """

    def __init__(self, options: Options, *, expected: Fingerprint, folder: str | None = None) -> None:
        self._plugin = ClipWorker(options, expected)
        self._options, self._folder = options, folder
        self._stack = ExitStack()
        self._unfit = dict[str, str]()  # workers that joined later and must not take part, with what differs
        self._begun = dict[str, list[tuple[int, float]]]()  # by task: which clip was begun when
        self._too_large = set[str]()  # tasks
        self._again = deque[Chunk]()

    def __enter__(self) -> ClipCluster:
        with ExitStack() as stack:
            stack.enter_context(dask.config.set(SETTINGS))
            self._client: Client = stack.enter_context(self._connect(stack))
            self._check(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def run(self, chunks: Iterable[Chunk]) -> Iterator[list[JobResult]]:
        """Do all chunks; yields what is finished, and an empty list at least every half second.

        Raises:
            LostClusterError: the scheduler is gone.
        """
        waiting, flying = iter(chunks), dict[Future, Chunk]()
        landed: queue.SimpleQueue[Landed] = queue.SimpleQueue()
        while True:
            room = TASKS_PER_WORKER * max(1, self._threads()) - len(flying)
            while room > 0 and (chunk := self._again.popleft() if self._again else next(waiting, None)):
                room -= 1
                future = self._client.submit(run_chunk, chunk, self._plugin.name, pure=False)
                flying[future] = chunk
                future.add_done_callback(lambda future: landed.put((future, time.monotonic())))
            if not flying:
                return
            done = _drain(landed)
            self._look_alive()
            yield [result for future, at_s in done for result in self._land(future, flying.pop(future), at_s)]

    def _connect(self, stack: ExitStack) -> Client:
        address = self._options.scheduler
        if address is None:
            stack.enter_context(_main_left_alone())
            cluster = stack.enter_context(local_cluster(self._options.workers, folder=self._folder))
            return Client(cluster, set_as_default=False)
        try:
            client = Client(address, timeout=_CONNECT_S, set_as_default=False)
            client.wait_for_workers(1, timeout=60)
        except (OSError, ValueError, TimeoutError) as e:
            raise UsageError(
                "The scheduler {scheduler} cannot be reached or has no workers ({why}); start one with 'dask "
                "scheduler' and workers with 'dask worker tcp://HOST:8786 --nthreads 1'.",
                scheduler=public_address(address),
                why=e,
            ) from e
        return client

    def _check(self, stack: ExitStack) -> None:
        """Ask for versions first: only the same version can read the plug-in."""
        answers, ours = self._client.run(_ask_version, on_error="return"), self._plugin.expected.mobility_check
        differ = {a: f"mobility_check {v} ≠ {ours}" if isinstance(v, str) else str(v) for a, v in answers.items()}
        _refuse({address: text if answers[address] != ours else "" for address, text in differ.items()})
        self._client.subscribe_topic(self._plugin.name, self._hear)
        self._client.register_plugin(self._plugin, name=self._plugin.name)
        stack.callback(self._release)
        _refuse(self._client.run(_ask_problem, self._plugin.name))

    def _release(self) -> None:
        """Workers of a shared cluster forget this run when it is over."""
        with suppress(*_LOST):
            if self._client.status == "running":
                self._client.unregister_worker_plugin(self._plugin.name)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Called by Dask in a thread of its own with what a worker tells, before it says that the worker died."""
        _, facts = event
        if "begun" in facts:
            self._begun.setdefault(facts["begun"], []).append((facts["clip"], time.monotonic()))
        elif "too_large" in facts:
            self._too_large.add(facts["too_large"])
        elif facts["worker"] not in self._unfit:
            self._unfit[facts["worker"]] = facts["unfit"]
            _log.error("The worker %s is not used: %s", facts["worker"], facts["unfit"])

    def _threads(self) -> int:
        """Threads of all workers that may take part, 0 while the scheduler is away."""
        with suppress(*_LOST):
            if self._client.status == "running":
                return sum(n for address, n in self._client.nthreads().items() if address not in self._unfit)
        return 0

    def _look_alive(self) -> None:
        """Wait for a scheduler that is away and for workers that are, but not for ever."""
        away_since = time.monotonic()
        while not self._threads():
            if self._client.status == "closed" or time.monotonic() - away_since > _LOST_S:
                if self._unfit:
                    address, text = next(iter(self._unfit.items()))
                    raise LostClusterError(
                        "No worker is left that measures as this computer does ({address}: {text}). Install the same "
                        "version and model there.",
                        address=address,
                        text=text,
                    )
                raise LostClusterError("The Dask scheduler or all of its workers are gone.")
            time.sleep(TICK_S)

    def _land(self, future: Future, jobs: Chunk, at_s: float) -> list[JobResult]:
        """Fetch what a finished task returns; what is left of sessions whose workers died is done again.

        Raises:
            LostClusterError: the scheduler is gone.
        """
        results, left = list[JobResult](), jobs
        try:  # a result that was lost with its worker is made again, or kills another one
            got: list[JobResult] | BaseException = future.exception() or future.result()
        except KilledWorker as e:
            got = e
        except _LOST as e:
            raise LostClusterError("The connection to the Dask scheduler was lost.") from e
        if isinstance(got, list):
            results, left = got, ()
        elif not isinstance(got, KilledWorker):
            left = tuple(_without(j, j.files, "program_error", detail=f"{type(got).__name__}: {got}") for j in jobs)
        elif len(jobs) == 1:
            left = (self._blame(jobs[0], future.key, at_s),)
        future.release()
        self._begun.pop(future.key, None)
        self._again += [(replace(job, attempt=job.attempt + 1),) for job in left if job.files]
        return [*results, *(JobResult(job.id, failures=list(job.lost)) for job in left if not job.files)]

    def _blame(self, job: PlannedSession, task: str, at_s: float) -> PlannedSession:
        """What is left of a session under which workers died twice: without the clip that was twice being read then,
        which has failed. A task that only waited on such a worker is not to blame."""
        begun, limits = self._begun.get(task, []), self._options.limits
        clip, since_s = begun[-1] if begun else (WHOLE_SESSION, 0.0)
        tries = sum(c == clip for c, _ in begun)
        if tries < TRIES:
            return job if job.attempt < _MOST_ATTEMPTS else _without(job, job.files, "worker_died")
        code, detail = "crashed", ""
        if task in self._too_large:
            code, detail = "out_of_memory", f"{limits.memory_bytes / (1 << 30):.2g} GB"
        elif at_s - since_s > 0.98 * limits.deadline_s:
            code, detail = "deadline", f"{limits.deadline_s:g} s"
        lost = job.files if clip == WHOLE_SESSION else job.files[clip : clip + 1]
        return _without(job, lost, code, detail=detail, tries=tries)


def _without(
    job: PlannedSession, lost: Sequence[ClipFile], code: str, *, detail: str = "", tries: int = 1
) -> PlannedSession:
    """The session without clips that failed."""
    failures = (failure(f.uri, code, detail=detail, tries=tries) for f in lost)
    return replace(job, files=tuple(f for f in job.files if f not in lost), lost=(*job.lost, *failures))


def _drain(landed: queue.SimpleQueue[Landed]) -> list[Landed]:
    """All that has landed, and when; waits a moment if nothing has."""
    try:
        done = [landed.get(timeout=TICK_S)]
        while not landed.empty():
            done.append(landed.get_nowait())
    except queue.Empty:
        return []
    return done
