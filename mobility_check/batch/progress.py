"""How a run tells how far it is: a bar on a terminal, a line now and then in a log, JSON lines for schedulers."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from mobility_check.language import gettext as _
from mobility_check.language import retold
from mobility_check.text import printable

if TYPE_CHECKING:
    from rich.console import Console

_WINDOW_S = 600.0
_JSON_EVERY_S, _LINE_EVERY_S = 5.0, 30.0


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

    def facts(self) -> dict[str, Any]:
        """The counts as plain JSON."""
        rate, left_s = self.per_minute(), self.left_s()
        return {
            "clips": self.total,
            "kept": self.kept,
            "done": self.done,
            "failed": self.failed,
            "left": self.left,
            "clips_per_minute": round(rate, 1) if rate else None,
            "left_s": None if left_s is None else round(left_s),
        }

    def rate(self) -> str:
        """Speed, time left and failures in words."""
        rate, left_s = self.per_minute(), self.left_s()
        if not rate:
            return _("measuring the speed, {failed} failed", failed=self.failed)
        if not left_s:
            return _("{rate:.1f} clips/min, {failed} failed", rate=rate, failed=self.failed)
        return _(
            "{rate:.1f} clips/min, {left} left, {failed} failed", rate=rate, left=duration(left_s), failed=self.failed
        )


class Display:
    """Where progress goes: failures at once, the counts now and then. As it is, it shows nothing.

    Args:
        say: prints a text.
        show: shows the counts; says them in words if not given.
        every_s: least time between two of them.
    """

    def __init__(
        self,
        say: Callable[[str], None] = lambda text: None,
        *,
        show: Callable[[Tally], None] | None = None,
        every_s: float = _LINE_EVERY_S,
    ) -> None:
        self._say, self._show, self._every_s, self._last = say, show or self._in_words, every_s, time.monotonic()

    def update(self, tally: Tally) -> None:
        """Show the present counts; called often."""
        if time.monotonic() - self._last >= self._every_s:
            self._last = time.monotonic()
            self._show(tally)

    def event(self, name: str, **facts: Any) -> None:
        """Tell that something happened, such as ``failed``, ``started``, ``finished``; people want failures only."""
        if name == "failed":
            path = printable(facts["file"])
            name, why = path.rsplit("/", 1)[-1], printable(retold(facts["sentence"]))
            self._say(_("failed: {name}: {why} ({path})", name=name, why=why, path=path))

    def _in_words(self, tally: Tally) -> None:
        done = tally.kept + tally.done
        self._say(_("{done} of {all} clips, {rate}", done=done, all=tally.total, rate=tally.rate()))


class JsonLines(Display):
    """One JSON object per line: events at once, ``progress`` at most every few seconds."""

    def event(self, name: str, **facts: Any) -> None:
        """Write a line."""
        self._say(json.dumps({"event": name, "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **facts}))

    def _in_words(self, tally: Tally) -> None:
        self.event("progress", **tally.facts())


@contextmanager
def display(console: Console, *, quiet: bool, log_json: bool) -> Iterator[Display]:
    """The display that fits: none, JSON lines, a bar if ``console`` is a terminal, else lines."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    to_stderr = partial(print, file=sys.stderr, flush=True)
    if log_json or quiet or not console.is_terminal:
        yield JsonLines(to_stderr, every_s=_JSON_EVERY_S) if log_json else Display() if quiet else Display(to_stderr)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(_("starting"), total=None)

        def show(tally: Tally) -> None:
            bar.update(
                task,
                total=tally.total,
                completed=tally.kept + tally.done,
                description=_("clips, {rate}", rate=tally.rate()),
            )

        yield Display(partial(bar.console.print, markup=False, soft_wrap=True), show=show, every_s=0.0)


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
