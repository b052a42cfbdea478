"""Dask: closed workers here or an existing scheduler, a few tasks in flight, and what a worker's death means."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, wait
from distributed.comm.core import CommClosedError

import mobility_check
from mobility_check.batch.clips import ClipFile
from mobility_check.batch.job import WHOLE_SESSION, ClipWorker, Fingerprint, JobResult, Options, run_chunk
from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.problems import failure
from mobility_check.errors import MobilityCheckError, UsageError
from mobility_check.text import public_address

Chunk = tuple[PlannedSession, ...]
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


@contextmanager
def open_cluster(options: Options, *, expected: Fingerprint, folder: str | None = None) -> Iterator[ClipCluster]:
    """Workers that measure: ``with open_cluster(…) as cluster: for results in cluster.run(chunks): …``.

    Raises:
        UsageError: the scheduler cannot be reached, or a worker has another version, model or settings than the client.
    """
    plugin = ClipWorker(options, expected)
    with dask.config.set(SETTINGS), _connected(options, folder) as client:
        # versions first: only the same one can read the plug-in
        versions, ours = client.run(_ask_version, on_error="return"), expected.mobility_check
        differ = {a: f"mobility_check {v} ≠ {ours}" if isinstance(v, str) else str(v) for a, v in versions.items()}
        _refuse({address: text if versions[address] != ours else "" for address, text in differ.items()})
        cluster = ClipCluster(client, plugin)
        client.subscribe_topic(plugin.name, cluster.hear)
        client.register_plugin(plugin, name=plugin.name)
        try:
            _refuse(client.run(_ask_problem, plugin.name))
            yield cluster
        finally:  # workers of a shared cluster forget this run when it is over
            with suppress(*_LOST):
                if client.status == "running":
                    client.unregister_worker_plugin(plugin.name)


@contextmanager
def _connected(options: Options, folder: str | None) -> Iterator[Client]:
    if options.scheduler is None:
        with (
            _main_left_alone(),
            local_cluster(options.workers, folder=folder) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(options.scheduler, timeout=_CONNECT_S, set_as_default=False)
        client.wait_for_workers(1, timeout=60)
    except (OSError, ValueError, TimeoutError) as e:
        raise UsageError(
            "The scheduler {scheduler} cannot be reached or has no workers ({why}); start one with 'dask "
            "scheduler' and workers with 'dask worker tcp://HOST:8786 --nthreads 1'.",
            scheduler=public_address(options.scheduler),
            why=e,
        ) from e
    with client:
        yield client


class ClipCluster:
    """Workers that measure, see :func:`open_cluster`."""

    def __init__(self, client: Client, plugin: ClipWorker) -> None:
        self._client, self._plugin = client, plugin
        self._unfit = dict[str, str]()  # workers that joined later and must not take part, with what differs
        self._begun = dict[str, list[tuple[int, float]]]()  # by task: which clip was begun when
        self._too_large = set[str]()  # tasks
        self._again = deque[Chunk]()

    def run(self, chunks: Iterable[Chunk]) -> Iterator[list[JobResult]]:
        """Do all chunks; yields what is finished, and an empty list at least every half second.

        Raises:
            LostClusterError: the scheduler is gone.
        """
        waiting, flying, landed_s = iter(chunks), dict[Future, Chunk](), dict[str, float]()
        while True:
            room = TASKS_PER_WORKER * max(1, self._threads()) - len(flying)
            while room > 0 and (chunk := self._again.popleft() if self._again else next(waiting, None)):
                room -= 1
                future = self._client.submit(run_chunk, chunk, self._plugin.name, pure=False)
                flying[future] = chunk
                future.add_done_callback(lambda future: landed_s.setdefault(future.key, time.monotonic()))
            if not flying:
                return
            with suppress(*_LOST), self._client.as_current():
                wait(list(flying), timeout=TICK_S, return_when="FIRST_COMPLETED")
            done, now_s = [future for future in flying if future.done()], time.monotonic()
            at_s = {future: landed_s.pop(future.key, now_s) for future in done}
            self._look_alive()
            yield [result for future in done for result in self._land(future, flying.pop(future), at_s[future])]

    def hear(self, event: tuple[float, dict[str, Any]]) -> None:
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
        """Fetch what a finished task returns; what is left of sessions whose workers died is done again."""
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
        begun, limits = self._begun.get(task, []), self._plugin.options
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
