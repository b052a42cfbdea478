"""How a run tells how far it is: a bar on a terminal, a line now and then in a log, JSON lines for schedulers."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console

_WINDOW_S = 600.0
_LINE_EVERY_S = 30.0


@dataclass(slots=True)
class Tally:
    """Counts of clips: ``kept`` needed no work in this run, ``done`` did; ``failed`` are those of both that failed."""

    total: int
    kept: int = 0
    done: int = 0
    failed: int = 0
    clock: Callable[[], float] = time.monotonic
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._marks.append((self.clock(), 0))

    @property
    def left(self) -> int:
        """Clips still to do."""
        return self.total - self.kept - self.done

    def mark(self) -> None:
        """Note the time, for the rate of the last ten minutes."""
        now = self.clock()
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and now - self._marks[1][0] > _WINDOW_S:
            self._marks.popleft()

    def per_minute(self) -> float | None:
        """Clips per minute lately, None as long as nothing is done."""
        (start, before), (now, done) = self._marks[0], self._marks[-1]
        return 60.0 * (done - before) / (now - start) if now > start and done > before else None

    def left_s(self) -> float | None:
        """Time left in seconds at the present rate."""
        rate = self.per_minute()
        return 60.0 * self.left / rate if rate else None


class Display(Protocol):
    """Where progress goes."""

    def update(self, tally: Tally) -> None:
        """Show the present counts; called often."""

    def event(self, name: str, **facts: Any) -> None:
        """Tell that something happened: ``failed``, ``started``, ``finished`` and so on."""


class Silent:
    """Shows nothing."""

    def update(self, tally: Tally) -> None:
        """Nothing."""

    def event(self, name: str, **facts: Any) -> None:
        """Nothing."""


class JsonLines:
    """One JSON object per line on standard error: events at once, ``progress`` at most every few seconds."""

    def __init__(self, *, every_s: float = 5.0) -> None:
        self._every_s, self._last = every_s, 0.0

    def update(self, tally: Tally) -> None:
        """Write a ``progress`` line if the last one is old enough."""
        if time.monotonic() - self._last >= self._every_s:
            self._last = time.monotonic()
            self.event("progress", **facts_of(tally))

    def event(self, name: str, **facts: Any) -> None:
        """Write a line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        print(json.dumps({"event": name, "at": stamp, **facts}, ensure_ascii=False), file=sys.stderr, flush=True)


class Lines:
    """A sentence every half minute on standard error, for output that is not a terminal."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def update(self, tally: Tally) -> None:
        """Write a line if the last one is old enough."""
        if time.monotonic() - self._last >= _LINE_EVERY_S:
            self._last = time.monotonic()
            print(sentence_of(tally), file=sys.stderr, flush=True)

    def event(self, name: str, **facts: Any) -> None:
        """Only failures are told one by one."""
        if name == "failed":
            print(f"no number for {facts['file']}: {facts['sentence']}", file=sys.stderr, flush=True)


class _Bar:
    def __init__(self, show: Callable[[Tally], None], say: Callable[[str], None]) -> None:
        self.update, self._say = show, say

    def event(self, name: str, **facts: Any) -> None:
        if name == "failed":
            self._say(f"[yellow]no number[/] for {_escape(facts['file'])}: {_escape(facts['sentence'])}")


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


@contextmanager
def display(console: Console, *, quiet: bool, log_json: bool) -> Iterator[Display]:
    """The display that fits: none, JSON lines, a bar if ``console`` is a terminal, else lines."""
    if log_json:
        yield JsonLines()
    elif quiet:
        yield Silent()
    elif not console.is_terminal:
        yield Lines()
    else:
        with _bar(console) as bar:
            yield bar


@contextmanager
def _bar(console: Console) -> Iterator[Display]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    with Progress(
        SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), console=console
    ) as progress:
        task = progress.add_task("starting", total=None)

        def show(tally: Tally) -> None:
            done = tally.kept + tally.done
            progress.update(task, total=tally.total, completed=done, description=rate_of(tally))

        yield _Bar(show, lambda text: progress.console.print(text))


def facts_of(tally: Tally) -> dict[str, Any]:
    """The counts as plain JSON."""
    rate, left_s = tally.per_minute(), tally.left_s()
    return {
        "clips": tally.total, "kept": tally.kept, "done": tally.done, "failed": tally.failed, "left": tally.left,
        "clips_per_minute": round(rate, 1) if rate else None, "left_s": round(left_s) if left_s is not None else None,
    }  # fmt: skip


def sentence_of(tally: Tally) -> str:
    """The counts in words."""
    return f"{tally.kept + tally.done} of {tally.total} clips, {rate_of(tally)}"


def rate_of(tally: Tally) -> str:
    """Speed, time left and failures in words."""
    rate, left_s = tally.per_minute(), tally.left_s()
    speed = f"{rate:.1f} clips/min" if rate else "measuring the speed"
    left = f", {duration(left_s)} left" if left_s else ""
    return f"{speed}{left}, {tally.failed} failed"


def duration(seconds: float) -> str:
    """A time span in words of one or two units.

    >>> duration(59), duration(3700), duration(90_000)
    ('59 s', '1 h 01 min', '25 h 00 min')
    """
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
