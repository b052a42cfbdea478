"""Paints one picture of the window from a view and a camera picture; needs no display."""

from __future__ import annotations

import cv2
import numpy as np

from mobility_check.kinematics.geometry import mid_hip, mid_shoulder
from mobility_check.kinematics.landmarks import SIDES, SKELETON, joint
from mobility_check.kinematics.track import Floats
from mobility_check.language import gettext as _
from mobility_check.live.prompts import Phrases
from mobility_check.live.runner import Stats
from mobility_check.live.view import KickDot, State, Tick, View
from mobility_check.pose.base import RgbImage
from mobility_check.results.wording import whole
from mobility_check.video.canvas import LEG_COLOURS, MUTED, NOT_COUNTED, PAPER, Canvas, Colour, Lettering

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
    """Paints views at one size; keeps typeset text between pictures."""

    def __init__(self, *, phrases: Phrases, size_px: tuple[int, int] = (1280, 720), with_stats: bool = False) -> None:
        self.size_px = size_px
        self._phrases, self._with_stats = phrases, with_stats
        self._letters = Lettering()
        self._ground = np.empty((0, 0, 3), dtype=np.uint8)

    def paint(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> RgbImage:
        """The window's picture, RGB: mirrored camera picture with everything on it, text not mirrored."""
        screen, scale, left, top = self._mirrored(image)
        if xy_px is not None and image is not None and view.state not in ("scoring", "done"):
            points = np.column_stack([left + (image.shape[1] - xy_px[:, 0]) * scale, top + xy_px[:, 1] * scale])
            self._skeleton(screen, points, view)
        self._header(screen, view)
        self._corner(screen, view, stats)
        if view.summary:
            self._summary(screen, view)
            return screen
        if view.progress is not None:
            self._progress(screen, view.progress)
        if view.state not in ("starting", "scoring"):
            self._number_or_ring(screen, view)
            self._legs(screen, view)
        if view.state == "setup" or any(tick.blocking and tick.ok is False for tick in view.ticks):
            self._ticks(screen, view.ticks)
        return screen

    def _u(self, share: float) -> int:
        """A length as a share of the picture's height."""
        return round(share * self.size_px[1])

    def _canvas(self, screen: RgbImage) -> Canvas:
        return Canvas(screen, self._letters, unit=self.size_px[1] / 720)

    def _write(
        self,
        screen: RgbImage,
        text: str,
        x: int,
        middle: int,
        size_px: int,
        colour: Colour,
        *,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Text whose capitals are centred on the height ``middle``."""
        canvas = Canvas(screen, self._letters, unit=1.0)
        canvas.text((x, middle + CAP_SHARE * size_px / 2), text, colour=colour, size=size_px, bold=bold, align=align)

    def _sign(self, screen: RgbImage, sign: str, centre: tuple[int, int], radius: int, colour: Colour) -> None:
        Canvas(screen, self._letters, unit=1.0).sign(centre, sign, colour=colour, size=SIGN_SHARE * radius)

    def fitting(self, text: str, *, width_px: int, size_px: int) -> int:
        """The largest size up to ``size_px`` at which the bold text is not wider than ``width_px``."""
        wide = self._letters.width(text, size_px=size_px, bold=True)
        return size_px if wide <= width_px else int(size_px * width_px / wide)

    def _mirrored(self, image: RgbImage | None) -> tuple[RgbImage, float, int, int]:
        """The mirrored picture below the header, so that nobody's head is hidden, with its scale and place."""
        width, height, head = *self.size_px, self._u(HEADER_SHARE)
        if self._ground.shape != (height, width, 3):
            self._ground = np.full((height, width, 3), GROUND, dtype=np.uint8)
        screen = self._ground.copy()
        if image is None:
            return screen, 1.0, 0, 0
        scale = min(width / image.shape[1], (height - head) / image.shape[0])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        left, top = (width - size[0]) // 2, head + (height - head - size[1]) // 2
        small = image if size == (image.shape[1], image.shape[0]) else cv2.resize(image, size)
        screen[top : top + size[1], left : left + size[0]] = cv2.flip(small, 1)
        return screen, scale, left, top

    def _skeleton(self, screen: RgbImage, points: Floats, view: View) -> None:
        canvas, places = self._canvas(screen), [(float(x), float(y)) for x, y in points]
        for a, b in SKELETON:
            canvas.line(places[a], places[b], colour=PAPER, width=2, outline=False)
        hip, shoulder = (float(v) for v in mid_hip(points)), (float(v) for v in mid_shoulder(points))
        middle, neck = (next(hip), next(hip)), (next(shoulder), next(shoulder))
        canvas.line(middle, neck, colour=TRUNK, width=7)
        if view.leg is not None:
            knee, ankle = places[joint("knee", view.leg)], places[joint("ankle", view.leg)]
            canvas.line(knee, ankle, colour=LEG_COLOURS[view.leg], width=4)
            canvas.line(middle, knee, colour=LEG_COLOURS[view.leg], width=9)
        canvas.dot(middle, colour=PAPER, radius=6)
        canvas.dot(neck, colour=PAPER, radius=6)

    def _header(self, screen: RgbImage, view: View) -> None:
        """State sign and word, and the prompt large enough to be read from across the room."""
        width, left = self.size_px[0], self._u(0.04)
        sign, colour = LOOKS[view.state]
        cv2.rectangle(screen, (0, 0), (self._u(0.015), self._u(HEADER_SHARE) - 1), colour, -1)
        self._sign(screen, sign, (left + self._u(0.02), self._u(0.042)), self._u(0.02), colour)
        self._write(screen, view.title, left + self._u(0.06), self._u(0.042), self._u(0.052), colour, bold=True)
        size = self.fitting(view.prompt.show, width_px=width - 2 * left, size_px=self._u(0.09))
        self._write(screen, view.prompt.show, left, self._u(0.132), size, PAPER, bold=True)

    def _number_or_ring(self, screen: RgbImage, view: View) -> None:
        x, bottom = self._u(0.03), self.size_px[1] - self._u(0.03)
        box_w, box_h = self._u(0.59), self._u(0.42)
        if view.ring is not None:
            darken(screen, x, bottom - box_h, x + box_h, bottom)
            self._ring(screen, (x + box_h // 2, bottom - box_h // 2), self._u(0.15), view.ring)
        elif view.gauge_deg is not None and view.leg is not None:
            box_h = box_h if view.angle_deg is not None else self._u(0.17)
            darken(screen, x, bottom - box_h, x + box_w, bottom)
            inner, room, top = x + self._u(0.03), box_w - self._u(0.06), bottom - box_h
            leg = self._phrases.word(f"leg_{view.leg}")
            self._write(screen, leg, inner, top + self._u(0.04), self._u(0.05), LEG_COLOURS[view.leg], bold=True)
            if view.angle_deg is not None:
                number = f"{whole(view.angle_deg)}°"
                size = self.fitting(number, width_px=room, size_px=self._u(NUMBER_SHARE))
                self._write(screen, number, inner, top + self._u(0.19), size, PAPER, bold=True)
            self._gauge(screen, view, inner, bottom - self._u(0.05), room)

    def _ring(self, screen: RgbImage, centre: tuple[int, int], radius: int, share: float) -> None:
        thick = self._u(0.035)
        cv2.circle(screen, centre, radius, (80, 80, 80), thick, cv2.LINE_AA)
        if share > 0.01:
            cv2.ellipse(screen, centre, (radius, radius), -90, 0, 360 * share, BLUE, thick, cv2.LINE_AA)
        if share >= 1:
            self._sign(screen, TICK, centre, self._u(0.05), PAPER)
        else:
            self._write(screen, f"{100 * share:.0f} %", *centre, self._u(0.065), PAPER, bold=True, align="centre")

    def _gauge(self, screen: RgbImage, view: View, x: int, y: int, width: int) -> None:
        """The angle on a scale from 0 to 40°; where it is good enough for a number, with the last session's score as a
        hatched band."""
        assert view.gauge_deg is not None
        assert view.leg is not None
        high, fine, over = self._u(0.028), max(1, self._u(0.002)), self._u(0.006)
        cv2.rectangle(screen, (x, y - high), (x + width, y), (90, 90, 90), -1)
        cv2.rectangle(screen, (x, y - high), (x + _along(view.gauge_deg, width), y), LEG_COLOURS[view.leg], -1)
        if view.target_deg is None or view.angle_deg is None:
            return
        a, b = (x + _along(view.target_deg + d, width) for d in (-BAND_DEG, BAND_DEG))
        for step in range(a, b, max(2, self._u(0.008))):
            cv2.line(screen, (step, y), (min(step + high // 2, b), y - high), PAPER, fine, cv2.LINE_AA)
        cv2.rectangle(screen, (a, y - high - over), (b, y + over), PAPER, max(1, self._u(0.003)))
        text = self._phrases.word("target", value=f"{view.target_deg:.0f}")
        self._write(screen, text, x, y + self._u(0.026), self._u(0.032), PAPER)

    def _legs(self, screen: RgbImage, view: View) -> None:
        """One row of kicks per leg, bottom right."""
        width, height = self.size_px
        size, row, pad = self._u(0.046), self._u(0.085), self._u(0.03)
        labels = {side: self._phrases.word(side) for side in SIDES}
        widest = max(self._letters.width(label, size_px=size, bold=True) for label in labels.values())
        dots_at = self._u(0.06) + widest + self._u(0.045)
        box_w = dots_at + self._u(0.055) * (MAX_DOTS - 1) + self._u(0.04)
        x, y = width - pad - box_w, height - pad - 2 * row - self._u(0.02)
        darken(screen, x, y, x + box_w, height - pad)
        for n, side in enumerate(SIDES):
            middle, now = y + self._u(0.01) + n * row + row // 2, side == view.leg
            if now:
                self._sign(screen, ARROW, (x + self._u(0.03), middle), self._u(0.014), LEG_COLOURS[side])
            colour = LEG_COLOURS[side] if now else MUTED
            self._write(screen, labels[side], x + self._u(0.06), middle, size, colour, bold=now)
            shown = [*view.dots[side], *[None] * max(0, view.wanted - view.accepted(side))][-MAX_DOTS:]
            for k, dot in enumerate(shown):
                self._dot(screen, dot, (x + dots_at + k * self._u(0.055), middle))

    def _dot(self, screen: RgbImage, dot: KickDot | None, centre: tuple[int, int]) -> None:
        radius = self._u(0.021)
        if dot is None:
            self._sign(screen, RING, centre, radius, MUTED)
        elif dot.accepted:
            cv2.circle(screen, centre, radius, GREEN, -1, cv2.LINE_AA)
            self._sign(screen, TICK, centre, round(0.7 * radius), (20, 50, 25))
        else:
            self._sign(screen, CROSS, centre, radius, NOT_COUNTED)

    def _ticks(self, screen: RgbImage, ticks: tuple[Tick, ...]) -> None:
        width, row, pad = self._u(0.62), self._u(0.062), self._u(0.03)
        x, y = self.size_px[0] - pad - width, self._u(0.225)
        darken(screen, x, y, x + width, y + row * len(ticks) + self._u(0.02))
        for n, tick in enumerate(ticks):
            middle = y + self._u(0.01) + n * row + row // 2
            sign, colour = TICK_LOOKS[tick.ok]
            self._sign(screen, sign, (x + self._u(0.045), middle), self._u(0.018), colour)
            self._write(screen, tick.label, x + self._u(0.09), middle, self._u(0.046), PAPER, bold=tick.ok is False)
            right = x + width - self._u(0.02)
            self._write(screen, tick.value, right, middle, self._u(0.038), MUTED, align="right")

    def _summary(self, screen: RgbImage, view: View) -> None:
        """The end card: both scores large, everything else below, as large as the card has room for."""
        width, height = self.size_px
        left, right, bottom = self._u(0.1), width - self._u(0.1), height - self._u(0.07)
        darken(screen, left, self._u(0.22), right, bottom, share=0.2)
        x, room, y = left + self._u(0.05), right - left - 2 * self._u(0.05), self._u(0.3)
        for line in view.summary[:2]:
            size = self.fitting(line, width_px=room, size_px=self._u(0.1))
            self._write(screen, line, x, y, size, PAPER, bold=True)
            y += self._u(0.12)
        for share in CARD_SIZES:
            size = self._u(share)
            lines = [part for line in view.summary[2:] for part in self._broken(line, room, size)]
            if y + 1.25 * size * len(lines) <= bottom:
                break
        for line in lines:
            self._write(screen, line, x, y, size, PAPER)
            y += round(1.25 * size)

    def _broken(self, text: str, width_px: int, size_px: int) -> list[str]:
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if self._letters.width(longer, size_px=size_px) <= width_px:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _progress(self, screen: RgbImage, share: float) -> None:
        width, height = self.size_px
        left, right, top, bottom = width // 4, 3 * width // 4, height // 2, height // 2 + self._u(0.05)
        darken(screen, left - self._u(0.03), top - self._u(0.03), right + self._u(0.03), bottom + self._u(0.03))
        cv2.rectangle(screen, (left, top), (right, bottom), (90, 90, 90), -1)
        cv2.rectangle(screen, (left, top), (left + round(share * (right - left)), bottom), BLUE, -1)
        text = self._phrases.word("progress", value=round(100 * share))
        self._write(screen, text, width // 2, (top + bottom) // 2, self._u(0.04), PAPER, bold=True, align="centre")

    def _corner(self, screen: RgbImage, view: View, stats: Stats) -> None:
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
        size, right = self._u(0.03), self.size_px[0] - self._u(0.015)
        for n, line in enumerate(figures if self._with_stats else (view.key_hint,)):
            self._write(screen, line, right, self._u(0.025) + n * round(1.2 * size), size, MUTED, align="right")


def darken(image: RgbImage, x0: int, y0: int, x1: int, y1: int, *, share: float = 0.3) -> None:
    """Darken a rectangle in place so that text on it can be read over any picture."""
    area = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if area.size:
        cv2.convertScaleAbs(area, dst=area, alpha=share, beta=8)


def _along(angle_deg: float, width: int) -> int:
    return round(width * min(1.0, max(0.0, angle_deg / GAUGE_DEG)))
