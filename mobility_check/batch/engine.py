"""Dask distributed, one code path: a cluster here or an existing scheduler, and a sliding window of tasks."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from types import TracebackType

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Reschedule, Worker, WorkerPlugin, get_worker
from distributed.comm.core import CommClosedError

import mobility_check
from mobility_check.batch.child import Refusal
from mobility_check.batch.host import Limits, Pool
from mobility_check.batch.keys import Fingerprint
from mobility_check.batch.problems import failure
from mobility_check.batch.worker import Job, Outcome, Recipe
from mobility_check.errors import MobilityCheckError, UsageError

Chunk = tuple[Job, ...]
TASKS_PER_WORKER = 3
"""Tasks in flight per thread: enough that none waits for the client, few enough that little is lost with it."""
TICK_S = 0.5
_CONNECT_S = 10.0
_LOST_S = 60.0
_DASK = {
    "distributed.scheduler.allowed-failures": 8,
    "distributed.comm.timeouts.connect": "20s",
    # a worker only waits for its child: samples of its stack and fifty ticks a second tell nothing, and cost a tenth
    # of its time
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}
_LOST = (CancelledError, CommClosedError, TimeoutError, OSError)
"""What Dask's calls raise when the scheduler goes away in the middle of them."""
_log = logging.getLogger(__name__)


class LostClusterError(MobilityCheckError):
    """The scheduler is gone; what was finished is kept (exit code 130, like any other interruption)."""

    exit_code = 130


class ClipWorker(WorkerPlugin):  # type: ignore[misc]
    """Gives a Dask worker its pool of child processes, and checks that it measures with the same as the client."""

    def __init__(self, recipe: Recipe, limits: Limits, expected: Fingerprint) -> None:
        self.recipe, self.limits, self.expected = recipe, limits, expected
        self.name = f"mobility-check-{uuid.uuid4().hex}"  # several runs may share a cluster
        self._pool: Pool | None = None
        self._problem: str | None = None

    def setup(self, worker: Worker) -> None:
        """Called by Dask on every worker, also on those that join later."""
        self._pool = Pool(recipe=self.recipe, limits=self.limits, folder=worker.local_directory)

    def teardown(self, worker: Worker) -> None:
        """Called by Dask when the worker stops or the run is over."""
        if self._pool:
            self._pool.close()

    def problem(self) -> str:
        """Why this worker must not take part, or "" if it may; looked at once."""
        if self._problem is None and self._pool:
            answer = self._pool.hello()
            self._problem = answer.message if isinstance(answer, Refusal) else self.expected.difference(answer)
        return self._problem or ""

    def run(self, job: Job) -> Outcome:
        """Do one job in a child process."""
        assert self._pool is not None
        return self._pool.run(job)


def _ask_version() -> str:
    return mobility_check.__version__


async def _ask_problem(name: str, dask_worker: Worker) -> str:
    return await asyncio.to_thread(dask_worker.plugins[name].problem)


def run_chunk(jobs: Chunk, name: str) -> list[Outcome]:
    """The task: jobs one after the other on whichever worker it lands."""
    worker = get_worker()
    plugin: ClipWorker = worker.plugins[name]
    problem = plugin.problem()
    if problem:
        worker.log_event(name, [worker.address, problem])
        time.sleep(1.0)  # give the fit workers the time to take the task
        raise Reschedule
    return [plugin.run(job) for job in jobs]


def local_cluster(workers: int) -> LocalCluster:
    """Processes of one thread on this computer, reachable from this computer only.

    Memory is watched per clip (see ``host``), so Dask's own limit, which would kill a worker for it, is off.
    """
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, memory_limit=0, silence_logs=logging.CRITICAL,
        dashboard_address=None, scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    )  # fmt: skip


