"""Flat borders around the picture (letterbox, pillarbox, a small picture on black), found in a few frames of a clip.

A dark room has no border: a border is flat in every frame, and the picture beside it begins along a straight line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mobility_check.video.orientation import Crop, Image

FLAT_GREY = 4
"""Grey levels that coding adds to a flat border (E)."""
BLACK_GREY = 8
"""A darkest black that no lit floor or wall has (E)."""
STRAY_SHARE = 0.01
"""Share of a border's line that may be further off (E)."""
RINGING_PX = 16
"""Coding smears the picture at most this far into a border: the largest block that is coded as one."""
LINE_SHARE = 0.6
"""Share of its side along which the picture differs from the border at once, in most frames; a head, two soles or the
back of somebody on a dark stage are shorter or move (E)."""
MIN_BORDER_SHARE = 0.02
"""A thinner border is left where it is: it does not make the person small (E)."""
MIN_PICTURE_SHARE = 0.15
"""Less than this of the width or height is not taken for the picture (E)."""

STRIP_ROWS = 32
"""Rows that are looked at together: most pictures begin in the first of them."""

Frames = NDArray[np.int16]


def may_have_borders(grey: Image) -> bool:
    """Whether the first frame (H, W) of a clip has borders or tells nothing, so that more frames are worth a look."""
    lines = grey[0], grey[-1], grey[:, 0], grey[:, -1]
    flat = any(int(np.ptp(line)) <= 2 * FLAT_GREY for line in lines)  # cheap, and false for most clips
    return flat and (_is_blank(grey) or find_borders([grey]) is not None)


def find_borders(frames: Sequence[Image]) -> Crop | None:
    """The picture within its borders, or None when there are none.

    Args:
        frames: (H, W) grey frames of one size, spread over the clip.
    """
    telling = [f for f in frames if not _is_blank(f)]
    if not telling:
        return None
    stack = np.stack(telling).astype(np.int16)
    height, width = stack.shape[1:]
    down, across = _flat_ends(stack), _flat_ends(stack.transpose(0, 2, 1))
    if sum(down) >= height or sum(across) >= width:
        return None
    top, bottom = _pair(stack[:, :, across[0] : width - across[1]], down)
    left, right = _pair(stack[:, down[0] : height - down[1]].transpose(0, 2, 1), across)
    crop = Crop(left, top, width - right, height - bottom)
    wide, high = crop.right - crop.left, crop.bottom - crop.top
    plausible = wide >= MIN_PICTURE_SHARE * width and high >= MIN_PICTURE_SHARE * height
    return crop if plausible and (wide, high) != (width, height) else None


def _is_blank(grey: Image) -> bool:
    """Whether a frame tells nothing, as in a fade from black."""
    return int(np.ptp(grey)) <= 4 * FLAT_GREY


def _flat_ends(stack: Frames) -> tuple[int, int]:
    """Flat rows at the top and at the bottom of all frames (F, H, W)."""
    return _flat_rows(stack), _flat_rows(stack[:, ::-1])


def _pair(stack: Frames, flat: tuple[int, int]) -> tuple[int, int]:
    """Depths of the borders at the top and at the bottom. What is not black must be there twice: a floor is not."""
    first, last = _depth(stack, flat[0]), _depth(stack[:, ::-1], flat[1])
    levels = _level(stack), _level(stack[:, ::-1])
    if first and last and abs(levels[0] - levels[1]) <= FLAT_GREY:
        return first, last
    return (first if levels[0] <= BLACK_GREY else 0), (last if levels[1] <= BLACK_GREY else 0)


def _flat_rows(stack: Frames) -> int:
    level = _level(stack)
    for top in range(0, stack.shape[1], STRIP_ROWS):
        off = np.abs(stack[:, top : top + STRIP_ROWS] - level) > FLAT_GREY
        busy = np.flatnonzero(off.mean(axis=2).max(axis=0) > STRAY_SHARE)
        if len(busy):
            return top + int(busy[0])
    return int(stack.shape[1])


def _level(stack: Frames) -> float:
    """Grey level of the first row."""
    return float(np.median(stack[:, 0]))


def _depth(stack: Frames, flat: int) -> int:
    """Depth of the border above the straight line where the picture begins; 0 without a border or such a line."""
    if flat < MIN_BORDER_SHARE * stack.shape[1]:
        return 0
    near = stack[:, flat : flat + RINGING_PX]
    along = np.median((np.abs(near - _level(stack)) > FLAT_GREY + 2).mean(axis=2), axis=0)
    begins = np.flatnonzero(along >= LINE_SHARE)
    return flat + int(begins[0]) if len(begins) else 0
