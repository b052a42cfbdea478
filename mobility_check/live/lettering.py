"""Type for every language: DejaVu Sans, which comes with matplotlib (and so MediaPipe); Pillow's own has no umlauts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from mobility_check.pose.base import RgbImage
from mobility_check.video.canvas import Lettering

MAX_SHAPES = 400


class _Shape(NamedTuple):
    mask: RgbImage
    left: int
    top: int


@dataclass(slots=True)
class WideLettering(Lettering):
    """Text as grey masks like its parent, without rims, from a typeface with letters of most languages."""

    _shapes: dict[tuple[str, int, bool], _Shape] = field(default_factory=dict)

    def mask(self, text: str, *, size_px: float, bold: bool = False, rim_px: int = 0) -> tuple[RgbImage, int, int]:
        """(H, W) coverage 0..255, and the offset of its corner from the baseline's start."""
        key = (text, max(8, round(size_px)), bold)
        if key not in self._shapes:
            if len(self._shapes) >= MAX_SHAPES:
                self._shapes.clear()
            self._shapes[key] = _shape(*key)
        return self._shapes[key]


def _shape(text: str, size_px: int, bold: bool) -> _Shape:
    font = ImageFont.truetype(str(font_file(bold=bold)), size_px)
    left, top, right, bottom = (round(v) for v in font.getbbox(text, anchor="ls"))
    picture = PilImage.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, anchor="ls", fill=255)
    return _Shape(np.asarray(picture, dtype=np.uint8), left, top)


def font_file(*, bold: bool) -> Path:
    """The typeface's file."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
