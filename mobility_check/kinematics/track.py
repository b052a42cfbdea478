"""The pose track: what a back end saw in one clip, and all that the analysis ever needs of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.landmarks import N_LANDMARKS

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClipMeta:
    """Facts of the clip a track was recorded from.

    ``notes`` are codes of what is unusual about it (``results.reasons``), ``frozen_s`` the spans in which its picture
    stands still although a person is in it.
    """

    path: str
    sha256: str | None
    duration_s: float
    fps: float
    frames: int
    width_px: int
    height_px: int
    notes: tuple[str, ...] = ()
    frozen_s: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class PoseTrack:
    """Landmarks of the measured person over time; NaN is the only word for "not seen".

    Attributes:
        time_s: (T,) strictly rising presentation times of the analysed frames.
        frame: (T,) index of each analysed frame in the clip.
        xy_px: (T, 33, 2) landmark positions in pixels of the upright, unmirrored picture, x right, y down.
        visibility: (T, 33) the model's own visibility, 0..1 (high for hidden joints: never the only gate).
        people: (T,) how many people were seen in the frame.
        luma: (T,) mean brightness of the picture, 0..255.
        meta: the clip.
        backend, model, model_sha256: what made the landmarks.
    """

    time_s: Floats
    frame: NDArray[np.int64]
    xy_px: Floats
    visibility: Floats
    people: NDArray[np.int64]
    luma: Floats
    meta: ClipMeta
    backend: str
    model: str
    model_sha256: str | None = None
    extra: dict[str, NDArray[np.generic]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.time_s)
        shapes = {
            "frame": (n,),
            "xy_px": (n, N_LANDMARKS, 2),
            "visibility": (n, N_LANDMARKS),
            "people": (n,),
            "luma": (n,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")
        if n > 1 and not np.all(np.diff(self.time_s) > 0):
            raise ValueError("time_s must rise strictly")

    def __len__(self) -> int:
        return len(self.time_s)
