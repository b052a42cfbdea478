"""The pose track: what a back end saw in one clip, and all that the analysis ever needs of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.landmarks import N_LANDMARKS

Floats = NDArray[np.float64]
Place = Literal["alone", "left", "middle", "right"]


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
class PersonInView:
    """The measured person among those in view.

    Attributes:
        number: from the left, beginning with 1, as ``--person`` takes it.
        boxes: one per person from the left: left, top, right, bottom as shares of the picture.
        shown_s: time of the clip at which the boxes lie around the people.
    """

    number: int
    boxes: tuple[tuple[float, float, float, float], ...]
    shown_s: float

    def __post_init__(self) -> None:
        if not 0 < self.number <= len(self.boxes) or not np.isfinite([*np.ravel(self.boxes), self.shown_s]).all():
            raise ValueError("the measured person must be one of those in view")

    def place(self, number: int) -> Place:
        """Where the person of that number is among the others."""
        if len(self.boxes) == 1:
            return "alone"
        return "left" if number == 1 else "right" if number == len(self.boxes) else "middle"


@dataclass(frozen=True, slots=True)
class RefinedFrames:
    """What the refinement pass saw in N frames, NaN where nothing was found; pixels of the full upright picture.

    Attributes:
        frame: (N,) clip frame numbers.
        landmarks_px: (N, 4, 33, 2) per variant: heavy plain and mirrored, then the tracking model the same way.
        line_px: (N, 3, 4) lines of left thigh, right thigh and trunk as x0, y0, x1, y1.
        edge_px: (N, 4, 37) distance of an edge of the silhouette from its line, + towards the person's back.
        edge_map: (N, 2, 33, 150) how clear an edge runs beside the left and right thigh, in steps of 1/254 from 0 to 1.
    """

    frame: NDArray[np.int64]
    landmarks_px: Floats
    line_px: Floats
    edge_px: Floats
    edge_map: Floats

    def __post_init__(self) -> None:
        n = len(self.frame)
        shapes = {"landmarks_px": (n, 4, N_LANDMARKS, 2), "line_px": (n, 3, 4), "edge_px": (n, 4, 37)}
        _check_shapes(self, {"frame": (n,), **shapes, "edge_map": (n, 2, 33, 150)})

    def at(self, frames: Sequence[int]) -> RefinedFrames:
        """Those of these clip frames."""
        rows = np.flatnonzero(np.isin(self.frame, np.asarray(frames, dtype=np.int64)))
        return RefinedFrames(*(getattr(self, f.name)[rows] for f in fields(self)))


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
        refined: the frames that the refinement pass saw; ``None`` without one.
        clothes: (T, 2, 3) colours of top and trousers, NaN where not seen; ``None`` where not known.
        others_px: (T, 33, 2) landmarks of each other person who was ever seen, whose faces are blurred too.
        in_view: who of the people in view was measured; ``None`` where nobody was seen.
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
    refined: RefinedFrames | None = None
    clothes: Floats | None = None
    others_px: tuple[Floats, ...] = ()
    in_view: PersonInView | None = None

    def __post_init__(self) -> None:
        n = len(self.time_s)
        landmarks = (n, N_LANDMARKS, 2)
        shapes = {"frame": (n,), "xy_px": landmarks, "visibility": landmarks[:2], "people": (n,), "luma": (n,)}
        _check_shapes(self, shapes if self.clothes is None else {**shapes, "clothes": (n, 2, 3)})
        if any(other.shape != landmarks for other in self.others_px):
            raise ValueError(f"others_px has another shape than {landmarks}")
        if n > 1 and not np.all(np.diff(self.time_s) > 0):
            raise ValueError("time_s must rise strictly")

    def __len__(self) -> int:
        return len(self.time_s)


def _check_shapes(owner: object, shapes: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        if getattr(owner, name).shape != shape:
            raise ValueError(f"{name} has shape {getattr(owner, name).shape}, expected {shape}")
