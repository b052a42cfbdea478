"""Whether the camera moved: while somebody stands quietly, the feet stay where they are, so what travels is the camera.
The shoulders go with it: feet that travel alone are only seen badly, as in the dark.

Angles hardly suffer from a camera that pans or sways a little; the test for a planted foot does, so it allows for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mobility_check.kinematics.geometry import mid_shoulder
from mobility_check.kinematics.landmarks import SIDES, joint
from mobility_check.kinematics.signals import Bools, median, runs
from mobility_check.kinematics.track import Floats

EDGE_FRAMES = 3
"""A joint's place at either end of a run is the median of so many frames."""


@dataclass(frozen=True, slots=True)
class CameraMotion:
    """Motion of the picture behind a standing person.

    Attributes:
        velocity_px_s: (2,) mean over all quiet standing, x right, y down; 0 when there was none.
        travel_px: how far the body seemed to go: steadily over all quiet standing, or to and fro within one run of it.
    """

    velocity_px_s: Floats
    travel_px: float


def camera_motion(xy_px: Floats, standing: Bools, time_s: Floats, *, min_s: float) -> CameraMotion:
    """Camera motion from the foot that travels less: one foot may be set down elsewhere, both only rarely.

    Args:
        xy_px: (T, 33, 2) landmarks, NaN where not seen.
        standing: (T,) True while standing quietly; runs shorter than ``min_s`` are left out.
        time_s: (T,) rising time stamps.
    """
    places = [*(xy_px[:, joint("ankle", side)] for side in SIDES), mid_shoulder(xy_px)]
    seen = standing & np.isfinite(places).all(axis=(0, 2))
    spans = [np.arange(a, b)[seen[a:b]] for a, b in runs(standing)]
    spans = [frames for frames in spans if len(frames) > 1 and time_s[frames[-1]] - time_s[frames[0]] >= min_s]
    if not spans:
        return CameraMotion(np.zeros(2), 0.0)
    total_s = float(sum(time_s[frames[-1]] - time_s[frames[0]] for frames in spans))
    *feet, shoulders = (_motion([place[frames] for frames in spans], total_s) for place in places)
    foot = min(feet, key=lambda foot: foot.travel_px)
    return replace(foot, travel_px=min(foot.travel_px, shoulders.travel_px))


def _motion(spans_px: list[Floats], total_s: float) -> CameraMotion:
    """From the places (N, 2) of one joint in each run of standing."""
    moved = np.sum([_place(span[-EDGE_FRAMES:]) - _place(span[:EDGE_FRAMES]) for span in spans_px], axis=0)
    swayed = max(float(np.ptp(span, axis=0).max()) for span in spans_px)
    return CameraMotion(moved / total_s, max(float(np.abs(moved).max()), swayed))


def _place(joint_px: Floats) -> Floats:
    return np.array([median(joint_px[:, 0]), median(joint_px[:, 1])])
