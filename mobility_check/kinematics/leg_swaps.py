"""Keeps left and right legs apart over a clip: a pose model now and then swaps the two legs, for some frames or a kick.

A swap shows as both legs jumping onto each other's place between two frames. The most plausible sequence of "as given"
and "swapped" is found by dynamic programming (Viterbi, two states): what a step costs is how far the joints of both
legs would have moved, in leg lengths; being swapped costs a little, so that the model's own labels win when in doubt.

In wide dark trousers the model may take the near leg for the far one over a whole kick. The standing foot tells: it is
still where it was, and the far foot is further up in the picture than the near one.
"""

from __future__ import annotations

import numpy as np

from mobility_check.kinematics.geometry import backward_sign, leg_length_px
from mobility_check.kinematics.landmarks import SIDES, Facing, joint, near_side
from mobility_check.kinematics.signals import Bools, known_median, runs
from mobility_check.kinematics.track import Floats

LEG_JOINTS = ("knee", "ankle", "heel", "foot_index")
LEFT = [joint(name, "left") for name in LEG_JOINTS]  # type: ignore[arg-type]
RIGHT = [joint(name, "right") for name in LEG_JOINTS]  # type: ignore[arg-type]
SWAPPED_COST = 0.02
"""Cost of one frame in the swapped state, leg lengths; a swap in a 20° kick saves about 1 each way."""

TOGETHER_LEGS, APART_LEGS = 0.05, 0.08
"""Feet side by side, and one behind the other, in leg lengths (E)."""
STANDS_LEGS = 0.12
"""The standing foot is this near to where both feet were; in a kick forwards the front foot is three times as far."""
LEAST_GAP_LEGS = 0.03
"""A camera that sees the feet less far apart in height stands too low to tell them (E)."""
FAR_FOOT_SHARE = 0.4
"""The standing foot is so much of the way from the near foot's place up to the far foot's. Over whole kicks of rendered
people at most 0.25 in 70 with the far leg, at least 0.40 and usually 1.1 in 876 with the near one: when in doubt, the
model's own labels win."""


def steady_legs(xy_px: Floats) -> Floats:
    """A copy of (T, 33, 2) landmarks in which the legs below the hip keep their labels from frame to frame."""
    seen = np.flatnonzero(np.isfinite(xy_px[:, LEFT + RIGHT]).all(axis=(1, 2)))
    out = xy_px.copy()
    if len(seen) < 2:
        return out
    swapped = seen[_swapped(xy_px[seen])]
    out[swapped[:, None], LEFT + RIGHT] = xy_px[swapped[:, None], RIGHT + LEFT]
    return out


def legs_by_standing_foot(xy_px: Floats, facing: Facing) -> Floats:
    """Landmarks (T, 33, 2) of one facing segment, in which the leg that goes back over a far foot is the near one.

    The other way round is left alone: kicks with the far leg are rare, and their standing foot is the better seen one.
    """
    left, right = ((xy_px[:, joint("ankle", side)] + xy_px[:, joint("heel", side)]) / 2 for side in SIDES)
    leg_px = known_median(np.concatenate([leg_length_px(xy_px, "left"), leg_length_px(xy_px, "right")]))
    behind = backward_sign(facing) * (right - left)[:, 0] / leg_px  # of the left foot
    together = np.abs(behind) < TOGETHER_LEGS
    near_y = known_median(np.fmax(left, right)[together, 1])
    gap_px = near_y - known_median(np.fmin(left, right)[together, 1])
    if not gap_px > LEAST_GAP_LEGS * leg_px:
        return xy_px
    place_px = known_median((left + right)[together, 0] / 2)
    near_behind = behind > 0 if near_side(facing) == "left" else behind < 0
    front = np.where((behind > 0)[:, None], right, left)
    out = xy_px.copy()
    for a, b in runs(np.abs(behind) >= APART_LEGS):
        stands = abs(known_median(front[a:b, 0]) - place_px) < STANDS_LEGS * leg_px
        if stands and near_y - known_median(front[a:b, 1]) > FAR_FOOT_SHARE * gap_px:
            wrong = a + np.flatnonzero(~near_behind[a:b])
            out[wrong[:, None], LEFT + RIGHT] = xy_px[wrong[:, None], RIGHT + LEFT]
    return out


def _swapped(xy_px: Floats) -> Bools:
    """(N,) True where the two legs' labels should be exchanged."""
    scale = known_median(np.concatenate([leg_length_px(xy_px, "left"), leg_length_px(xy_px, "right")]))
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
