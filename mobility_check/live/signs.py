"""Small signs drawn from lines: every state and every outcome has a shape of its own beside its colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from mobility_check.pose.base import RgbImage
from mobility_check.video.canvas import Colour

Sign = Literal["tick", "cross", "dots", "list", "clock", "arrow", "turn", "ring"]
Centre = tuple[int, int]


def draw_sign(canvas: RgbImage, sign: Sign, centre: Centre, radius: int, colour: Colour) -> None:
    """Draw one sign into a circle of this radius, in place."""
    _DRAW[sign](canvas, centre, radius, colour, max(2, radius // 4))


def _polyline(
    canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int, shape: list[list[float]]
) -> None:
    points = (np.array(shape) * radius + centre).round().astype(np.int32)
    cv2.polylines(canvas, [points], False, colour, thick, cv2.LINE_AA)


def _tick(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    _polyline(canvas, centre, radius, colour, thick, [[-0.75, 0.05], [-0.2, 0.6], [0.8, -0.6]])


def _cross(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    _polyline(canvas, centre, radius, colour, thick, [[-0.65, -0.65], [0.65, 0.65]])
    _polyline(canvas, centre, radius, colour, thick, [[-0.65, 0.65], [0.65, -0.65]])


def _dots(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    for step in (-1, 0, 1):
        cv2.circle(canvas, (centre[0] + round(0.7 * step * radius), centre[1]), thick, colour, -1, cv2.LINE_AA)


def _list(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    for step in (-0.65, 0.0, 0.65):
        _polyline(canvas, centre, radius, colour, thick, [[-0.8, step], [0.8, step]])


def _clock(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    cv2.circle(canvas, centre, round(0.85 * radius), colour, thick, cv2.LINE_AA)
    cv2.ellipse(canvas, centre, (radius // 2, radius // 2), 0, -90, 90, colour, -1, cv2.LINE_AA)


def _arrow(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    shape = (np.array([[-0.6, -0.85], [0.9, 0.0], [-0.6, 0.85]]) * radius + centre).round().astype(np.int32)
    cv2.fillPoly(canvas, [shape], colour, cv2.LINE_AA)


def _turn(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    around = round(0.75 * radius)
    cv2.ellipse(canvas, centre, (around, around), 0, -60, 220, colour, thick, cv2.LINE_AA)
    _polyline(canvas, centre, radius, colour, thick, [[0.0, -0.9], [0.45, -0.62], [0.25, -0.1]])


def _ring(canvas: RgbImage, centre: Centre, radius: int, colour: Colour, thick: int) -> None:
    cv2.circle(canvas, centre, round(0.9 * radius), colour, max(2, thick // 2), cv2.LINE_AA)


_DRAW: dict[Sign, Callable[[RgbImage, Centre, int, Colour, int], None]] = {
    "tick": _tick,
    "cross": _cross,
    "dots": _dots,
    "list": _list,
    "clock": _clock,
    "arrow": _arrow,
    "turn": _turn,
    "ring": _ring,
}
