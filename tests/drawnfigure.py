"""Pictures of a stick figure, for what looks at pixels without a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.landmarks import Landmark
from synthetic.stickfigure import Figure

SIZE = (408, 720)
LIMBS = (
    (Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP),
    (Landmark.LEFT_HIP, Landmark.LEFT_KNEE),
    (Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE),
    (Landmark.LEFT_HEEL, Landmark.LEFT_FOOT_INDEX),
    (Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE),
    (Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE),
    (Landmark.RIGHT_HEEL, Landmark.RIGHT_FOOT_INDEX),
    (Landmark.NOSE, Landmark.LEFT_SHOULDER),
)
WALL, CLOTHES = 150, 90


def drawn(figure: Figure, *, clothes: int = CLOTHES) -> Iterator[NDArray[np.uint8]]:
    """One RGB picture per frame of the figure, in front of a wall with a skirting board; its jitter is the model's."""
    wall = np.full((*figure.size[::-1], 3), WALL, dtype=np.uint8)
    wall[-60:-50] = 60
    for xy_px in replace(figure, noise_px=0.0).track().xy_px:
        picture = wall.copy()
        for a, b in LIMBS:
            ends = [tuple(int(v * 16) for v in xy_px[joint]) for joint in (a, b)]
            cv2.line(picture, *ends, (clothes,) * 3, thickness=26, lineType=cv2.LINE_AA, shift=4)
        yield picture


def filmed(path: Path, figure: Figure) -> Path:
    """The figure as a clip."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(figure.fps), options={"crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *figure.size, "yuv420p"
        for picture in drawn(figure):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path
