"""The panel under the picture: whose turn it is, which kick, what came of it, and the angle over time with a cursor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats
from mobility_check.language import N_
from mobility_check.language import gettext as _
from mobility_check.results.description import Description
from mobility_check.results.result import Rep
from mobility_check.results.wording import capital, leg_name, whole
from mobility_check.video.canvas import COUNTED, INK, LEG_COLOURS, MUTED, NOT_COUNTED, PAPER, Canvas, Colour, text_width
from mobility_check.video.figure import plus_minus
from mobility_check.video.moments import MAX_GAP_S, ClipTimeline, Moment, ShownRep
from mobility_check.video.orientation import Image

_Values = TypeVar("_Values", float, Floats)

PAGE_S = 40.0
"""A longer clip turns pages, so that a kick never gets too narrow to read."""
GROUND: Colour = (24, 29, 38)
GRID: Colour = (58, 66, 79)
STEPS_DEG = (10, 20, 50, 100)

_SHORT = {
    "trunk_lean": N_("trunk leaned {trunk_lean_deg:.0f}°"),
    "knee_bent": N_("knee bent {knee_flexion_deg:.0f}°"),
    "support_knee_bent": N_("standing knee bent {support_knee_flexion_deg:.0f}°"),
    "yaw": N_("camera not side-on"),
    "no_hold": N_("not held still"),
    "unsteady_hold": N_("hold swayed"),
    "not_seen": N_("joints not seen"),
    "gap_in_hold": N_("gap in the picture"),
    "frozen_picture": N_("picture froze"),
    "cut_off": N_("cut off by the clip"),
}


class OverlayPanel:
    """Draws the panel of one clip. ``height_px`` follows from the width and the unit."""

    def __init__(self, timeline: ClipTimeline, *, width_px: int, unit: float, beside: bool) -> None:
        """``beside`` puts the words left of the curve (wide pictures) instead of above it."""
        self._timeline, self._width, self._unit, self._beside = timeline, width_px, unit, beside
        self.height_px = round((164 if beside else 250) * unit) // 2 * 2
        # the plot
        self._left, self._right = (420 if beside else 62) * unit, width_px - 24 * unit
        self._top, self._bottom = (18 if beside else 78) * unit, self.height_px - 34 * unit
        self._curves = _curves(timeline)
        self._low_deg, self._high_deg = _limits(timeline, self._curves.values())
        self._page = -1
        self._ground = np.empty((0, 0, 3), dtype=np.uint8)

    def draw(self, moment: Moment) -> Image:
        """The panel of this moment, (height_px, width_px, 3)."""
        page = int(moment.time_s // PAGE_S)
        if page != self._page:
            self._ground = self._render_page(page)
        canvas = Canvas(self._ground.copy(), unit=self._unit)
        self._cursor(canvas, moment)
        self._words(canvas, moment)
        return canvas.image

    # -- the curve

    def _x(self, time_s: _Values) -> _Values:
        return self._left + (self._right - self._left) * (time_s - self._page * PAGE_S) / self._page_length_s()

    def _y(self, deg: _Values) -> _Values:
        height = self._bottom - self._top - 34 * self._unit  # leaves room for the labels of the kicks
        return self._bottom - height * (deg - self._low_deg) / (self._high_deg - self._low_deg)

    def _page_length_s(self) -> float:
        duration = self._timeline.track.meta.duration_s
        return PAGE_S if duration > PAGE_S else max(duration, 1.0)

    def _render_page(self, page: int) -> Image:
        self._page = page
        ground = np.empty((self.height_px, self._width, 3), dtype=np.uint8)
        ground[:] = GROUND
        canvas = Canvas(ground, unit=self._unit)
        self._grid(canvas)
        start_s, end_s = page * PAGE_S, page * PAGE_S + self._page_length_s()
        here = [k for k in self._timeline.kicks if k.rep.end_s >= start_s and k.rep.start_s <= end_s]
        shown = [k for k in here if self._timeline.at(k.rep.peak_s).side == k.side]
        for kick in shown:
            self._shade(canvas, kick)
        self._curve(canvas)
        for kick in shown:
            self._label(canvas, kick)
        return ground

    def _grid(self, canvas: Canvas) -> None:
        span = self._high_deg - self._low_deg
        step = next((s for s in STEPS_DEG if span / s <= 4.5), 200)
        for deg in range(math.ceil(self._low_deg / step) * step, int(self._high_deg) + 1, step):
            y = self._y(float(deg))
            colour, height = (MUTED, 2) if deg == 0 else (GRID, 1)
            canvas.box(self._left, y, width=self._right - self._left, height=height, colour=colour)
            canvas.text(
                (self._left - 8 * self._unit, y + 7 * self._unit), f"{deg}°", colour=MUTED, size=20, align="right"
            )
        seconds = 5 if self._page_length_s() <= 25 else 10
        start = self._page * PAGE_S
        for t in range(math.ceil(start / seconds) * seconds, int(start + self._page_length_s()) + 1, seconds):
            canvas.text(
                (self._x(t), self._bottom + 26 * self._unit),
                f"{t} s",
                colour=MUTED,
                size=18,
                align="left" if t == start else "centre",
            )

    def _shade(self, canvas: Canvas, kick: ShownRep) -> None:
        spans = [((kick.rep.start_s, kick.rep.end_s), 0.16)] + ([(kick.rep.hold_s, 0.3)] if kick.rep.hold_s else [])
        for (a, b), opacity in spans:
            x0, x1 = max(self._x(a), self._left), min(self._x(b), self._right)
            colour = LEG_COLOURS[kick.side] if kick.rep.valid else MUTED
            height = self._bottom - self._top
            canvas.box(x0, self._top, width=x1 - x0, height=height, colour=colour, opacity=opacity)

    def _curve(self, canvas: Canvas) -> None:
        x = self._x(self._timeline.analysis.time_s)
        for side, deg in self._curves.items():
            points = np.column_stack([x, np.where((x >= self._left) & (x <= self._right), self._y(deg), np.nan)])
            canvas.polyline(points, colour=LEG_COLOURS[side], width=3)

    def _label(self, canvas: Canvas, kick: ShownRep) -> None:
        """What was measured, as a bar over the hold and a number above it; a cross when it does not count."""
        value_deg = self._timeline.words.value_deg(kick.rep)
        if value_deg is not None:
            start, end = (self._x(t) for t in self._timeline.words.value_at_s(kick.rep))
            at = self._y(value_deg)
            canvas.line((start, at), (end, at), colour=PAPER, width=4, outline=False)
        x = (self._x(kick.rep.start_s) + self._x(kick.rep.end_s)) / 2
        y = self._top + 24 * self._unit
        if kick.rep.valid and value_deg is not None:
            canvas.text((x, y), f"{whole(value_deg)}°", colour=PAPER, size=22, bold=True, align="centre")
        else:
            half = 8 * self._unit
            for sign in (-1, 1):  # a cross
                ends = (x - half, y - half - sign * half), (x + half, y - half + sign * half)
                canvas.line(*ends, colour=NOT_COUNTED, width=4, outline=False)

    def _cursor(self, canvas: Canvas, moment: Moment) -> None:
        x, over = self._x(moment.time_s), 4 * self._unit
        height = self._bottom - self._top + 2 * over
        canvas.box(x - 1, self._top - over, width=2, height=height, colour=PAPER, opacity=0.85)
        if moment.curve_deg is not None and moment.side is not None:
            canvas.dot((x, self._y(moment.curve_deg)), colour=LEG_COLOURS[moment.side], radius=7)

    # -- the words

    def _words(self, canvas: Canvas, moment: Moment) -> None:
        u, x = self._unit, 24 * self._unit
        if moment.side is None:
            canvas.text((x, 48 * u), _("not side-on"), colour=MUTED, size=30)
            return
        canvas.box(x, 22 * u, width=8 * u, height=30 * u, colour=LEG_COLOURS[moment.side])
        x += 20 * u
        x += canvas.text((x, 48 * u), capital(leg_name(moment.side)), colour=PAPER, size=34, bold=True)
        words = self._timeline.words
        if (kick := moment.kick) is not None:
            count = _("{rep} {number} of {all}", rep=_(words.rep), number=kick.number, all=kick.total)
            at = (24 * u, 90 * u) if self._beside else (x + 18 * u, 48 * u)
            x = at[0] + canvas.text(at, count, colour=MUTED, size=26)
        if (verdict := _verdict(moment, words)) is not None:
            self._pill(canvas, *verdict, free_from_px=24 * u if self._beside else x + 16 * u)

    def _pill(self, canvas: Canvas, text: str, ground: Colour, ink: Colour, *, free_from_px: float) -> None:
        """The verdict, at the right edge of the panel or under the words, no wider than the room there is."""
        u = self._unit
        right = self._left - 62 * u if self._beside else self._width - 24 * u
        room = right - free_from_px - 36 * u
        wanted = text_width(text, 25 * u, bold=True)
        size = 25 * min(1.0, max(0.5, room / max(wanted, 1)))
        width = text_width(text, size * u, bold=True) + 36 * u
        left, top = (free_from_px, 104 * u) if self._beside else (right - width, 18 * u)
        height = (36 if self._beside else 42) * u
        canvas.pill(left, top, width=width, height=height, colour=ground)
        canvas.text((left + 18 * u, top + height / 2 + 0.34 * size * u), text, colour=ink, size=size, bold=True)


def _verdict(moment: Moment, words: Description) -> tuple[str, Colour, Colour] | None:
    """Text, ground and ink of the pill."""
    kick = moment.kick
    if kick is not None and moment.side is not None:
        if moment.ended and not kick.rep.valid:
            return _("not counted: {why}", why=_why_not(kick.rep)), NOT_COUNTED, PAPER
        if moment.ended and (value_deg := words.value_deg(kick.rep)) is not None:
            value = f"{whole(value_deg)}° {plus_minus(kick.rep) or ''}".strip()
            return _("counted: {angle}", angle=value), COUNTED, PAPER
        if moment.in_hold and kick.rep.hold_s is not None:
            return _("hold {time:.1f} s", time=moment.time_s - kick.rep.hold_s[0]), LEG_COLOURS[moment.side], INK
    return (_("standing: zero taken"), GRID, PAPER) if moment.at_zero else None


def _why_not(rep: Rep) -> str:
    """The first reason in a few words; the whole sentence stands in the report."""
    values = {
        name: abs(getattr(rep, name) or 0.0)
        for name in ("trunk_lean_deg", "knee_flexion_deg", "support_knee_flexion_deg")
    }
    short = _SHORT.get(rep.reasons[0].code) if rep.reasons else None
    return _(short, **values) if short else _("see the report")


def _curves(timeline: ClipTimeline) -> dict[Side, Floats]:
    """The test's angle of each leg while it is the one measured, NaN otherwise and behind a gap."""
    time_s = timeline.analysis.time_s
    sides = np.array([timeline.at(float(t)).side for t in time_s], dtype=object)
    joined = np.diff(time_s, prepend=time_s[:1]) <= MAX_GAP_S
    return {
        side: timeline.words.curve_sign * np.where((sides == side) & joined, leg.extension_deg, np.nan)
        for side, leg in timeline.analysis.legs.items()
    }


def _limits(timeline: ClipTimeline, curves: Iterable[Floats]) -> tuple[float, float]:
    """Lowest and highest angle of the plot, from what it shows."""
    measured = [timeline.words.value_deg(k.rep) or 0.0 for k in timeline.kicks]
    shown = np.concatenate([[0.0], measured, *curves])
    low, high = np.nanpercentile(shown, [0.5, 99.8]).clip(-60, 90)
    return min(-4.0, float(low) - 2), max(20.0, float(high), *measured)
