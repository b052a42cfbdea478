"""Paints one picture of the window from a view and a camera picture; needs no display."""

from __future__ import annotations

import cv2
import numpy as np

from mobility_check.kinematics.geometry import mid_hip, mid_shoulder
from mobility_check.kinematics.landmarks import SIDES, SKELETON, joint
from mobility_check.kinematics.track import Floats
from mobility_check.language import gettext as _
from mobility_check.live.prompts import word
from mobility_check.live.runner import Stats
from mobility_check.live.view import KickDot, State, Tick, View
from mobility_check.pose.base import RgbImage
from mobility_check.results.wording import whole
from mobility_check.video.canvas import LEG_COLOURS, MUTED, NOT_COUNTED, PAPER, Canvas, Colour, text_width

GROUND: Colour = (24, 26, 30)
GREEN, AMBER, VIOLET = (96, 220, 130), (255, 190, 70), (200, 160, 255)
BLUE, TRUNK = (110, 180, 255), (235, 235, 235)
TICK, CROSS, WAIT, ARROW, RING = "✓✗…➤○"
LOOKS: dict[State, tuple[str, Colour]] = {
    "starting": (WAIT, MUTED),
    "setup": ("☰", AMBER),
    "still": ("◔", BLUE),
    "kick": (ARROW, GREEN),
    "turn": ("↻", VIOLET),
    "scoring": (WAIT, MUTED),
    "done": (TICK, PAPER),
}
"""Every state has a sign and a word beside its colour, for those who don't see the difference of colours."""
TICK_LOOKS: dict[bool | None, tuple[str, Colour]] = {True: (TICK, GREEN), False: (CROSS, AMBER), None: (WAIT, MUTED)}
SIGN_SHARE = 2.6
"""Type size of a sign over the radius of the room it has."""
MAX_DOTS = 6
GAUGE_DEG = 40.0
BAND_DEG = 2.0
"""Half the width of the target band around the last score."""
HEADER_SHARE = 0.2
NUMBER_SHARE = 0.27
"""Type size of the angle as a share of the picture's height; its digits are over a sixth of that height."""
CARD_SIZES = (0.052, 0.045, 0.038, 0.032)
"""Type sizes of the end card's smaller lines, the first that fits, as shares of the picture's height."""
CAP_SHARE = 0.72
"""Height of capitals and digits as a share of the type size."""


