"""Ends a session from outside: Ctrl-C, a closed terminal and the system's SIGTERM ask, nothing is torn apart."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Hurried(Exception):  # noqa: N818 - not a fault, a wish
    """The session was asked to end a second time, while it was being measured."""


class StopRequest:
    """How often the session was asked to end: once ends the check and measures it, twice ends the measuring too."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self) -> None:
        """Ask once more."""
        self.asked += 1


@contextmanager
def asked_by_signals() -> Iterator[StopRequest]:
    """A request that signals make while the block runs, instead of an exception at any line of it."""
    stop = StopRequest()
    terminals = [stream.fileno() for stream in (sys.stdout, sys.stderr) if stream.isatty()]

    def ask(signum: int, frame: object) -> None:
        if signum == getattr(signal, "SIGHUP", None):
            _silence(terminals)
        stop.ask()

    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in known}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _silence(descriptors: list[int]) -> None:
    """Let what is written to a terminal that is gone go nowhere instead of failing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