class Engine:
    """A running cluster; ``with Engine(…) as engine: for outcomes in engine.run(chunks): …``.

    Raises:
        UsageError: the scheduler cannot be reached, or a worker has another version, model or settings than the client.
    """

    def __init__(
        self, recipe: Recipe, *, expected: Fingerprint, limits: Limits, workers: int, scheduler: str | None = None
    ) -> None:
        self._plugin = ClipWorker(recipe, limits, expected)
        self._workers, self._scheduler = workers, scheduler
        self._stack = ExitStack()
        self._unfit = dict[str, str]()
        """Workers that joined later and would measure otherwise, with what differs."""

    def __enter__(self) -> Engine:
        with ExitStack() as stack:
            stack.enter_context(dask.config.set(_DASK))
            self._client: Client = stack.enter_context(self._connect(stack))
            self._check(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, tb)

    def run(self, chunks: Iterable[Chunk]) -> Iterator[list[Outcome]]:
        """Do all chunks; yields what is finished, and an empty list at least every half second.

        Raises:
            LostClusterError: the scheduler is gone.
        """
        waiting, flying = iter(chunks), dict[Future, Chunk]()
        landed: queue.SimpleQueue[Future] = queue.SimpleQueue()
        while True:
            for chunk in itertools.islice(waiting, max(0, self._window() - len(flying))):
                key = f"{self._plugin.name}-{chunk[0].id}"
                future = self._client.submit(run_chunk, chunk, self._plugin.name, key=key, pure=False)
                flying[future] = chunk
                future.add_done_callback(landed.put)
            if not flying:
                return
            done = _drain(landed)
            self._look_alive()
            yield self._land({future: flying.pop(future) for future in done})

    def _connect(self, stack: ExitStack) -> Client:
        if self._scheduler is None:
            cluster = stack.enter_context(local_cluster(self._workers))
            return Client(cluster, set_as_default=False)
        try:
            client = Client(self._scheduler, timeout=_CONNECT_S, set_as_default=False)
            client.wait_for_workers(1, timeout=60)
        except (OSError, ValueError, TimeoutError) as e:
            raise UsageError(
                f"The scheduler {self._scheduler} cannot be reached or has no workers ({e}); start one with"
                " 'dask scheduler' and workers with 'dask worker tcp://HOST:8786'."
            ) from e
        return client

    def _check(self, stack: ExitStack) -> None:
        """Ask for versions first: only the same version can read the plug-in."""
        wanted = self._plugin.expected.mobility_check
        versions: dict[str, str | BaseException] = self._client.run(_ask_version, on_error="return")
        self._refuse({a: f"mobility check {v} instead of {wanted}" if isinstance(v, str) else str(v)
                      for a, v in versions.items() if v != wanted}, asked=len(versions))  # fmt: skip
        self._client.register_plugin(self._plugin, name=self._plugin.name)
        stack.callback(self._release)
        self._client.subscribe_topic(self._plugin.name, self._note_unfit)
        problems: dict[str, str] = self._client.run(_ask_problem, self._plugin.name)
        self._refuse({address: text for address, text in problems.items() if text}, asked=len(problems))

    def _refuse(self, bad: dict[str, str], *, asked: int) -> None:
        if bad:
            address, text = next(iter(bad.items()))
            raise UsageError(
                f"{len(bad)} of {asked} workers would measure otherwise than this computer ({address}:"
                f" {text}). Install the same version and model there and give the same settings."
            )

    def _release(self) -> None:
        """Workers of a shared cluster end their children when the run is over."""
        with suppress(*_LOST):
            if self._client.status == "running":
                self._client.unregister_worker_plugin(self._plugin.name)

    def _note_unfit(self, event: tuple[float, list[str]]) -> None:
        """Called by Dask in a thread of its own when a worker gives back a task since it must not take part."""
        _, (address, text) = event
        if address not in self._unfit:
            self._unfit[address] = text
            _log.error("The worker %s is not used, since it would measure otherwise: %s", address, text)

    def _window(self) -> int:
        return TASKS_PER_WORKER * max(1, self._threads())

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
                raise LostClusterError(self._why_lost())
            time.sleep(TICK_S)

    def _why_lost(self) -> str:
        if not self._unfit:
            return "The Dask scheduler or all of its workers are gone."
        address, text = next(iter(self._unfit.items()))
        return (
            f"No worker is left that measures as this computer does ({address}: {text}). Install the same version and"
            " model there."
        )

    def _land(self, done: dict[Future, Chunk]) -> list[Outcome]:
        """Fetch what the finished tasks return; a task whose workers died again and again is a failure."""
        killed = [(f, f.exception()) for f in done if f.status == "error"]
        outcomes = [_killed(job, error) for f, error in killed for job in done[f]]
        try:
            for part in self._client.gather([f for f in done if f.status != "error"]):
                outcomes += part
        except _LOST as e:
            raise LostClusterError("The connection to the Dask scheduler was lost.") from e
        for future in done:
            future.release()
        return outcomes


def _killed(job: Job, error: BaseException) -> Outcome:
    if isinstance(error, KilledWorker):
        return Outcome(job.id, failures=[failure(f.uri, "worker_died", detail=str(error.last_worker.address), tries=1)
                                         for f in job.files])  # fmt: skip
    detail = f"{type(error).__name__}: {error}"
    return Outcome(job.id, failures=[failure(f.uri, "program_error", detail=detail, tries=1) for f in job.files])


def _drain(landed: queue.SimpleQueue[Future]) -> list[Future]:
    """All that has landed; waits a moment if nothing has."""
    try:
        done = [landed.get(timeout=TICK_S)]
        while not landed.empty():
            done.append(landed.get_nowait())
    except queue.Empty:
        return []
    return done
