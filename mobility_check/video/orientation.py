"""From a decoded frame to an upright RGB array: display matrix, pixel shape and scaling, each applied exactly once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the stored picture becomes the upright one.

    Attributes:
        width_px, height_px: size of the upright picture at full resolution, square pixels.
        quarter_turns: counter-clockwise quarter turns from the stored to the upright picture.
    """

    width_px: int
    height_px: int
    quarter_turns: int


def geometry_of(frame: Any, *, pixel_aspect: float) -> Geometry:
    """Geometry of the clip from its first decoded frame and the shape of its pixels (width / height)."""
    width = max(1, round(frame.width * pixel_aspect))
    turns = _quarter_turns(frame)
    w, h = (frame.height, width) if turns % 2 else (width, frame.height)
    return Geometry(w, h, turns)


def pixel_aspect_of(stream: Any) -> float:
    """Width of a pixel over its height; 1 when the header says nothing or nonsense."""
    ratio = stream.codec_context.sample_aspect_ratio
    value = float(ratio) if ratio else 1.0
    return value if 0.25 <= value <= 4.0 else 1.0


def _quarter_turns(frame: Any) -> int:
    """Counter-clockwise quarter turns asked for by the display matrix.

    A mirroring matrix (the selfie view of some phones) is undone first: the measurement wants the world's own left
    and right, and only what is upright.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 0
    m = np.frombuffer(bytes(data), dtype=np.int32)[[0, 1, 3, 4]].astype(float).reshape(2, 2)
    if np.linalg.det(m) < 0:
        m[:, 0] *= -1
    return round(-math.degrees(math.atan2(m[0, 1], m[0, 0])) / 90.0) % 4


class Upright:
    """Turns decoded frames into upright RGB. One per pass: it keeps the scaler's tables, costly to make.

    ``quick`` scales before the colours are converted, which leaves them as coarse as clips store them (one value for
    two by two pixels): two thirds of the time, good for looking at and not for measuring.
    """

    def __init__(self, geometry: Geometry, *, max_height_px: int | None, quick: bool = False) -> None:
        self._quick = quick
        self._turns = geometry.quarter_turns
        width, height = fitted(geometry, max_height_px=max_height_px)
        self._stored = (height, width) if self._turns % 2 else (width, height)
        self._scaler, self._painter = VideoReformatter(), VideoReformatter()

    def __call__(self, frame: Any) -> Image:
        """(H, W, 3) contiguous RGB; a changed size is brought to the first."""
        width, height = self._stored
        method = "AREA" if width < frame.width else "BILINEAR"
        if self._quick:
            frame = self._scaler.reformat(frame, width=width, height=height, interpolation=method, threads=1)
        small = self._painter.reformat(
            frame, width=width, height=height, format="rgb24", interpolation=method, threads=1
        )
        picture = np.asarray(small.to_ndarray(), dtype=np.uint8)
        return np.ascontiguousarray(np.rot90(picture, self._turns))


def fitted(geometry: Geometry, *, max_height_px: int | None) -> tuple[int, int]:
    """Width and height of the upright picture when it is at most about ``max_height_px`` high; never enlarged.

    A picture less than a quarter too high stays as it is: scaling it would cost ten times what it saves (measured).
    Both sides are even (the scaler's slow path takes twice as long) and up to a thirtieth smaller, whichever keeps the
    shape of the picture best, for a changed shape would change angles.
    """
    w, h = geometry.width_px, geometry.height_px
    if max_height_px is None or h <= 1.25 * max_height_px:
        return w, h
    highest = max(2, max_height_px // 2 * 2)
    heights = range(highest, highest - highest // 30 - 1, -2)
    sizes = [(max(2, 2 * round(w * height / h / 2)), height) for height in heights]
    return min(sizes, key=lambda size: abs(size[0] * h / (size[1] * w) - 1))
