"""Makes heads unrecognisable, by landmarks that were found before (never blur first: it misleads the pose model).

The rule for everything that shows a person (report, annotated clip, recording, stills): faces are blurred, unless the
user says ``--show-face``. Every function that draws or writes pictures takes ``show_face=False``.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mobility_check.kinematics.landmarks import HEAD, Landmark
from mobility_check.kinematics.track import Floats
from mobility_check.language import N_
from mobility_check.video.canvas import drawable
from mobility_check.video.orientation import Image

FACES_BLURRED = N_("Faces are blurred.")
"""What is said beside pictures to which the rule was applied."""
CELLS = 7
"""The head is boiled down to so many cells across, too few for any face."""
FADE = 1.15
"""Where the blur has faded out, in radii."""
STALE = 1.6
"""How much larger the blur is when the head's place is an old one."""


def blur_faces(image: Image, landmarks: ArrayLike, *, stale: bool = False) -> Image:
    """A copy of the picture with the head of each person blurred beyond recognition.

    Args:
        image: (H, W, 3).
        landmarks: (33, 2) or (P, 33, 2) pixels in this picture; NaN where not seen.
        stale: the landmarks are of another time, so cover more.
    """
    out = np.array(image)
    blur_in_place(out, landmarks, stale=stale)
    return out


def blur_in_place(image: Image, landmarks: ArrayLike, *, stale: bool = False) -> None:
    """Like :func:`blur_faces`, in the picture itself."""
    for person in np.asarray(landmarks, dtype=np.float64).reshape(-1, 33, 2):
        head = _head_circle(person)
        if head is not None:
            _blur_circle(image, *head[:2], radius=head[2] * (STALE if stale else 1.0))


def _head_circle(person: Floats) -> tuple[float, float, float] | None:
    """Centre and radius of a circle that holds the whole head with hair and some margin."""
    points = person[list(HEAD)]
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points) or not drawable(*map(tuple, points)):
        return None
    ears = person[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR]]
    ears = ears[np.isfinite(ears).all(axis=1)]
    skull = ears.mean(axis=0) if len(ears) else points.mean(axis=0)
    centre = 0.8 * skull + 0.2 * points.mean(axis=0)
    reach = float(np.linalg.norm(points - centre, axis=1).max())
    shoulders = person[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]]
    shoulders = shoulders[np.isfinite(shoulders).all(axis=1)]
    if len(shoulders) and drawable(*map(tuple, shoulders)):
        neck = skull - shoulders.mean(axis=0)
        centre = centre + 0.12 * neck
        return float(centre[0]), float(centre[1]), max(1.7 * reach, 0.95 * float(np.linalg.norm(neck)), 4.0)
    return float(centre[0]), float(centre[1]), max(2.6 * reach, 4.0)


def _blur_circle(image: Image, x: float, y: float, *, radius: float) -> None:
    """Boil the circle down to a few cells; it is covered fully, and fades out around it."""
    reach = FADE * radius
    height, width = image.shape[:2]
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    right, bottom = min(width, int(x + reach) + 2), min(height, int(y + reach) + 2)
    if left >= right or top >= bottom:
        return
    part = image[top:bottom, left:right]
    small = cv2.resize(part, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(small, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR)
    across = np.arange(left, right, dtype=np.float32) - np.float32(x)
    down = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    cover = np.clip((reach - np.sqrt(across**2 + down**2)) / (reach - radius), 0.0, 1.0)
    cv2.blendLinear(coarse, part, cover, 1.0 - cover, dst=part)
