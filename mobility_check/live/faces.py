"""What a session looks like: views painted into a window, or told as lines of text."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import textwrap
from contextlib import suppress
from typing import TextIO

import cv2
import numpy as np

from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.kinematics.track import Floats
from mobility_check.language import gettext as _
from mobility_check.live.camera import fitted
from mobility_check.live.prompts import word
from mobility_check.live.runner import Face, Stats
from mobility_check.live.view import State, Tick, View
from mobility_check.pose.base import RgbImage
from mobility_check.results.wording import whole
from mobility_check.video.canvas import INK, LEG_COLOURS, MUTED, NOT_COUNTED, PAPER, Canvas, Colour, text_width
from mobility_check.video.figure import draw_body

GROUND: Colour = (24, 26, 30)
GREEN, AMBER, VIOLET, BLUE = (96, 220, 130), (255, 190, 70), (200, 160, 255), (110, 180, 255)
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
KICK_LOOKS = {**TICK_LOOKS, False: (CROSS, NOT_COUNTED), None: (RING, MUTED)}
KICK_MARKS = {True: "●", False: "×", None: "○"}
"""Kicks that were counted, that were not, and that are still wanted: in the window and as text."""
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
LETTER_SHARE = 0.6
"""Width of a letter as a share of the type size, on the safe side."""
CAP_SHARE = 0.72
"""Height of capitals and digits as a share of the type size."""
NAME = "mobility-check"
ESCAPE, FULL_SCREEN_KEY = 27, ord("f")
MIN_SIZE_PX = (480, 270)
PROBE = "import cv2; cv2.namedWindow('mobility-check'); cv2.destroyAllWindows()"
PROBE_S = 30.0
STATS_EVERY_S = 5.0


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
            self._ring(self._width / 2, 0.56, view.progress)
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
        """Leave that share of the picture's brightness, so that text can be read over any picture."""
        size = {"width": self._px(right - left), "height": self._px(bottom - top)}
        self._canvas.box(*self._point(left, top), **size, colour=INK, opacity=1 - share)

    def _mirrored(self, image: RgbImage, view: View, xy_px: Floats | None) -> None:
        """The mirrored picture below the header, so that nobody's head is hidden, and the figure in it."""
        below = self._screen[self._px(HEADER_SHARE) :]
        below[:] = cv2.flip(fitted(image, like=below), 1)
        if xy_px is not None:
            size, room = (np.array([a.shape[1], a.shape[0]]) for a in (image, below))
            points = (xy_px - size / 2) * (room / size).min() * (-1, 1) + room / 2
            draw_body(Canvas(below, unit=self.size_px[1] / 720), points, leg=view.leg)

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
            self._ring(left + 0.21, bottom - 0.21, view.ring)
        elif view.gauge_deg is not None and view.leg is not None:
            top = bottom - (0.17 if view.angle_deg is None else 0.42)
            self._darken(left, top, left + 0.59, bottom)
            leg, colour = word(f"leg_{view.leg}"), LEG_COLOURS[view.leg]
            self._write(leg, inner, top + 0.04, 0.05, colour, bold=True)
            if view.angle_deg is not None:
                number = f"{whole(view.angle_deg)}°"
                self._write(number, inner, top + 0.19, NUMBER_SHARE, PAPER, room=room, bold=True)
            top, share = bottom - 0.078, min(1.0, max(0.0, view.gauge_deg / GAUGE_DEG))
            self._box(inner, top, inner + room, top + 0.028, (90, 90, 90))
            self._box(inner, top, inner + room * share, top + 0.028, colour)
            if view.target_deg is not None and view.angle_deg is not None:
                self._target(view.target_deg, inner, bottom - 0.05, room)

    def _ring(self, x: float, y: float, share: float) -> None:
        self._darken(x - 0.21, y - 0.21, x + 0.21, y + 0.21)
        centre, radius, thick = self._point(x, y), self._px(0.15), self._px(0.035)
        cv2.circle(self._screen, centre, radius, (80, 80, 80), thick, cv2.LINE_AA)
        if share > 0.01:
            cv2.ellipse(self._screen, centre, (radius, radius), -90, 0, 360 * share, BLUE, thick, cv2.LINE_AA)
        if share >= 1:
            self._sign(TICK, x, y, 0.05, PAPER)
        else:
            self._write(f"{100 * share:.0f} %", x, y, 0.065, PAPER, bold=True, align="centre")

    def _target(self, target_deg: float, x: float, y: float, width: float) -> None:
        """The last session's score as a framed band on the bar of the angle, which ends at the height ``y``."""
        a, b = (x + width * min(1.0, max(0.0, (target_deg + d) / GAUGE_DEG)) for d in (-BAND_DEG, BAND_DEG))
        self._box(a, y - 0.034, b, y + 0.006, PAPER, line_px=max(1, self._px(0.003)))
        self._write(word("target", value=f"{target_deg:.0f}"), x, y + 0.026, 0.032, PAPER)

    def _legs(self, view: View) -> None:
        """One row of kicks per leg, bottom right."""
        row, right = 0.085, self._width - 0.03
        left, top = right - 0.62, 0.95 - 2 * row
        self._darken(left, top, right, 0.97)
        for n, side in enumerate(SIDES):
            y, now = top + 0.01 + (n + 0.5) * row, side == view.leg
            if now:
                self._sign(ARROW, left + 0.03, y, 0.014, LEG_COLOURS[side])
            colour = LEG_COLOURS[side] if now else MUTED
            self._write(word(side), left + 0.06, y, 0.046, colour, room=0.2, bold=now)
            for k, counted in enumerate(view.kicks(side)[-MAX_DOTS:]):
                sign, colour = KICK_LOOKS[counted]
                self._sign(sign, left + 0.305 + k * 0.055, y, 0.021, colour)

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
            letters = int((right - left) / (LETTER_SHARE * size))
            lines = [part for line in summary[2:] for part in textwrap.wrap(line, letters)]
            if 0.54 + 1.25 * size * len(lines) <= bottom:
                break
        for n, line in enumerate(lines):
            self._write(line, left, 0.54 + 1.25 * size * n, size, PAPER, room=right - left)

    def _corner(self, stats: Stats) -> None:
        """How to leave; with figures about the session in its place if they are wanted."""
        model_ms, shown_ms, pose_ms = stats.model_ms, stats.shown_lag_ms, stats.pose_lag_ms
        figures = (
            _("{shown:.0f} shown/s  {inference:.0f} inference/s", shown=stats.shown_hz, inference=stats.inference_hz),
            _("model {model:.0f} ms  lag {shown:.0f} / {pose:.0f} ms", model=model_ms, shown=shown_ms, pose=pose_ms),
        )
        for n, line in enumerate(figures if self._with_stats else (word("close_hint"),)):
            self._write(line, self._width - 0.015, 0.025 + 0.036 * n, 0.03, MUTED, align="right")


