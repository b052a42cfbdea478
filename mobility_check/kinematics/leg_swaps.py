"""Keeps left and right legs apart over a clip: a pose model now and then swaps the two legs for some frames.

A swap shows as both legs jumping onto each other's place between two frames. The most plausible sequence of "as given"
and "swapped" is found by dynamic programming (Viterbi, two states): what a step costs is how far the joints of both
legs would have moved, in leg lengths; being swapped costs a little, so that the model's own labels win when in doubt.
"""

from __future__ import annotations

import numpy as np

from mobility_check.kinematics.geometry import leg_length_px
from mobility_check.kinematics.landmarks import joint
from mobility_check.kinematics.signals import Bools, median
from mobility_check.kinematics.track import Floats

LEG_JOINTS = ("knee", "ankle", "heel", "foot_index")
LEFT = [joint(name, "left") for name in LEG_JOINTS]  # type: ignore[arg-type]
RIGHT = [joint(name, "right") for name in LEG_JOINTS]  # type: ignore[arg-type]
SWAPPED_COST = 0.02
"""Cost of one frame in the swapped state, leg lengths; a swap in a 20° kick saves about 1 each way."""


def steady_legs(xy_px: Floats) -> Floats:
    """A copy of (T, 33, 2) landmarks in which the legs below the hip keep their labels from frame to frame."""
    seen = np.flatnonzero(np.isfinite(xy_px[:, LEFT + RIGHT]).all(axis=(1, 2)))
    out = xy_px.copy()
    if len(seen) < 2:
        return out
    swapped = seen[_swapped(xy_px[seen])]
    out[swapped[:, None], LEFT + RIGHT] = xy_px[swapped[:, None], RIGHT + LEFT]
    return out


def _swapped(xy_px: Floats) -> Bools:
    """(N,) True where the two legs' labels should be exchanged."""
    scale = median(np.concatenate([leg_length_px(xy_px, "left"), leg_length_px(xy_px, "right")]))
    left, right = xy_px[:, LEFT] / scale, xy_px[:, RIGHT] / scale
    keep = _moved(left[:-1], left[1:]) + _moved(right[:-1], right[1:])
    change = _moved(left[:-1], right[1:]) + _moved(right[:-1], left[1:])
    if (change >= keep).all():  # the usual clip: no step gets shorter by an exchange
        return np.zeros(len(xy_px), dtype=bool)
    step = np.stack([np.stack([keep, change], axis=1), np.stack([change, keep], axis=1)], axis=1)  # (N-1, from, to)
    return _cheapest_path(step)


def _moved(a: Floats, b: Floats) -> Floats:
    way = b - a
    return np.asarray(np.sqrt(way[..., 0] ** 2 + way[..., 1] ** 2).mean(axis=1))


def _cheapest_path(step: Floats) -> Bools:
    """Which frames of the cheapest sequence are swapped, from the costs (N-1, 2, 2) of each step from state to state.

    Plain numbers: for two states they are thirty times as fast as arrays.
    """
    given, swapped = 0.0, SWAPPED_COST
    came_swapped: list[tuple[bool, bool]] = []
    for (stay, leave), (back, stay_swapped) in step.tolist():
        came_swapped.append((swapped + back < given + stay, swapped + stay_swapped < given + leave))
        given, swapped = (
            min(given + stay, swapped + back),
            min(given + leave, swapped + stay_swapped) + SWAPPED_COST,
        )
    path = [swapped < given]
    for came in reversed(came_swapped):
        path.append(came[path[-1]])
    return np.array(path[::-1], dtype=bool)
