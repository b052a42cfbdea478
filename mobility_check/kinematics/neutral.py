"""Neutral stance, the person's own zero: found by itself in each facing segment.

Standing and the hold of a kick are both quiet. They are told apart by the feet: who stands has them side by side, and
how far side-by-side feet lie apart in the picture follows from the camera's yaw, which hips and shoulders show as well.
What comes first, what lasts and recurs, and that legs are kicked backwards decide where feet do not.
Angles are compared with each other, never with the picture's vertical, so a camera that rolls in the hand does not hide
the stance.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mobility_check.kinematics import geometry
from mobility_check.kinematics.landmarks import Facing, Landmark, near_side, other
from mobility_check.kinematics.params import Neutral
from mobility_check.kinematics.signals import Bools, frame_step_s, known_median, nan_median, rate, runs
from mobility_check.kinematics.track import Floats

Grade = Literal["seen", "thin", "none"]
"""``seen``: a zero to measure from; ``thin``: probably one; ``none``: nothing that could be one."""

STANCE_APART: tuple[float, float, float] = (0.15, -3.56, -12.77)
"""Near minus far leg direction in degrees of somebody who stands: 1, shoulder and hip separation in trunk lengths,
+ near one in front. Fitted on 28 facing segments of 20 rendered people of two families, yaw up to 20°: SD 0.8°, worst
1.9°, while kicks of 6° and more stand 4° to 35° apart."""
TOGETHER_DEG = 6.0
"""Legs further apart than this are doubtful as a stance (E: people also stand with one foot a little in front)."""
APART_DEG = 12.0
"""Legs further apart than this are no stance (E)."""
YAW_SHARE = 0.1
"""By which both limits grow per degree of yaw (E)."""
SAME_POSTURE_DEG = 3.0
"""Quiet frames whose legs both lie within this of a posture belong to it ..."""
SAME_FEET_DEG = 2.0
"""... if the legs are as far apart, give or take this: steadier, for the trunk is not in it."""
PART_S = 1.0
FEET_SD_DEG = 3.0
"""Scatter of how people place their feet, with long tails (E: rendered people 0.8°, real ones stand less neatly)."""
UPRIGHT_SD_DEG = 12.0
"""Scatter of the legs against the trunk of people who stand (E: rendered people 4°): not bent over, not squatting."""
FIRST, BACKWARDS, CLEAR = 1.0, 1.0, 0.7
"""Evidence in units of log likelihood (E): a stance comes first in a clip, and the leg is kicked backwards from it;
how much more there must be for one posture than for any other to be sure of it."""
BRIEF_SHARE = 0.5
"""Share of ``min_s`` that makes a thin stance when there is no longer one (E)."""


@dataclass(frozen=True, slots=True)
class NeutralStance:
    """Neutral stance of one facing segment.

    Attributes:
        frames: (T,) True where the person stands quietly in the neutral stance.
        seconds: their total duration.
        grade: how far it can be trusted.
    """

    frames: Bools
    seconds: float
    grade: Grade

    @property
    def found(self) -> bool:
        """Whether there is a zero at all."""
        return self.grade != "none"


@dataclass(frozen=True, slots=True)
class Directions:
    """Directions over a segment in degrees, all in one sense of rotation, NaN where unknown.

    Attributes:
        trunk: (T,) + forwards.
        thighs, legs: (T, 2) left and right, mid-hip → knee and mid-hip → ankle, + backwards.
        apart: (T,) near minus far leg, less what is expected of a stance under this camera.
        yaw: of the camera, NaN if unknown.
    """

    trunk: Floats
    thighs: Floats
    legs: Floats
    apart: Floats
    yaw: float

    @property
    def swings(self) -> Floats:
        """(T, 2) Each leg against the trunk: mean of thigh and whole leg, for either alone may be seen badly."""
        return np.asarray((self.thighs + self.legs) / 2 - self.trunk[:, None])


def legs_apart_deg(xy_px: Floats, facing: Facing) -> Floats:
    """(T,) Near minus far leg direction, less what is expected of somebody who stands under this camera."""
    near, forward = near_side(facing), geometry.backward_sign(facing)
    legs = [geometry.leg_angle_deg(xy_px, side, facing) for side in (near, other(near))]
    trunk_px = geometry.trunk_length_px(xy_px)

    def in_front(left: Landmark) -> Floats:
        ahead = forward * (xy_px[:, left, 0] - xy_px[:, left + 1, 0]) / trunk_px
        return np.asarray(ahead if near == "left" else -ahead)

    shoulders, hips = in_front(Landmark.LEFT_SHOULDER), in_front(Landmark.LEFT_HIP)
    expected = STANCE_APART[0] + STANCE_APART[1] * shoulders + STANCE_APART[2] * hips
    return np.asarray(legs[0] - legs[1] - expected)


def find_neutral(directions: Directions, time_s: Floats, params: Neutral) -> NeutralStance:
    """Find the neutral stance in one facing segment.

    Args:
        directions: smoothed.
        time_s: (T,) rising time stamps.
    """
    quiet = _quiet(directions, time_s, params)
    for min_s, best in ((params.min_s, "seen"), (BRIEF_SHARE * params.min_s, "thin")):
        stance = _stance(directions, quiet, time_s, min_s)
        if stance is not None:
            frames, sure = stance
            seconds = float(frames.sum()) * frame_step_s(time_s)
            return NeutralStance(frames, seconds, "seen" if sure and best == "seen" else "thin")
    return NeutralStance(np.zeros(len(time_s), dtype=bool), 0.0, "none")


def _quiet(d: Directions, time_s: Floats, params: Neutral) -> Bools:
    """(T,) True where nothing turns but the whole picture: a hand-held camera turns all directions alike.

    Of each leg the calmer of thigh and whole leg counts: a hidden knee jitters by itself, a kick moves both.
    """
    rates = np.stack([rate(x, time_s) for x in (d.trunk, *d.thighs.T, *d.legs.T)])
    apart = np.abs(rates - nan_median(rates))
    with np.errstate(invalid="ignore"):
        legs = np.fmin(apart[1:3], apart[3:5]).max(axis=0)
        return np.asarray((np.fmax(apart[0], legs) <= params.max_speed_deg_s) & np.isfinite(legs))


def _stance(d: Directions, quiet: Bools, time_s: Floats, min_s: float) -> tuple[Bools, bool] | None:
    """Frames of the stance among the quiet postures kept for ``min_s``, and whether it can be no other."""
    spans = [part for a, b in runs(quiet) for part in _parts(time_s, a, b, min_s)]
    slack = YAW_SHARE * abs(d.yaw) if np.isfinite(d.yaw) else 0.0
    apart = np.array([abs(known_median(d.apart[a:b])) for a, b in spans])
    if not (apart <= APART_DEG + slack).any():
        return None
    postures = np.array([nan_median(d.swings[a:b]) for a, b in spans])
    frames = [_same(d, quiet, p, known_median(d.apart[a:b])) for p, (a, b) in zip(postures, spans, strict=True)]
    evidence = np.array(
        [
            -np.log1p((max(a - slack, 0.0) / FEET_SD_DEG) ** 2)
            - (np.abs(postures[i]).max() / UPRIGHT_SD_DEG) ** 2 / 2
            + FIRST * (i == 0)
            + BACKWARDS * _backwards(postures, i)
            + np.log(max(f.sum(), 1) / quiet.sum())
            for i, (a, f) in enumerate(zip(apart, frames, strict=True))
        ]
    )
    evidence[apart > APART_DEG + slack] = -np.inf
    best = int(np.argmax(evidence))
    others = np.abs(postures - postures[best]).max(axis=1) > SAME_POSTURE_DEG
    clear = not others.any() or evidence[best] - evidence[others].max() >= CLEAR
    return frames[best], bool(clear and apart[best] <= TOGETHER_DEG + slack)


def _parts(time_s: Floats, a: int, b: int, min_s: float) -> list[tuple[int, int]]:
    """A quiet run in parts of ``PART_S``: stiff hips move so little that a run may go through stances and holds."""
    length_s = float(time_s[b - 1] - time_s[a])
    if length_s < min_s:
        return []
    ends_s = np.linspace(0.0, length_s, max(1, round(length_s / PART_S)) + 1)[1:-1]
    cuts = np.searchsorted(time_s[a:b], time_s[a] + ends_s)
    return [(start, stop) for start, stop in itertools.pairwise([a, *(a + cuts).tolist(), b]) if stop > start]


def _backwards(postures: Floats, i: int) -> float:
    """-1 to 1: how much rather the legs are behind a posture than in front of it in the other postures."""
    away = postures - postures[i]
    far = away[np.abs(away[:, 0] - away[:, 1]) > SAME_POSTURE_DEG]  # one leg, not the trunk or both knees
    ways = far[np.arange(len(far)), np.abs(far).argmax(axis=1)]
    return float(np.sign(ways).mean()) if len(ways) else 0.0


def _same(d: Directions, quiet: Bools, posture: Floats, apart_deg: float) -> Bools:
    with np.errstate(invalid="ignore"):
        legs = np.abs(d.swings - posture).max(axis=1) <= SAME_POSTURE_DEG
        return np.asarray(quiet & legs & (np.abs(d.apart - apart_deg) <= SAME_FEET_DEG))