class WindowFace:
    """An OpenCV window that fills the screen; Esc, ``q`` or its close button end the check, ``f`` makes it smaller.

    Raises:
        UsageError: this machine cannot show windows.
    """

    def __init__(self, *, size_px: tuple[int, int] = (1280, 720), with_stats: bool = False) -> None:
        require_display()
        self._painter = Painter(size_px=size_px, with_stats=with_stats)
        cv2.namedWindow(NAME, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.resizeWindow(NAME, *size_px)
        cv2.setWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)
        self._open, self._shown = True, False

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        """Paint and show; false when the user has closed the window or pressed Esc."""
        if not self._open or (self._shown and not _is_visible()):
            self._open = False
            return False
        picture = self._painter.paint(image, view, xy_px=xy_px, stats=stats)
        cv2.imshow(NAME, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self._shown = True
        key = cv2.pollKey() & 0xFF
        if key == FULL_SCREEN_KEY:
            full = cv2.getWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN) == cv2.WINDOW_FULLSCREEN
            cv2.setWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_NORMAL if full else cv2.WINDOW_FULLSCREEN)
        _, _, width, height = cv2.getWindowImageRect(NAME)
        if width >= MIN_SIZE_PX[0] and height >= MIN_SIZE_PX[1]:
            self._painter.size_px = (width, height)  # text stays sharp when the user makes the window larger
        return key not in (ESCAPE, ord("q"))

    def close(self) -> None:
        """Close the window; it never comes back."""
        self._open = False
        cv2.destroyAllWindows()
        cv2.pollKey()


def _is_visible() -> bool:
    """Whether the window is still there; OpenCV raises when its last window is gone."""
    try:
        return bool(cv2.getWindowProperty(NAME, cv2.WND_PROP_VISIBLE) >= 1)
    except cv2.error:
        return False


def require_display() -> None:
    """Make sure that a window can be opened: on Linux, OpenCV's toolkit ends the whole process when it can't.

    Raises:
        UsageError: there is no display; the message says what to do.
    """
    if platform.system() != "Linux":
        return
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with suppress(subprocess.SubprocessError):  # it fails or takes too long
            subprocess.run([sys.executable, "-c", PROBE], capture_output=True, timeout=PROBE_S, check=True)
            return
    raise UsageError(
        "This computer cannot show a window (no display); run the check as text with: mobility-check live --no-window"
    )


class TextFace(Face):
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
            ticks = "  ".join(f"{TICK_LOOKS[tick.ok][0]} {tick.label}" for tick in view.ticks)
            self._line(f"  {view.prompt.show}" + (f"   {ticks}" if view.state == "setup" else ""))
        if last is not None and view.dots != last.dots:
            marks = {side: "".join(KICK_MARKS[counted] for counted in view.kicks(side)) for side in SIDES}
            self._line("  " + "   ".join(f"{word(f'leg_{side}')} {marks[side]}" for side in SIDES))
        done, before = ((v.progress if v else None) or 0.0 for v in (view, last))
        if int(4 * done) > int(4 * before):
            self._line(f"  {word('progress', value=round(100 * done))}")
        for line in view.summary if last is None or view.summary != last.summary else ():
            self._line(f"  {line}")
        if self._with_stats and view.time_s - self._stats_s >= STATS_EVERY_S:
            self._stats_s = view.time_s
            told = _("{rate:.0f} frames/s, {each:.0f} ms each", rate=stats.inference_hz, each=stats.model_ms)
            self._line(f"  {told}")
        return self._open

    def _line(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except OSError:  # the terminal is gone
            self._open = False
