"""The text face: one line for everything that changes, for machines without a display and for screen readers."""

from __future__ import annotations

from typing import TextIO

from mobility_check.kinematics.landmarks import SIDES
from mobility_check.kinematics.track import Floats
from mobility_check.language import gettext as _
from mobility_check.live.prompts import word
from mobility_check.live.runner import Stats
from mobility_check.live.view import View
from mobility_check.pose.base import RgbImage

STATS_EVERY_S = 5.0


class TextFace:
    """Writes state changes, prompts, counted kicks and, if asked, figures to a stream."""

    def __init__(self, out: TextIO, *, with_stats: bool = False) -> None:
        self._out, self._with_stats = out, with_stats
        self._last: View | None = None
        self._stats_s = 0.0
        self._open = True

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        """Write what has changed since the last view; false when nobody can read it any more."""
        last, self._last = self._last, view
        if view is last:
            return self._open
        if last is None or last.state != view.state:
            self._line(f"[{view.title}]")
        if last is None or last.prompt.show != view.prompt.show:
            self._line(f"  {view.prompt.show}{self._failed_ticks(view)}")
        if last is not None and view.dots != last.dots:
            self._line(f"  {self._dots(view)}")
        done, before = ((v.progress if v else None) or 0.0 for v in (view, last))
        if int(4 * done) > int(4 * before):
            self._line(f"  {word('progress', value=round(100 * done))}")
        for line in view.summary if last is None or view.summary != last.summary else ():
            self._line(f"  {line}")
        if self._with_stats and view.time_s - self._stats_s >= STATS_EVERY_S:
            self._stats_s = view.time_s
            self._line(
                "  " + _("{rate:.0f} frames/s, {each:.0f} ms each", rate=stats.inference_hz, each=stats.model_ms)
            )
        return self._open

    def close(self) -> None:
        """Nothing to put away."""

    def _failed_ticks(self, view: View) -> str:
        if view.state != "setup":
            return ""
        marks = {True: "✓", False: "✗", None: "…"}
        return "   " + "  ".join(f"{marks[tick.ok]} {tick.label}" for tick in view.ticks)

    def _dots(self, view: View) -> str:
        parts = []
        for side in SIDES:
            marks = "".join("●" if dot.accepted else "×" for dot in view.dots[side])
            todo = "○" * max(0, view.wanted - view.accepted(side))
            parts.append(f"{word('leg_' + side)} {marks}{todo}")
        return "   ".join(parts)

    def _line(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except OSError:  # the terminal is gone
            self._open = False
