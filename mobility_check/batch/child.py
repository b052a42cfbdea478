"""The process in which a worker runs its clips: ``python -m mobility_check.batch.child``.

It reads pickled requests from its standard input and answers on its standard output; its imports are loaded once. It
ends when the worker closes the pipe or is killed, when nobody wants anything for a while, and, from a watchdog thread
of the interpreter that needs no lock, when a request outlives its time and the worker is no longer there to end it.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import queue
import sys
import threading
from dataclasses import dataclass
from typing import IO, Any

from mobility_check.batch.worker import Job, Recipe, run_job, warm_up
from mobility_check.errors import MobilityCheckError

IDLE_S = 120.0
"""An unused child ends after this long; its worker starts another when there is work again."""
GRACE = 1.5
"""The child's own watchdog fires after this multiple of all deadlines; before that the worker is in charge."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first request: what all jobs are done with, ``deadline_s`` per clip; asks for the fingerprint."""

    recipe: Recipe
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Work:
    """Ask for a job."""

    job: Job


@dataclass(frozen=True, slots=True)
class Step:
    """Tell which clip of several is read next ("" when all were read)."""

    uri: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Tell that the worker cannot work at all: a missing part or a damaged model."""

    message: str


def main() -> None:
    """Serve requests until the pipe closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what native libraries print must not end up between the answers
    requests: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    hello: Hello = requests.get()
    try:
        made_with = warm_up(hello.recipe)
        gc.freeze()  # the collector need not look through the imports again and again
        _send(made_with, answers)
    except (ImportError, AttributeError, MobilityCheckError) as e:
        _send(Refusal(str(e)), answers)
    while True:
        try:
            work: Work = requests.get(timeout=IDLE_S)
        except queue.Empty:
            return
        _do(work.job, hello, answers)


def _listen(stream: IO[bytes], requests: queue.Queue[Any]) -> None:
    while True:
        try:
            requests.put(pickle.load(stream))
        except (EOFError, pickle.UnpicklingError):
            os._exit(0)  # the worker is gone: whatever is still running, nobody waits for it


def _send(answer: object, answers: IO[bytes]) -> None:
    pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _do(job: Job, hello: Hello, answers: IO[bytes]) -> None:
    clips = len(job.files)

    def step(uri: str) -> None:
        if clips > 1:  # what becomes of a session of one clip is that clip's doing
            _send(Step(uri), answers)

    faulthandler.dump_traceback_later(GRACE * hello.deadline_s * (clips + 1), exit=True)
    try:
        _send(run_job(job, recipe=hello.recipe, on_step=step), answers)
    finally:
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    from mobility_check.batch.child import main as imported_main

    imported_main()  # the classes above must be pickled under their real module's name, not as __main__'s
