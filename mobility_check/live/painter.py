"""Paints one picture of the window from a view and a camera picture; needs no display."""

from __future__ import annotations

import cv2
import numpy as np

from mobility_check.core.geometry import mid_hip, mid_shoulder
from mobility_check.core.landmarks import SIDES, SKELETON, joint
from mobility_check.core.track import Floats
from mobility_check.live.lettering import Colour, Lettering, darken
from mobility_check.live.prompts import Phrases
from mobility_check.live.runner import Stats
from mobility_check.live.view import Dot, State, Tick, View
from mobility_check.pose.base import RgbImage

WHITE, GREY, GREEN, AMBER = (255, 255, 255), (190, 190, 190), (96, 220, 130), (255, 190, 70)
RED, BLUE, VIOLET, CYAN = (255, 110, 100), (110, 180, 255), (200, 160, 255), (90, 220, 235)
LOOKS: dict[State, tuple[str, Colour]] = {
    "starting": ("…", GREY), "setup": ("⚙", AMBER), "still": ("◔", BLUE), "kick": ("▶", GREEN),
    "turn": ("↻", VIOLET), "scoring": ("…", GREY), "done": ("✔", WHITE),
}  # fmt: skip
"""Every state has a sign and a word beside its colour, for those who don't see the difference of colours."""
GAUGE_DEG = 40.0
BAND_DEG = 2.0
"""Half the width of the target band around the last score."""
HEADER_SHARE = 0.2
NUMBER_SHARE = 0.27
"""Type size of the angle as a share of the picture's height; its digits are 0.73 of that, over a sixth."""


