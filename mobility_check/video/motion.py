"""What changes from picture to small picture: whether the picture itself stands still, and whether somebody moves.

A picture without any change is frozen, as when a stream sticks: that is no person who holds still. Where nobody moves,
few inferences say as much as many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.geometry import mid_hip
from mobility_check.kinematics.signals import median
from mobility_check.kinematics.track import Floats
from mobility_check.video.orientation import Image

CELL_PX = 4
"""Pictures are compared in means over cells of so many pixels, in which the noise of coding cancels (E)."""
CHANGED_GREY, CHANGED_CELLS = 4, 2
"""More cells than this that differ by more than this: the picture has changed. A stuck picture that was compressed
again differs by less, somebody who holds a leg still by more within a second (E)."""
MIN_FROZEN_S = 1.0
"""A picture without change for a shorter time may be somebody who holds still (E)."""
MIN_STILL_S = 0.2
"""The picture stands for so long before and after a change that only a key frame made (E)."""

BLOCK = 8
"""Cells are compared in squares of so many: a foot has some, noise cancels in them (E)."""
LEGS_MOVED, BODY_MOVED = 0.5, 1.0
"""How far an edge moves against the reference, about in 0.7 cells, before somebody counts as moving: below the hip and
above it, where people sway (E). An ankle moves half a cell with 0.4° of a leg that fills a third of the picture."""
MARGIN_SHARE = 0.12
"""The person's box goes on around the landmarks by this share of its height: toes, clothes, the top of the head."""
LEAST_NOISE = 0.3
"""Variance of a cell in grey levels below which compression, not the camera, keeps pictures alike (E)."""

_Region = tuple[slice, slice, float]
_Grey = NDArray[np.float32]

Span = tuple[float, float]


@dataclass(slots=True)
class _StillRun:
    """Frames that show the same picture.

    Attributes:
        start_s, end_s: times of the first and the last.
        cells: of the first.
        recoded: it begins at a key frame.
    """

    start_s: float
    end_s: float
    cells: Image
    recoded: bool = False

    @property
    def still(self) -> bool:
        """Whether it lasts long enough to count."""
        return self.end_s - self.start_s >= MIN_STILL_S


class FreezeMeter:
    """Takes the frames of one part of a clip in order and finds where the picture stands still."""

    def __init__(self) -> None:
        self.runs: list[_StillRun] = []

    def add(self, cells: Image, time_s: float, *, person: bool, recoded: bool) -> None:
        """Take the next frame.

        Args:
            cells, time_s: of the frame, see :func:`cells_of`.
            person: somebody is in it; with nobody nothing needs to move.
            recoded: a key frame lies between the frame before and this one, or is this one.
        """
        last = self.runs[-1] if self.runs else None
        if last is not None and person and not _changed(cells, last.cells):
            last.end_s = time_s
            return
        if len(self.runs) > 1 and last is not None and not last.still:
            self.runs.pop()  # the first is kept: it may go on from the part before
        self.runs.append(_StillRun(time_s, time_s, cells, recoded))


def frozen_spans(parts: Sequence[FreezeMeter], *, step_s: float) -> tuple[Span, ...]:
    """Spans of the clip in which the picture stands still, from its parts in order.

    Args:
        parts: of the clip, one after the other.
        step_s: time between two frames, over which a span may go on into the next part or over a key frame.
    """
    joined: list[_StillRun] = []
    for run in (run for part in parts for run in part.runs):
        if joined and run.start_s - joined[-1].end_s <= 1.5 * step_s and _goes_on(joined[-1], run):
            joined[-1] = _StillRun(joined[-1].start_s, run.end_s, run.cells, joined[-1].recoded)
        else:
            joined.append(run)
    return tuple((r.start_s, r.end_s) for r in joined if r.end_s - r.start_s >= MIN_FROZEN_S)


def _goes_on(before: _StillRun, after: _StillRun) -> bool:
    return (after.recoded and before.still and after.still) or not _changed(before.cells, after.cells)


def cells_of(image: Image) -> Image:
    """The picture (H, W, 3) in means of its green over ``CELL_PX`` squared."""
    height, width = image.shape[:2]
    size = max(1, width // CELL_PX), max(1, height // CELL_PX)
    return np.asarray(cv2.resize(image[..., 1], size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _changed(a: Image, b: Image) -> bool:
    return int(np.count_nonzero(cv2.absdiff(a, b) > CHANGED_GREY)) > CHANGED_CELLS


@dataclass(frozen=True, slots=True)
class _Reference:
    """A picture in which the people are known: its cells, how much detail each block has, and where to look."""

    cells: _Grey
    detail: _Grey
    regions: Sequence[_Region]


class StillnessMeter:
    """Takes the small pictures (:func:`cells_of`) of one part of a clip in order.

    Each is compared with the last one in which the people are known, not with the one before: a slow movement adds up.
    A change of brightness is taken out; what the camera's noise changes is told by the flat parts of the picture, which
    a shaking hand does not change.
    """

    def __init__(self) -> None:
        self._noise: list[float] = []
        self._before: _Grey | None = None
        self._reference: _Reference | None = None

    def moved(self, cells: Image) -> bool:
        """Whether somebody moved since the reference, as far as can be told: True as long as nobody is known."""
        now, before, known = cells.astype(np.float32), self._before, self._reference
        self._before = now
        detail = _blocks(_gradient_energy(now))
        if before is not None:
            flat = detail <= np.median(detail)
            self._noise.append(median(_blocks((now - before) ** 2)[flat].astype(np.float64)))
        if known is None or not known.regions:
            return True
        noise = max(median(np.array(self._noise)), LEAST_NOISE)
        change = _blocks((now * (known.cells.mean() / max(now.mean(), 1.0)) - known.cells) ** 2)
        moved = np.maximum(change - 2 * noise, 0.0) / (np.maximum(detail, known.detail) + noise)
        return any(bool((moved[rows, columns] > limit**2).any()) for rows, columns, limit in known.regions)

    def refer(self, cells: Image, people: Sequence[Floats]) -> None:
        """Compare with this picture from now on; the people's landmarks (33, 2) are in its cells."""
        grey = cells.astype(np.float32)
        detail = _blocks(_gradient_energy(grey))
        self._reference = _Reference(grey, detail, [region for xy in people for region in _regions(xy, detail.shape)])


def _regions(xy: Floats, shape: tuple[int, ...]) -> list[_Region]:
    """Blocks of the legs and of the rest of a person, each with its limit."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    margin = MARGIN_SHARE * (high[1] - low[1])
    top, hip, sole = (_block(y, shape[0]) for y in (low[1] - margin, float(mid_hip(xy)[1]), high[1] + margin / 2))
    columns = slice(_block(low[0] - margin, shape[1]), _block(high[0] + margin, shape[1]) + 1)
    return [(slice(top, hip), columns, BODY_MOVED), (slice(hip, sole + 1), columns, LEGS_MOVED)]


def _block(place: float, count: int) -> int:
    """The block of a place in cells, the nearest one inside the picture."""
    return int(np.clip(place // BLOCK, 0, count - 1))


def _gradient_energy(grey: _Grey) -> _Grey:
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *way, ksize=1, scale=0.5) for way in ((1, 0), (0, 1)))
    return np.asarray(across * across + down * down)


def _blocks(grey: _Grey) -> _Grey:
    """Mean of each whole block; a picture smaller than a block is one."""
    rows, columns = (max(1, n // BLOCK) for n in grey.shape)
    whole = grey[: rows * BLOCK, : columns * BLOCK]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))
