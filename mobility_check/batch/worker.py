"""A Dask worker that is fit to measure: one clip after the other, each within its limits of time and memory.

A worker is a process of its own that Dask's nanny watches and starts again. A clip that crashes it, that takes too long
(:mod:`faulthandler` then ends the process, whatever holds the interpreter's lock) or that needs too much memory takes
nothing with it: Dask hands the task out once more, and :mod:`~mobility_check.batch.cluster` then makes it a failure.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psutil
from distributed import Reschedule, Worker, WorkerPlugin, get_worker
from distributed.utils import sync

from mobility_check.batch.job import (
    RECORD,
    ClipLimits,
    Fingerprint,
    JobResult,
    Recipe,
    SessionJob,
    fingerprint,
    resolve,
    run_job,
)
from mobility_check.errors import MobilityCheckError

_ONE_AT_A_TIME = threading.Lock()
"""A process has one watchdog timer; workers of several threads measure one clip at a time all the same."""
_LOOK_S, _TELL_S = 0.2, 30.0


class ClipWorker(WorkerPlugin):  # type: ignore[misc]
    """Makes a Dask worker fit to measure; ``problem`` says why it must not take part, if so."""

    def __init__(self, recipe: Recipe, limits: ClipLimits, expected: Fingerprint) -> None:
        self.recipe, self.limits, self.expected = recipe, limits, expected
        self.name = f"mobility-check-{uuid.uuid4().hex}"  # several runs may share a cluster
        self.problem = ""

    async def setup(self, worker: Worker) -> None:
        """Called by Dask on every worker, also on those that join later or start again."""
        self._worker, self._ticket, self._over = worker, "", threading.Event()
        self.problem = await asyncio.to_thread(self._warm_up)
        self._memory = psutil.Process().memory_info
        self._idle_bytes = self._memory().rss
        threading.Thread(target=self._watch_memory, daemon=True).start()

    def teardown(self, worker: Worker) -> None:
        """Called by Dask when the worker stops or the run is over."""
        self._over.set()

    def run(self, jobs: Sequence[SessionJob]) -> list[JobResult]:
        """Do jobs one after the other."""
        with _ONE_AT_A_TIME, open(os.devnull, "w", encoding="utf-8") as nowhere:
            try:
                return [self._run(job, nowhere, alone=len(jobs) == 1) for job in jobs]
            finally:
                faulthandler.cancel_dump_traceback_later()
                self._ticket = ""

    def tell(self, **facts: Any) -> None:
        """Tell the client, and go on when the scheduler knows it, so that it is known even if this process dies now."""
        event = {"worker": self._worker.address, **facts}
        log_event = self._worker.scheduler.log_event
        with suppress(OSError, TimeoutError):  # the scheduler is gone, and this worker goes too
            sync(self._worker.loop, log_event, topic=self.name, msg=event, callback_timeout=_TELL_S)

    def _warm_up(self) -> str:
        """Load once all that a job will need; it is not a clip's time."""
        try:
            for name in (RECORD, self.recipe.record, *self.recipe.writers):
                resolve(name)
            difference = self.expected.difference(fingerprint(self.recipe.settings))
        except (ImportError, AttributeError, MobilityCheckError) as e:
            return str(e)
        gc.freeze()  # the collector need not look through the imports again and again
        return difference

    def _run(self, job: SessionJob, nowhere: Any, *, alone: bool) -> JobResult:
        self._ticket = job.ticket

        def step(clip: int) -> None:
            if alone and (clip == 0 or len(job.files) > 1):
                self.tell(begun=job.ticket, clip=clip)
            faulthandler.dump_traceback_later(self.limits.deadline_s, exit=True, file=nowhere)

        return run_job(job, recipe=self.recipe, on_step=step, folder=self._worker.local_directory)

    def _watch_memory(self) -> None:
        while not self._over.wait(_LOOK_S):
            used, most = self._memory().rss, self.limits.memory_bytes
            if used > most and self._ticket:
                self.tell(too_large=self._ticket)
                os._exit(1)
            if used > (self._idle_bytes + most) // 2 and not self._ticket:
                os._exit(0)  # it did not give back what a large clip took


def run_chunk(jobs: Sequence[SessionJob], name: str) -> list[JobResult]:
    """The task: jobs one after the other on whichever worker it lands."""
    plugin: ClipWorker = get_worker().plugins[name]
    if plugin.problem:
        plugin.tell(unfit=plugin.problem)
        time.sleep(1.0)  # give the fit workers the time to take the task
        raise Reschedule
    return plugin.run(jobs)
