"""The jobs under way: each in a process of its own, two at a time, the rest waiting on disk."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mobility_check.app.store import Job, Store
from mobility_check.app.words import text
from mobility_check.app.workers import end, start_worker
from mobility_check.errors import MobilityCheckError, UsageError

AT_ONCE = 2
SERVER_ENDS_S = 3.0
"""Within it a server ends that the signal has reached which killed a process."""


class Queue:
    """Runs jobs and tells of their progress. Lives in the server's event loop."""

    def __init__(self, store: Store, *, database: str | None = None) -> None:
        self.store = store
        self._database = database
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._runners: list[asyncio.Task[None]] = []
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._now: dict[str, Job] = {}
        self._started: dict[str, float] = {}

    async def start(self) -> None:
        """Take up what an earlier run left."""
        for job in self.store.requeue():
            await self.add(job)
        self._runners = [asyncio.create_task(self._run()) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        """End the processes; their jobs are taken up by the next run."""
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)

    async def add(self, job: Job) -> None:
        """Let a job wait for its turn."""
        self._now[job.id] = job
        await self._waiting.put(job.id)

    async def cancel(self, job: str) -> None:
        """Stop a job and remove what it made.

        Raises:
            KeyError: there is none of that id.
        """
        self.store.folder(job)
        self._now.pop(job, None)
        if process := self._processes.get(job):
            await end(process)
        self.store.delete(job)

    async def forget(self, subject: str) -> None:
        """Stop and remove the jobs of a person.

        Raises:
            UsageError: a check of theirs at the camera is under way.
        """
        jobs = [job for job in self.store.all_jobs() if job.subject == subject]
        if any(job.state == "live" for job in jobs):
            raise UsageError(text("people.in_check", subject=subject))
        for job in jobs:
            await self.cancel(job.id)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return any(job.state in ("queued", "running") for job in self._now.values())

    def job(self, job: str) -> Job:
        """The job as it is at this moment."""
        return self._now.get(job) or self.store.job(job)

    def progress(self, job: str) -> dict[str, Any] | None:
        """How far a job is; ``None`` when it is not there any more."""
        try:
            found = self.job(job)
        except KeyError:
            return None
        started = self._started.get(job)
        left_s = (
            (time.monotonic() - started) * (1 - found.share) / found.share if started and found.share > 0.05 else None
        )
        return {
            "state": found.state,
            "share": round(found.share, 3),
            "left_s": None if left_s is None else round(left_s),
            "message": found.message,
            "ended": found.state not in ("queued", "running"),
        }

    async def _run(self) -> None:
        while True:
            job = await self._waiting.get()
            if job not in self._now:
                continue
            try:
                ended = await self._measure(job)
            except (MobilityCheckError, OSError) as e:  # no room for the job's state, or for another process
                ended = {"state": "failed", "message": e.shown if isinstance(e, MobilityCheckError) else str(e)}
            if job in self._now:
                self._finish(job, ended)

    async def _measure(self, job: str) -> dict[str, Any]:
        """Run the job's process until it says how it ended; what the job becomes."""
        self._started[job] = time.monotonic()
        self._now[job] = replace(self._now[job], state="running", share=0.0, message="")
        self.store.save(self._now[job])
        self._processes[job] = process = await start_worker("work", self.store, job, self._database)
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                if job not in self._now:
                    break
                said: dict[str, Any] = json.loads(line)
                if "state" in said:
                    await process.wait()
                    return said
                self._now[job] = replace(self._now[job], share=said["share"])
            if job in self._now:
                await asyncio.sleep(SERVER_ENDS_S)  # if it ends this is cancelled, and the next start takes the job up
            return {"state": "failed", "message": text("errors.worker_died")}
        finally:
            del self._processes[job]
            await end(process)

    def _finish(self, job: str, ended: dict[str, Any]) -> None:
        """Let go of a job that has ended; the copy of a clip that was not measured goes too."""
        self._now[job] = found = replace(self._now[job], **ended)
        with suppress(MobilityCheckError):  # a full disk: the page is told, the next start takes the job up again
            self.store.save(found)
            del self._now[job]
        if found.state == "failed":
            self.store.drop_clips(found)