class Painter:
    """Paints views at one size. Lengths are shares of the picture's height."""

    def __init__(self, *, size_px: tuple[int, int] = (1280, 720), with_stats: bool = False) -> None:
        self.size_px = size_px
        self._with_stats = with_stats

    def paint(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> RgbImage:
        """The window's picture, RGB: mirrored camera picture with everything on it, text not mirrored."""
        self._width = self.size_px[0] / self.size_px[1]
        self._screen = np.empty((self.size_px[1], self.size_px[0], 3), dtype=np.uint8)
        self._box(0, 0, self._width, 1, GROUND)  # five times as fast as NumPy's own filling
        self._canvas = Canvas(self._screen, unit=1.0)
        if image is not None:
            self._mirrored(image, view, xy_px if view.state not in ("scoring", "done") else None)
        self._header(view)
        self._corner(stats)
        if view.summary:
            self._summary(view.summary)
            return self._screen
        if view.progress is not None:
            self._progress(view.progress)
        if view.state not in ("starting", "scoring"):
            self._number_or_ring(view)
            self._legs(view)
        if view.state == "setup" or any(tick.blocking and tick.ok is False for tick in view.ticks):
            self._ticks(view.ticks)
        return self._screen

    def fitting(self, text: str, *, width_px: int, size_px: int) -> int:
        """The largest size up to ``size_px`` at which the bold text is not wider than ``width_px``."""
        wide = text_width(text, size_px, bold=True)
        return size_px if wide <= width_px else int(size_px * width_px / wide)

    def _px(self, share: float) -> int:
        return round(share * self.size_px[1])

    def _point(self, x: float, y: float) -> tuple[int, int]:
        return self._px(x), self._px(y)

    def _write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        colour: Colour,
        *,
        room: float | None = None,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Text whose capitals are centred on the height ``y``, smaller where it would be wider than ``room``."""
        size_px = self._px(size)
        if room is not None:
            size_px = self.fitting(text, width_px=self._px(room), size_px=size_px)
        at = (self._px(x), self._px(y) + CAP_SHARE * size_px / 2)
        self._canvas.text(at, text, colour=colour, size=size_px, bold=bold, align=align)

    def _sign(self, sign: str, x: float, y: float, radius: float, colour: Colour) -> None:
        self._canvas.sign(self._point(x, y), sign, colour=colour, size=SIGN_SHARE * self._px(radius))

    def _box(self, left: float, top: float, right: float, bottom: float, colour: Colour, *, line_px: int = -1) -> None:
        cv2.rectangle(self._screen, self._point(left, top), self._point(right, bottom), colour, line_px)

    def _darken(self, left: float, top: float, right: float, bottom: float, *, share: float = 0.3) -> None:
        darken(self._screen, *self._point(left, top), *self._point(right, bottom), share=share)

    def _mirrored(self, image: RgbImage, view: View, xy_px: Floats | None) -> None:
        """The mirrored picture below the header, so that nobody's head is hidden, and the skeleton in it."""
        (width, height), head = self.size_px, self._px(HEADER_SHARE)
        scale = min(width / image.shape[1], (height - head) / image.shape[0])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        left, top = (width - size[0]) // 2, head + (height - head - size[1]) // 2
        small = image if size == (image.shape[1], image.shape[0]) else cv2.resize(image, size)
        self._screen[top : top + size[1], left : left + size[0]] = cv2.flip(small, 1)
        if xy_px is not None:
            self._skeleton(
                np.column_stack([left + (image.shape[1] - xy_px[:, 0]) * scale, top + xy_px[:, 1] * scale]), view
            )

    def _skeleton(self, points: Floats, view: View) -> None:
        canvas = self._canvas.scaled(self.size_px[1] / 720)
        places = [(float(x), float(y)) for x, y in [*points, mid_hip(points), mid_shoulder(points)]]
        *_, middle, neck = places
        for a, b in SKELETON:
            canvas.line(places[a], places[b], colour=PAPER, width=2, outline=False)
        canvas.line(middle, neck, colour=TRUNK, width=7)
        if view.leg is not None:
            knee, ankle = places[joint("knee", view.leg)], places[joint("ankle", view.leg)]
            canvas.line(knee, ankle, colour=LEG_COLOURS[view.leg], width=4)
            canvas.line(middle, knee, colour=LEG_COLOURS[view.leg], width=9)
        canvas.dot(middle, colour=PAPER, radius=6)
        canvas.dot(neck, colour=PAPER, radius=6)

    def _header(self, view: View) -> None:
        """State sign and word, and the prompt large enough to be read from across the room."""
        sign, colour = LOOKS[view.state]
        self._box(0, 0, 0.015, HEADER_SHARE, colour)
        self._sign(sign, 0.06, 0.042, 0.02, colour)
        self._write(view.title, 0.1, 0.042, 0.052, colour, bold=True)
        self._write(view.prompt.show, 0.04, 0.132, 0.09, PAPER, room=self._width - 0.08, bold=True)

    def _number_or_ring(self, view: View) -> None:
        left, bottom, inner, room = 0.03, 0.97, 0.06, 0.53
        if view.ring is not None:
            self._darken(left, bottom - 0.42, left + 0.42, bottom)
            self._ring(left + 0.21, bottom - 0.21, view.ring)
        elif view.gauge_deg is not None and view.leg is not None:
            top = bottom - (0.17 if view.angle_deg is None else 0.42)
            self._darken(left, top, left + 0.59, bottom)
            leg, colour = word(f"leg_{view.leg}"), LEG_COLOURS[view.leg]
            self._write(leg, inner, top + 0.04, 0.05, colour, bold=True)
            if view.angle_deg is not None:
                number = f"{whole(view.angle_deg)}°"
                self._write(number, inner, top + 0.19, NUMBER_SHARE, PAPER, room=room, bold=True)
            self._bar(inner, bottom - 0.078, room, 0.028, view.gauge_deg / GAUGE_DEG, colour)
            if view.target_deg is not None and view.angle_deg is not None:
                self._target(view.target_deg, inner, bottom - 0.05, room)

    def _ring(self, x: float, y: float, share: float) -> None:
        centre, radius, thick = self._point(x, y), self._px(0.15), self._px(0.035)
        cv2.circle(self._screen, centre, radius, (80, 80, 80), thick, cv2.LINE_AA)
        if share > 0.01:
            cv2.ellipse(self._screen, centre, (radius, radius), -90, 0, 360 * share, BLUE, thick, cv2.LINE_AA)
        if share >= 1:
            self._sign(TICK, x, y, 0.05, PAPER)
        else:
            self._write(f"{100 * share:.0f} %", x, y, 0.065, PAPER, bold=True, align="centre")

    def _bar(self, x: float, y: float, width: float, height: float, share: float, colour: Colour) -> None:
        """A bar that is filled up to a share of it."""
        self._box(x, y, x + width, y + height, (90, 90, 90))
        self._box(x, y, x + width * min(1.0, max(0.0, share)), y + height, colour)

    def _target(self, target_deg: float, x: float, y: float, width: float) -> None:
        """The last session's score as a hatched band on the bar of the angle, which ends at the height ``y``."""
        a, b = (x + width * min(1.0, max(0.0, (target_deg + d) / GAUGE_DEG)) for d in (-BAND_DEG, BAND_DEG))
        for step in np.arange(a, b, 0.008):
            start, end = self._point(step, y), self._point(min(step + 0.014, b), y - 0.028)
            cv2.line(self._screen, start, end, PAPER, max(1, self._px(0.002)), cv2.LINE_AA)
        self._box(a, y - 0.034, b, y + 0.006, PAPER, line_px=max(1, self._px(0.003)))
        self._write(word("target", value=f"{target_deg:.0f}"), x, y + 0.026, 0.032, PAPER)

    def _legs(self, view: View) -> None:
        """One row of kicks per leg, bottom right."""
        size, row = 0.046, 0.085
        labels = {side: word(side) for side in SIDES}
        size_px, height_px = self._px(size), self.size_px[1]
        widest = max(text_width(label, size_px, bold=True) for label in labels.values()) / height_px
        right, dots_at = self._width - 0.03, 0.105 + widest
        left, top = right - dots_at - 0.055 * (MAX_DOTS - 1) - 0.04, 0.95 - 2 * row
        self._darken(left, top, right, 0.97)
        for n, (side, label) in enumerate(labels.items()):
            y, now = top + 0.01 + (n + 0.5) * row, side == view.leg
            if now:
                self._sign(ARROW, left + 0.03, y, 0.014, LEG_COLOURS[side])
            self._write(label, left + 0.06, y, size, LEG_COLOURS[side] if now else MUTED, bold=now)
            shown = [*view.dots[side], *[None] * max(0, view.wanted - view.accepted(side))][-MAX_DOTS:]
            for k, dot in enumerate(shown):
                self._dot(dot, left + dots_at + k * 0.055, y)

    def _dot(self, dot: KickDot | None, x: float, y: float) -> None:
        if dot is not None and dot.accepted:
            cv2.circle(self._screen, self._point(x, y), self._px(0.021), GREEN, -1, cv2.LINE_AA)
            self._sign(TICK, x, y, 0.015, (20, 50, 25))
        else:
            self._sign(CROSS if dot else RING, x, y, 0.021, NOT_COUNTED if dot else MUTED)

    def _ticks(self, ticks: tuple[Tick, ...]) -> None:
        right, top, row = self._width - 0.03, 0.225, 0.062
        left = right - 0.62
        self._darken(left, top, right, top + row * len(ticks) + 0.02)
        for n, tick in enumerate(ticks):
            y = top + 0.01 + (n + 0.5) * row
            sign, colour = TICK_LOOKS[tick.ok]
            self._sign(sign, left + 0.045, y, 0.018, colour)
            self._write(tick.label, left + 0.09, y, 0.046, PAPER, bold=tick.ok is False)
            self._write(tick.value, right - 0.02, y, 0.038, MUTED, align="right")

    def _summary(self, summary: tuple[str, ...]) -> None:
        """The end card: both scores large, everything else below, as large as the card has room for."""
        left, right, bottom = 0.15, self._width - 0.15, 0.93
        self._darken(left - 0.05, 0.22, right + 0.05, bottom, share=0.2)
        for n, line in enumerate(summary[:2]):
            self._write(line, left, 0.3 + 0.12 * n, 0.1, PAPER, room=right - left, bold=True)
        for size in CARD_SIZES:
            lines = [part for line in summary[2:] for part in self._broken(line, right - left, size)]
            if 0.54 + 1.25 * size * len(lines) <= bottom:
                break
        for n, line in enumerate(lines):
            self._write(line, left, 0.54 + 1.25 * size * n, size, PAPER)

    def _broken(self, text: str, width: float, size: float) -> list[str]:
        lines = [""]
        for part in text.split(" "):
            longer = f"{lines[-1]} {part}".strip()
            if text_width(longer, self._px(size)) <= self._px(width):
                lines[-1] = longer
            else:
                lines.append(part)
        return lines

    def _progress(self, share: float) -> None:
        left, width = self._width / 4, self._width / 2
        self._darken(left - 0.03, 0.47, left + width + 0.03, 0.58)
        self._bar(left, 0.5, width, 0.05, share, BLUE)
        text = word("progress", value=round(100 * share))
        self._write(text, self._width / 2, 0.525, 0.04, PAPER, bold=True, align="centre")

    def _corner(self, stats: Stats) -> None:
        """How to leave; with figures about the session in its place if they are wanted."""
        figures = (
            _("{shown:.0f} shown/s  {inference:.0f} inference/s", shown=stats.shown_hz, inference=stats.inference_hz),
            _(
                "model {model:.0f} ms  lag {shown:.0f} / {pose:.0f} ms",
                model=stats.model_ms,
                shown=stats.shown_lag_ms,
                pose=stats.pose_lag_ms,
            ),
        )
        for n, line in enumerate(figures if self._with_stats else (word("close_hint"),)):
            self._write(line, self._width - 0.015, 0.025 + 0.036 * n, 0.03, MUTED, align="right")


def darken(image: RgbImage, x0: int, y0: int, x1: int, y1: int, *, share: float = 0.3) -> None:
    """Darken a rectangle in place so that text on it can be read over any picture."""
    area = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if area.size:
        cv2.convertScaleAbs(area, dst=area, alpha=share, beta=8)
