"""What a pose back end is: something that gives the people in one picture, in pixels of that picture.

All of a back end's own conventions (colour order, clock units, normalised coordinates, joint order) end inside it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.track import Floats

RgbImage = NDArray[np.uint8]
"""(H, W, 3) upright, unmirrored RGB."""
OnProgress = Callable[[float], None]
"""Told the share done, 0..1."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One person in one picture.

    Attributes:
        xy_px: (33, 2) landmarks in pixels of the given picture, x right, y down.
        visibility: (33,) the model's own, 0..1.
        mask: (H, W) float32 probability that a pixel shows the person, when asked for.
    """

    xy_px: Floats
    visibility: Floats
    mask: NDArray[np.float32] | None = None


class Estimator(Protocol):
    """Gives the people of one picture; ``time_s`` must rise from call to call in a video, up to a ``restart``."""

    def estimate(self, image: RgbImage, time_s: float) -> tuple[Pose, ...]:
        """The people in the picture, none if nobody is seen."""
        ...

    def restart(self) -> None:
        """Forget all that was seen: the next picture, of any time, is looked at like a new estimator's first."""
        ...

    def __enter__(self) -> Estimator: ...

    def __exit__(self, *error: object) -> None: ...


class Backend(Protocol):
    """Opens estimators. ``video`` follows people from frame to frame; ``stills`` looks at each picture afresh."""

    name: str

    def identity(self, model: str) -> tuple[str, str | None]:
        """Name and SHA-256 of what stands behind ``model``, for the record.

        Raises:
            ModelError: there is no such model, or it is damaged.
        """
        ...

    def video(self, model: str, *, max_people: int = 1) -> Estimator:
        """An estimator for consecutive frames; every segment of a clip begins with a new or a restarted one."""
        ...

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> AbstractContextManager[Estimator]:
        """Gives an estimator for unrelated pictures."""
        ...
