"""Processes that measure for the app; each ends when its standard input closes, so that none outlives the server."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Literal

from mobility_check.app.store import Store

LINE_BYTES = 1 << 20
"""The longest line that a process may say."""


async def start_python(*words: str, stdin: int, stdout: int, stderr: int) -> asyncio.subprocess.Process:
    """Run Python out of reach of the terminal: Ctrl-C there is for the server, which ends its processes itself."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        limit=LINE_BYTES,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


async def start_worker(
    module: Literal["work", "live_work"], store: Store, job: str, database: str | None
) -> asyncio.subprocess.Process:
    """Start the process of a job; it says on standard output, in lines of JSON, how far it is."""
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    words = ("-m", f"mobility_check.app.{module}", str(store.root), job, database or "")
    return await start_python(*words, stdin=pipe, stdout=pipe, stderr=nothing)


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill a process that still runs, and wait for its end."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
