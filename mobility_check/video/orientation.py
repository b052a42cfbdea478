"""From a decoded frame to an upright RGB array: display matrix, pixel shape, borders and scaling, each exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Image = NDArray[np.uint8]
PIXEL_ASPECTS = (0.25, 4.0)
"""A pixel that is said to be longer or flatter than this comes from a broken header."""
VIDEO_RANGE, FULL_RANGE = 1, 2
"""FFmpeg's codes for brightness from 16 to 235, and from 0 to 255."""
BT_709, BT_601, BT_2020 = 1, 6, 9
"""Code points of ITU-T H.273 for how colours are coded."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of the upright picture that is given out, in its pixels; see :mod:`mobility_check.video.borders`."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a stored picture becomes the upright one.

    Attributes:
        width_px, height_px: size of the upright picture at full resolution, square pixels, with its borders.
        turned: rows and columns are exchanged first.
        flipped_x, flipped_y: the picture is mirrored left to right, and top to bottom, after that.
    """

    width_px: int
    height_px: int
    turned: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether the clip asks to be shown mirrored, as in a mirror or a selfie view."""
        return self.turned ^ self.flipped_x ^ self.flipped_y


def geometry_of(frame: Any, *, pixel_aspect: float) -> Geometry:
    """Geometry of a decoded frame whose pixels have this shape (width / height)."""
    width = max(1, round(frame.width * pixel_aspect))
    turned, flipped_x, flipped_y = _display_matrix(frame)
    w, h = (frame.height, width) if turned else (width, frame.height)
    return Geometry(w, h, turned, flipped_x, flipped_y)


def sane_aspect(ratio: Any) -> float | None:
    """Width of a pixel over its height; None when the header says nothing or nonsense."""
    value = float(ratio) if ratio else 0.0
    return value if PIXEL_ASPECTS[0] <= value <= PIXEL_ASPECTS[1] else None


def _display_matrix(frame: Any) -> tuple[bool, bool, bool]:
    """Whether rows and columns are exchanged, and which axes are then mirrored, to the nearest quarter turn.

    The matrix is applied as players apply it, mirroring included. It takes stored (x, y) to shown
    (a x + c y, b x + d y).
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return False, False, False
    a, b, c, d = np.frombuffer(bytes(data), dtype=np.int32)[[0, 1, 3, 4]].astype(float)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, bool(c < 0), bool(b < 0)
    return False, bool(a < 0), bool(d < 0)


class UprightFrames:
    """Turns decoded frames into upright RGB arrays of one size. One per pass: the scaler's tables are costly to make.

    ``quick`` scales before the colours are converted, which leaves them as coarse as clips store them (one value for
    two by two pixels): two thirds of the time, good for looking at and not for measuring. ``shown`` goes further, for
    pictures that are coded again: OpenCV converts, and every clip's colours are taken for BT.601, which comes out right
    where what is coded is marked as the clip was.
    """

    def __init__(
        self,
        first: Geometry,
        *,
        crop: Crop | None = None,
        max_height_px: int | None = None,
        quick: bool = False,
        shown: bool = False,
    ) -> None:
        """Frames will have the size of ``crop`` of the clip's first geometry, scaled down to ``max_height_px``."""
        self._first, self._quick, self._shown = first, quick, shown
        self._crop = crop or Crop(0, 0, first.width_px, first.height_px)
        width, height = self._crop.right - self._crop.left, self._crop.bottom - self._crop.top
        self.size = fitted(width, height, max_height_px=max_height_px)
        self._scale = self.size[0] / width, self.size[1] / height
        self._scaler, self._converter = VideoReformatter(), VideoReformatter()

    def __call__(self, frame: Any, geometry: Geometry) -> Image:
        """(H, W, 3) RGB in whole rows; a picture of another shape than the first is fitted in undistorted, on black."""
        if geometry != self._first:
            return self._fitted_in(frame, geometry)
        (width, height), (across, down) = self.size, self._scale
        whole = geometry.width_px, geometry.height_px
        if self._scale != (1.0, 1.0):
            whole = round(whole[0] * across), round(whole[1] * down)
        picture = self._upright(frame, geometry, whole)
        left = min(round(self._crop.left * across), picture.shape[1] - width)
        top = min(round(self._crop.top * down), picture.shape[0] - height)
        picture = picture[top : top + height, left : left + width]
        in_rows = picture.strides[1:] == (3, 1)  # maybe with gaps between them, which nobody minds and a copy costs
        return picture if in_rows else np.ascontiguousarray(picture)

    def _fitted_in(self, frame: Any, geometry: Geometry) -> Image:
        width, height = self.size
        scale = min(width / geometry.width_px, height / geometry.height_px)
        size = max(1, round(geometry.width_px * scale)), max(1, round(geometry.height_px * scale))
        out = np.zeros((height, width, 3), dtype=np.uint8)
        top, left = (height - size[1]) // 2, (width - size[0]) // 2
        out[top : top + size[1], left : left + size[0]] = self._upright(frame, geometry, size)
        return out

    def _upright(self, frame: Any, geometry: Geometry, size: tuple[int, int]) -> Image:
        width, height = size[::-1] if geometry.turned else size
        picture = self._shown_rgb(frame, width, height) if self._shown else self._rgb(frame, width, height)
        if geometry.turned:
            picture = picture.transpose(1, 0, 2)
        return picture[:: -1 if geometry.flipped_y else 1, :: -1 if geometry.flipped_x else 1]

    def _rgb(self, frame: Any, width: int, height: int) -> Image:
        method = "AREA" if width < frame.width else "BILINEAR"
        if self._quick:
            frame = self._scaler.reformat(frame, width=width, height=height, interpolation=method, threads=1)
        small = self._converter.reformat(
            frame, width=width, height=height, format="rgb24", interpolation=method, threads=1
        )
        return np.asarray(small.to_ndarray(), dtype=np.uint8)

    def _shown_rgb(self, frame: Any, width: int, height: int) -> Image:
        stored = self._scaler.reformat(
            frame,
            width=(width + 1) // 2 * 2,
            height=(height + 1) // 2 * 2,
            format="yuv420p",
            interpolation="AREA",
            src_color_range=frame.color_range,
            dst_color_range="MPEG",
            threads=1,
        )
        picture = cv2.cvtColor(stored.to_ndarray(), cv2.COLOR_YUV2RGB_I420)
        return np.asarray(picture, dtype=np.uint8)[:height, :width]


def fitted(width_px: int, height_px: int, *, max_height_px: int | None) -> tuple[int, int]:
    """Width and height of the upright picture when it is at most about ``max_height_px`` high; never enlarged.

    A picture less than a quarter too high stays as it is: scaling it would cost ten times what it saves (measured).
    Both sides are even (the scaler's slow path takes twice as long) and up to a thirtieth smaller, whichever keeps the
    shape of the picture best, for a changed shape would change angles.
    """
    w, h = width_px, height_px
    if max_height_px is None or h <= 1.25 * max_height_px:
        return w, h
    highest = max(2, max_height_px // 2 * 2)
    heights = range(highest, highest - highest // 30 - 1, -2)
    sizes = [(max(2, 2 * round(w * height / h / 2)), height) for height in heights]
    return min(sizes, key=lambda size: abs(size[0] * h / (size[1] * w) - 1))
