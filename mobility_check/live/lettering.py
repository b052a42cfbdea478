"""Text on pictures in a real typeface (DejaVu Sans, which comes with matplotlib), drawn once and then copied."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mobility_check.pose.base import RgbImage

Colour = tuple[int, int, int]
CACHED = 400


class Lettering:
    """Draws text; the shape of every text is kept, so that a picture costs a copy and no typesetting."""

    def __init__(self) -> None:
        import matplotlib

        folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self._files = {False: folder / "DejaVuSans.ttf", True: folder / "DejaVuSans-Bold.ttf"}
        self._fonts: dict[tuple[int, bool], ImageFont.FreeTypeFont] = {}
        self._shapes: OrderedDict[tuple[str, int, bool], NDArray[np.uint8]] = OrderedDict()

    def size(self, text: str, size_px: int, *, bold: bool = False) -> tuple[int, int]:
        """Width and line height that the text takes."""
        shape = self._shape(text, size_px, bold)
        return shape.shape[1], shape.shape[0]

    def fitting(self, text: str, *, width_px: int, size_px: int, bold: bool = False) -> int:
        """The largest size up to ``size_px`` at which the text is not wider than ``width_px``."""
        wide = self.size(text, size_px, bold=bold)[0]
        return size_px if wide <= width_px else max(8, int(size_px * width_px / wide))

    def put(
        self, image: RgbImage, text: str, x: int, y: int, size_px: int, colour: Colour, *, bold: bool = False
    ) -> None:
        """Draw the text with its top left corner at (x, y); what lies outside the picture is cut off."""
        shape = self._shape(text, size_px, bold)
        top, left = max(0, -y), max(0, -x)
        area = image[max(0, y) : y + shape.shape[0], max(0, x) : x + shape.shape[1]]
        alpha = shape[top : top + area.shape[0], left : left + area.shape[1], None].astype(np.uint16)
        if area.size:
            area[:] = ((area * (255 - alpha) + np.array(colour, dtype=np.uint16) * alpha) // 255).astype(np.uint8)

    def _shape(self, text: str, size_px: int, bold: bool) -> NDArray[np.uint8]:
        key = (text, size_px, bold)
        if key in self._shapes:
            self._shapes.move_to_end(key)
            return self._shapes[key]
        font = self._font(size_px, bold)
        ascent, descent = font.getmetrics()
        canvas = Image.new("L", (max(1, round(font.getlength(text)) + 2), ascent + descent))
        ImageDraw.Draw(canvas).text((1, 0), text, font=font, fill=255)
        self._shapes[key] = np.asarray(canvas, dtype=np.uint8)
        if len(self._shapes) > CACHED:
            self._shapes.popitem(last=False)
        return self._shapes[key]

    def _font(self, size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
        if (size_px, bold) not in self._fonts:
            self._fonts[size_px, bold] = ImageFont.truetype(str(self._files[bold]), size_px)
        return self._fonts[size_px, bold]


def darken(image: RgbImage, x0: int, y0: int, x1: int, y1: int, *, share: float = 0.3) -> None:
    """Darken a rectangle in place so that text on it can be read over any picture."""
    area = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if area.size:
        cv2.convertScaleAbs(area, dst=area, alpha=share, beta=8)