class Painter:
    """Paints views at one size; keeps typeset text between pictures."""

    def __init__(self, *, phrases: Phrases, size_px: tuple[int, int] = (1280, 720), with_stats: bool = False) -> None:
        self.size_px = size_px
        self._phrases, self._with_stats = phrases, with_stats
        self._text = Lettering()

    def paint(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> RgbImage:
        """The window's picture, RGB: mirrored camera picture with everything on it, text not mirrored."""
        canvas, scale, left, top = self._mirrored(image)
        if xy_px is not None and image is not None and view.state not in ("scoring", "done"):
            points = np.column_stack([left + (image.shape[1] - xy_px[:, 0]) * scale, top + xy_px[:, 1] * scale])
            self._skeleton(canvas, points, view)
        self._header(canvas, view)
        if view.summary:
            self._summary(canvas, view)
            return canvas
        if view.state not in ("starting", "scoring"):
            self._number_or_ring(canvas, view)
            self._legs(canvas, view)
        if view.state == "setup" or any(tick.blocking and tick.ok is False for tick in view.ticks):
            self._ticks(canvas, view.ticks)
        if self._with_stats:
            self._stats(canvas, stats)
        return canvas

    def _u(self, share: float) -> int:
        """A length as a share of the picture's height."""
        return round(share * self.size_px[1])

    def _mirrored(self, image: RgbImage | None) -> tuple[RgbImage, float, int, int]:
        """The mirrored picture below the header, so that nobody's head is hidden, with its scale and place."""
        width, height, head = *self.size_px, self._u(HEADER_SHARE)
        canvas = np.full((height, width, 3), 24, dtype=np.uint8)
        if image is None:
            return canvas, 1.0, 0, 0
        scale = min(width / image.shape[1], (height - head) / image.shape[0])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        left, top = (width - size[0]) // 2, head + (height - head - size[1]) // 2
        small = image if size == (image.shape[1], image.shape[0]) else cv2.resize(image, size)
        canvas[top : top + size[1], left : left + size[0]] = cv2.flip(small, 1)
        return canvas, scale, left, top

    def _skeleton(self, canvas: RgbImage, points: Floats, view: View) -> None:
        thin, thick = max(1, self._u(0.003)), max(3, self._u(0.011))
        for a, b in SKELETON:
            _line(canvas, points[a], points[b], GREY, thin)
        _line(canvas, mid_hip(points), mid_shoulder(points), CYAN, thick)
        if view.leg is not None:
            _line(canvas, mid_hip(points), points[joint("knee", view.leg)], LOOKS["kick"][1], thick)
            _line(canvas, points[joint("knee", view.leg)], points[joint("ankle", view.leg)], LOOKS["kick"][1], thin * 2)
        for point in (mid_hip(points), mid_shoulder(points)):
            if np.isfinite(point).all():
                cv2.circle(canvas, _pixel(point), thick, WHITE, -1, cv2.LINE_AA)

    def _header(self, canvas: RgbImage, view: View) -> None:
        """State sign and word, and the prompt large enough to be read from across the room."""
        width, pad = self.size_px[0], self._u(0.02)
        sign, colour = LOOKS[view.state]
        cv2.rectangle(canvas, (0, 0), (self._u(0.015), self._u(HEADER_SHARE) - 1), colour, -1)
        self._text.put(canvas, f"{sign} {view.title}", 2 * pad, self._u(0.012), self._u(0.048), colour, bold=True)
        room = width - 4 * pad
        size = self._text.fitting(view.prompt.show, width_px=room, size_px=self._u(0.092), bold=True)
        y = self._u(0.075) + (self._u(0.11) - size) // 2
        self._text.put(canvas, view.prompt.show, 2 * pad, y, size, WHITE, bold=True)

    def _number_or_ring(self, canvas: RgbImage, view: View) -> None:
        x, bottom = self._u(0.03), self.size_px[1] - self._u(0.03)
        box_w, box_h = self._u(0.59), self._u(0.4)
        if view.ring is not None:
            darken(canvas, x, bottom - box_h, x + box_h, bottom)
            self._ring(canvas, (x + box_h // 2, bottom - box_h // 2), self._u(0.15), view.ring)
        elif view.angle_deg is not None and view.leg is not None:
            darken(canvas, x, bottom - box_h, x + box_w, bottom)
            inner, room = x + self._u(0.03), box_w - self._u(0.06)
            leg = self._phrases.word(f"leg_{view.leg}")
            self._text.put(canvas, leg, inner, bottom - box_h + self._u(0.008), self._u(0.045), GREEN, bold=True)
            number = f"{view.angle_deg:.0f}".replace("-", "−") + "°"
            size = self._text.fitting(number, width_px=room, size_px=self._u(NUMBER_SHARE), bold=True)
            self._text.put(canvas, number, inner, bottom - box_h + self._u(0.03), size, WHITE, bold=True)
            self._gauge(canvas, view, inner, bottom - self._u(0.045), room)

    def _ring(self, canvas: RgbImage, centre: tuple[int, int], radius: int, share: float) -> None:
        thick = self._u(0.035)
        cv2.circle(canvas, centre, radius, (80, 80, 80), thick, cv2.LINE_AA)
        cv2.ellipse(canvas, centre, (radius, radius), -90, 0, 360 * share, BLUE, thick, cv2.LINE_AA)
        text, size = ("✔" if share >= 1 else f"{100 * share:.0f} %"), self._u(0.06)
        width, height = self._text.size(text, size, bold=True)
        self._text.put(canvas, text, centre[0] - width // 2, centre[1] - height // 2, size, WHITE, bold=True)

    def _gauge(self, canvas: RgbImage, view: View, x: int, y: int, width: int) -> None:
        """The angle on a scale from 0 to 40°, with the last session's score as a hatched band."""
        high = self._u(0.028)
        cv2.rectangle(canvas, (x, y - high), (x + width, y), (90, 90, 90), -1)
        assert view.angle_deg is not None
        cv2.rectangle(canvas, (x, y - high), (x + _along(view.angle_deg, width), y), GREEN, -1)
        if view.target_deg is None:
            return
        fine = max(1, self._u(0.002))
        a, b = (x + _along(view.target_deg + d, width) for d in (-BAND_DEG, BAND_DEG))
        for step in range(a, b, max(2, self._u(0.008))):
            cv2.line(canvas, (step, y), (min(step + high // 2, b), y - high), WHITE, fine, cv2.LINE_AA)
        cv2.rectangle(canvas, (a, y - high - self._u(0.006)), (b, y + self._u(0.006)), WHITE, max(1, self._u(0.003)))
        text = self._phrases.word("target", value=f"{view.target_deg:.0f}")
        self._text.put(canvas, text, x, y + self._u(0.006), self._u(0.03), WHITE)

    def _legs(self, canvas: RgbImage, view: View) -> None:
        """One row of kicks per leg, bottom right."""
        width, height = self.size_px
        box_w, row, pad = self._u(0.62), self._u(0.085), self._u(0.03)
        x, y = width - pad - box_w, height - pad - 2 * row - self._u(0.02)
        darken(canvas, x, y, x + box_w, height - pad)
        for n, side in enumerate(SIDES):
            top = y + self._u(0.01) + n * row
            now = side == view.leg
            label = ("▸ " if now else "   ") + self._phrases.word(f"leg_{side}")
            self._text.put(canvas, label, x + self._u(0.02), top + self._u(0.015), self._u(0.042),
                           GREEN if now else GREY, bold=now)  # fmt: skip
            shown = list(view.dots[side][-6:]) + [None] * max(0, view.wanted - view.accepted(side))
            for k, dot in enumerate(shown[:6]):
                self._dot(canvas, dot, (x + self._u(0.31) + k * self._u(0.055), top + row // 2))

    def _dot(self, canvas: RgbImage, dot: Dot | None, centre: tuple[int, int]) -> None:
        radius, thick = self._u(0.02), max(2, self._u(0.004))
        if dot is None:
            cv2.circle(canvas, centre, radius, GREY, thick, cv2.LINE_AA)
        elif dot.accepted:
            cv2.circle(canvas, centre, radius, GREEN, -1, cv2.LINE_AA)
            marks = np.array([(-0.5, 0.05), (-0.1, 0.45), (0.55, -0.4)]) * radius + centre
            cv2.polylines(canvas, [marks.astype(np.int32)], False, (20, 50, 25), thick, cv2.LINE_AA)
        else:
            d = round(radius * 0.75)
            for sx in (-1, 1):
                ends = (centre[0] - sx * d, centre[1] - d), (centre[0] + sx * d, centre[1] + d)
                cv2.line(canvas, *ends, RED, thick + 1, cv2.LINE_AA)

    def _ticks(self, canvas: RgbImage, ticks: tuple[Tick, ...]) -> None:
        width, row, pad = self._u(0.62), self._u(0.062), self._u(0.03)
        x, y = self.size_px[0] - pad - width, self._u(0.225)
        darken(canvas, x, y, x + width, y + row * len(ticks) + self._u(0.02))
        for n, tick in enumerate(ticks):
            top = y + self._u(0.01) + n * row
            mark, colour = {True: ("✔", GREEN), False: ("✘", AMBER), None: ("…", GREY)}[tick.ok]
            self._text.put(canvas, mark, x + self._u(0.02), top, self._u(0.045), colour, bold=True)
            self._text.put(canvas, tick.label, x + self._u(0.085), top, self._u(0.042), WHITE, bold=tick.ok is False)
            small = self._u(0.034)
            right = x + width - self._u(0.02) - self._text.size(tick.value, small)[0]
            self._text.put(canvas, tick.value, right, top + self._u(0.006), small, GREY)

    def _summary(self, canvas: RgbImage, view: View) -> None:
        width, height = self.size_px
        darken(canvas, self._u(0.1), self._u(0.25), width - self._u(0.1), height - self._u(0.06), share=0.22)
        y, room = self._u(0.28), width - self._u(0.3)
        for n, line in enumerate(view.summary):
            wanted = self._u(0.095 if n < 2 else 0.055)
            size = self._text.fitting(line, width_px=room, size_px=wanted, bold=n < 2)
            self._text.put(canvas, line, self._u(0.15), y, size, WHITE if n < 2 else GREY, bold=n < 2)
            y += round(1.3 * wanted)

    def _stats(self, canvas: RgbImage, stats: Stats) -> None:
        lines = (
            f"{stats.shown_hz:.0f} shown/s  {stats.looked_hz:.0f} looked/s",
            f"model {stats.model_ms:.0f} ms  lag {stats.shown_lag_ms:.0f} / {stats.pose_lag_ms:.0f} ms",
        )
        size = self._u(0.028)
        x = self.size_px[0] - max(self._text.size(line, size)[0] for line in lines) - self._u(0.015)
        for n, line in enumerate(lines):
            self._text.put(canvas, line, x, self._u(0.008) + n * round(1.2 * size), size, GREY)


def _along(angle_deg: float, width: int) -> int:
    return round(width * min(1.0, max(0.0, angle_deg / GAUGE_DEG)))


def _pixel(point: Floats) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _line(canvas: RgbImage, a: Floats, b: Floats, colour: Colour, thick: int) -> None:
    if np.isfinite(a).all() and np.isfinite(b).all():
        cv2.line(canvas, _pixel(a), _pixel(b), colour, thick, cv2.LINE_AA)
