"""Ends a session from outside: Ctrl-C, a closed terminal and the system's SIGTERM ask, nothing is torn apart."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass


class Hurried(Exception):  # noqa: N818 - not a fault, a wish
    """The session was asked to end a second time, while it was being measured."""


@dataclass(slots=True)
class StopRequest:
    """How often the session was asked to end: once ends the check and measures it, twice ends the measuring too."""

    asked: int = 0

    def ask(self) -> None:
        """Ask once more."""
        self.asked += 1


@contextmanager
def asked_by_signals() -> Iterator[StopRequest]:
    """A request that signals make while the block runs, instead of an exception at any line of it."""
    stop = StopRequest()
    terminals = [stream.fileno() for stream in (sys.stdout, sys.stderr) if stream.isatty()]

    def ask(signum: int, frame: object) -> None:
        if signum == getattr(signal, "SIGHUP", None):  # what is written to a terminal that is gone goes nowhere
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for descriptor in terminals:
                os.dup2(nowhere, descriptor)
            os.close(nowhere)
        stop.ask()

    with ExitStack() as restoring:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if (number := getattr(signal, name, None)) is not None:
                restoring.callback(signal.signal, number, signal.signal(number, ask))
        yield stop
