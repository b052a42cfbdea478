"""Anti-aliased lines, sectors and type on RGB pictures, with sub-pixel positions so that nothing trembles."""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from mobility_check.kinematics.track import Floats
from mobility_check.video.orientation import Image

Colour = tuple[int, int, int]
Point = tuple[float, float] | Floats
"""Anything with an x and a y, in pixels."""

INK: Colour = (16, 20, 27)
PAPER: Colour = (246, 248, 250)
MUTED: Colour = (150, 160, 174)
LEG_COLOURS: dict[str, Colour] = {"left": (86, 180, 233), "right": (245, 178, 48)}
"""Blue and orange: told apart with every kind of colour vision, and by their brightness in grey."""
COUNTED: Colour = (0, 158, 115)
NOT_COUNTED: Colour = (222, 84, 44)

_SHIFT = 4
_FAR_PX = 20_000.0
"""Nothing is drawn beyond this: such a landmark is nonsense, and OpenCV's integers would overflow."""


def drawable(*points: Point) -> bool:
    """Whether all points are known and anywhere near a picture."""
    return all(abs(x) < _FAR_PX and abs(y) < _FAR_PX for x, y in points)  # NaN compares false


@lru_cache(maxsize=400)
def letters(text: str, size_px: int, *, bold: bool = False, rim_px: int = 0) -> tuple[Image, int, int]:
    """A line of type: (H, W) coverage 0..255, grown by ``rim_px``, and its corner's offset from the baseline's start.

    In DejaVu Sans, since Pillow's own typeface has no umlauts and no signs. Matplotlib, which MediaPipe needs, brought
    it; Matplotlib itself is not loaded, and something may stand in for it while MediaPipe is.
    """
    spec = PathFinder.find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    font = ImageFont.truetype(str(folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), max(8, size_px))
    left, top, right, bottom = (round(v) for v in font.getbbox(text, anchor="ls"))
    picture = PilImage.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, anchor="ls", fill=255)
    mask = np.pad(np.asarray(picture, dtype=np.uint8), rim_px)
    if rim_px:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim_px + 1, 2 * rim_px + 1))
        mask = np.asarray(cv2.dilate(mask, disc), dtype=np.uint8)
    return mask, left - rim_px, top - rim_px


def text_width(text: str, size_px: float, *, bold: bool = False) -> int:
    """Width of a line of type in pixels."""
    return int(letters(text, round(size_px), bold=bold)[0].shape[1])


