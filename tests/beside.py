"""Runs what is asynchronous in a thread of its own.

A browser that an earlier test opened keeps a loop running in the thread of the tests, where no second one may run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

Given = TypeVar("Given")


def run_beside(doing: Coroutine[Any, Any, Given], *, timeout_s: float = 60.0) -> Given:
    """What the coroutine gives, which speaks the language of who asks."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(copy_context().run, asyncio.run, doing).result(timeout_s)
