"""The jobs under way: each in a process of its own, two at a time, the rest waiting on disk."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from mobility_check.app.store import Job, Store
from mobility_check.app.words import text

AT_ONCE = 2
SHARE_STEP = 0.005


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
        self._changed = asyncio.Condition()

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
        for process in self._processes.values():
            process.kill()
            await process.wait()

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
            process.kill()
            await process.wait()
        self.store.delete(job)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self._processes) or not self._waiting.empty()

    def job(self, job: str) -> Job:
        """The job as it is at this moment."""
        return self._now.get(job) or self.store.job(job)

    async def watch(self, job: str) -> AsyncIterator[dict[str, Any]]:
        """The job's state now, and after each change until it has ended."""
        while True:
            try:
                found = self.job(job)
            except KeyError:
                return
            yield self._shown(found)
            if found.state not in ("queued", "running"):
                return
            async with self._changed:
                await self._changed.wait()

    def _shown(self, job: Job) -> dict[str, Any]:
        started = self._started.get(job.id)
        left_s = (time.monotonic() - started) * (1 - job.share) / job.share if started and job.share > 0.05 else None
        return {
            "state": job.state,
            "share": round(job.share, 3),
            "left_s": None if left_s is None else round(left_s),
            "message": job.message,
        }

    async def _run(self) -> None:
        while True:
            job = await self._waiting.get()
            if job in self._now:
                await self._measure(job)

    async def _measure(self, job: str) -> None:
        self._started[job] = time.monotonic()
        await self._set(job, state="running", share=0.0, message="")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mobility_check.app.work",
            str(self.store.root),
            job,
            self._database or "",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._processes[job] = process
        try:
            ended = await self._follow(job, process)
            await process.wait()
        finally:
            self._processes.pop(job, None)
        if not ended and job in self._now:
            await self._set(job, state="failed", message=text("errors.worker_died"))
        if job in self._now and self._now[job].state in ("done", "failed", "choose"):
            del self._now[job]

    async def _follow(self, job: str, process: asyncio.subprocess.Process) -> bool:
        """Take what the process says; whether it came to an end of its own."""
        assert process.stdout is not None
        async for line in process.stdout:
            if job not in self._now:
                return True
            said = json.loads(line)
            if "state" in said:
                await self._set(job, **said)
                return True
            if said["share"] - self._now[job].share >= SHARE_STEP:
                self._now[job] = replace(self._now[job], share=said["share"])
                await self._tell()
        return False

    async def _set(self, job: str, **changes: Any) -> None:
        self._now[job] = replace(self._now[job], **changes)
        self.store.save(self._now[job])
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