class Canvas:
    """Draws into one picture. ``unit`` scales all widths: 1 on a picture whose short side is 720 px."""

    def __init__(self, image: Image, *, unit: float) -> None:
        self.image, self.unit = image, unit

    def scaled(self, factor: float) -> Canvas:
        """The same canvas with thicker or thinner lines and type."""
        return Canvas(self.image, unit=self.unit * factor)

    def line(self, a: Point, b: Point, *, colour: Colour, width: float, outline: bool = True) -> None:
        """A line with a dark outline that keeps it readable on any background; nothing if an end is not known."""
        if not drawable(a, b):
            return
        thick = self._thickness(width)
        if outline:
            self._stroke(a, b, INK, thick + max(2, 2 * round(self.unit)))
        self._stroke(a, b, colour, thick)

    def dashed(self, a: Point, b: Point, *, colour: Colour, width: float, dash: float = 14) -> None:
        """Dashes of about ``dash`` units from a to b on a dark line."""
        if not drawable(a, b):
            return
        self._stroke(a, b, INK, self._thickness(width) + max(2, 2 * round(self.unit)))
        steps = max(1, round(math.dist(a, b) / max(4.0, dash * self.unit)))
        across, down = (b[0] - a[0]) / steps, (b[1] - a[1]) / steps
        for i in range(0, steps, 2):
            start = (a[0] + i * across, a[1] + i * down)
            self._stroke(start, (start[0] + across, start[1] + down), colour, self._thickness(width))

    def dot(self, p: Point, *, colour: Colour, radius: float) -> None:
        """A filled circle with a dark rim."""
        if not drawable(p):
            return
        r = round(radius * self.unit * (1 << _SHIFT))
        rim = round(2 * self.unit * (1 << _SHIFT))
        cv2.circle(self.image, _fixed(p), r + rim, INK, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(self.image, _fixed(p), r, colour, -1, cv2.LINE_AA, _SHIFT)

    def polyline(self, points: NDArray[np.float64], *, colour: Colour, width: float) -> None:
        """(N, 2) points joined, without outline; nothing is drawn to or from one that is not known."""
        known = np.ma.masked_invalid(points.sum(axis=1))
        for run in np.ma.clump_unmasked(known):  # type: ignore[no-untyped-call]
            if run.stop - run.start < 2:
                continue
            fixed = np.round(points[run] * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(self.image, [fixed], False, colour, self._thickness(width), cv2.LINE_AA, _SHIFT)

    def sector(
        self, centre: Point, *, radius_px: float, from_rad: float, to_rad: float, colour: Colour, opacity: float
    ) -> None:
        """A translucent pie slice with a solid rim; angles clockwise from picture-right."""
        if not drawable(centre) or not 2 <= radius_px < _FAR_PX:
            return
        angles = np.linspace(from_rad, to_rad, 32)
        rim = np.array(centre) + radius_px * np.column_stack([np.cos(angles), np.sin(angles)])
        self._fill(np.vstack([centre, rim]), colour, opacity)
        self.polyline(rim, colour=INK, width=7)
        self.polyline(rim, colour=colour, width=4)

    def box(self, x: float, y: float, *, width: float, height: float, colour: Colour, opacity: float = 1.0) -> None:
        """A filled rectangle, in pixels."""
        part = self._part(round(x), round(y), round(x + width), round(y + height))
        if part.size:
            cv2.addWeighted(part, 1 - opacity, np.full_like(part, colour), opacity, 0, dst=part)

    def pill(self, x: float, y: float, *, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle with round ends, in pixels."""
        r = height / 2
        self._stroke((x + r, y + r), (x + width - r, y + r), colour, max(1, round(height)))

    def text(
        self,
        at: Point,
        text: str,
        *,
        colour: Colour,
        size: float,
        bold: bool = False,
        align: str = "left",
        outline: bool = False,
    ) -> float:
        """Text on the baseline ``at`` (pixels), ``size`` in units; returns its width in pixels."""
        size_px = size * self.unit
        width = text_width(text, size_px, bold=bold)
        x = round(at[0] - {"left": 0.0, "centre": width / 2, "right": float(width)}[align])
        rims = [(max(2, round(size_px / 11)), INK)] if outline else []
        for rim_px, ink in [*rims, (0, colour)]:
            mask, left, top = letters(text, round(size_px), bold=bold, rim_px=rim_px)
            self._print(mask, x + left, round(at[1]) + top, ink)
        return float(width)

    def sign(self, centre: Point, sign: str, *, colour: Colour, size: float) -> None:
        """A single character, its shape centred on a point (pixels)."""
        mask, _, _ = letters(sign, round(size * self.unit), bold=True)
        self._print(mask, round(centre[0] - mask.shape[1] / 2), round(centre[1] - mask.shape[0] / 2), colour)

    def _print(self, mask: Image, x: int, y: int, colour: Colour) -> None:
        height, width = mask.shape
        part = self._part(x, y, x + width, y + height)
        if part.size:
            cut_x, cut_y = max(0, -x), max(0, -y)
            part[:] = _mixed(part, colour, mask[cut_y : cut_y + part.shape[0], cut_x : cut_x + part.shape[1]])

    def _part(self, left: int, top: int, right: int, bottom: int) -> Image:
        """View of the picture inside these bounds; empty when they lie outside it."""
        return self.image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]

    def _fill(self, polygon: NDArray[np.float64], colour: Colour, opacity: float) -> None:
        low = np.floor(polygon.min(axis=0)).astype(int) - 1
        high = np.ceil(polygon.max(axis=0)).astype(int) + 2
        part = self._part(low[0], low[1], high[0], high[1])
        if not part.size:
            return
        mask = np.zeros(part.shape[:2], dtype=np.uint8)
        local = np.round((polygon - np.maximum(low, 0)) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [local], round(255 * opacity), cv2.LINE_AA, _SHIFT)
        part[:] = _mixed(part, colour, mask)

    def _stroke(self, a: Point, b: Point, colour: Colour, thickness: int) -> None:
        cv2.line(self.image, _fixed(a), _fixed(b), colour, thickness, cv2.LINE_AA, _SHIFT)

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self.unit))


def _fixed(p: Point) -> tuple[int, int]:
    """Fixed-point coordinates for OpenCV's sub-pixel drawing."""
    return round(float(p[0]) * (1 << _SHIFT)), round(float(p[1]) * (1 << _SHIFT))


def _mixed(part: Image, colour: Colour, mask: Image) -> Image:
    """``part`` with ``colour`` laid over it as far as the mask covers."""
    weight = cv2.merge([mask, mask, mask])
    laid = cv2.multiply(weight, np.array([*colour, 0], dtype=np.float64), scale=1 / 255)
    left = cv2.multiply(part, cv2.bitwise_not(weight), scale=1 / 255)
    return np.asarray(cv2.add(laid, left), dtype=np.uint8)
