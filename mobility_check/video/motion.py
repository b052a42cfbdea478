"""Tells a picture that stands still, as when a stream sticks, from a person who holds still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

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
            cells: of the frame, see :func:`cells_of`.
            time_s: its time.
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
