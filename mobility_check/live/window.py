"""The window face: shows what the painter paints, and notices when it is closed."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import suppress

import cv2

from mobility_check.errors import UsageError
from mobility_check.kinematics.track import Floats
from mobility_check.live.painter import Painter
from mobility_check.live.runner import Stats
from mobility_check.live.view import View
from mobility_check.pose.base import RgbImage

NAME = "mobility-check"
ESCAPE, FULL_SCREEN_KEY = 27, ord("f")
MIN_SIZE_PX = (480, 270)
PROBE = "import cv2; cv2.namedWindow('mobility-check'); cv2.destroyAllWindows()"
PROBE_S = 30.0


class WindowFace:
    """An OpenCV window that fills the screen; Esc, ``q`` or its close button end the check, ``f`` makes it smaller."""

    def __init__(self, *, size_px: tuple[int, int] = (1280, 720), with_stats: bool = False) -> None:
        """Open the window.

        Raises:
            UsageError: this machine cannot show windows.
        """
        require_display()
        self._painter = Painter(size_px=size_px, with_stats=with_stats)
        cv2.namedWindow(NAME, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.resizeWindow(NAME, *size_px)
        cv2.setWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)
        self._open = True
        self._shown = self._closed = False

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
        self._follow_size()
        return key not in (ESCAPE, ord("q"))

    def close(self) -> None:
        """Close the window; it never comes back."""
        if not self._closed:
            self._open, self._closed = False, True
            cv2.destroyAllWindows()
            cv2.pollKey()

    def _follow_size(self) -> None:
        """Paint at the window's own size, so that text stays sharp when the user makes it larger."""
        _, _, width, height = cv2.getWindowImageRect(NAME)
        if width >= MIN_SIZE_PX[0] and height >= MIN_SIZE_PX[1]:
            self._painter.size_px = (width, height)


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
