"""Causal preview of the angles: what can be said about the newest picture without knowing the next one.

Only a preview: the stored number comes from the recorded analysis over the whole session. All angles in degrees,
+ backwards for legs, + forwards for the trunk; the geometry is that of the analysis.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics import geometry
from mobility_check.kinematics.landmarks import SIDES, Facing, Landmark, Side, joint
from mobility_check.kinematics.leg_swaps import steady_legs
from mobility_check.kinematics.track import Floats
from mobility_check.live.view import Observation

MIN_VISIBILITY = 0.5
MIN_EVIDENCE = 0.15
"""Facing signal (see ``kinematics.geometry.facing_signal``) below which the person faces neither left nor right (E)."""
TOGETHER_DEG = 4.0
"""Legs closer than this stand beside each other: the model's own labels are taken as they are."""
NEEDED = [int(j) for j in Landmark if j.name.split("_")[-1] in {"SHOULDER", "HIP", "KNEE", "ANKLE"}]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg in one picture. ``line_deg`` is mid-hip→ankle against the vertical: the clearest sign of a kick."""

    line_deg: float
    thigh_deg: float
    knee_deg: float


@dataclass(frozen=True, slots=True)
class Body:
    """One person in one picture, seen from the side; ``hip_x`` and ``hip_y`` in trunk lengths."""

    time_s: float
    facing: Facing
    lean_deg: float
    yaw_deg: float
    roll_deg: float
    hip_x: float
    hip_y: float
    legs: Mapping[Side, Leg]

    def extension_deg(self, side: Side) -> float:
        """Thigh relative to the trunk, neutral not yet subtracted."""
        return self.legs[side].thigh_deg - self.lean_deg


def body_of(xy_px: Floats, *, time_s: float, facing: Facing) -> Body | None:
    """The angles of one person's (33, 2) landmarks, or ``None`` when the trunk or a leg is missing."""
    trunk_px = float(geometry.trunk_length_px(xy_px))
    if trunk_px < 1 or not np.isfinite(xy_px[NEEDED]).all():
        return None
    hip = geometry.mid_hip(xy_px)
    ankles = (xy_px[Landmark.LEFT_ANKLE] + xy_px[Landmark.RIGHT_ANKLE]) / 2
    return Body(
        time_s=time_s, facing=facing,
        lean_deg=float(geometry.trunk_angle_deg(xy_px, facing)),
        yaw_deg=abs(float(geometry.yaw_deg(xy_px))),
        roll_deg=float(geometry.backward_angle_deg(ankles - geometry.mid_shoulder(xy_px), "right")),
        hip_x=float(hip[0]) / trunk_px, hip_y=float(hip[1]) / trunk_px,
        legs={side: _leg(xy_px, side, facing=facing) for side in SIDES},
    )  # fmt: skip


def _leg(xy_px: Floats, side: Side, *, facing: Facing) -> Leg:
    line = xy_px[joint("ankle", side)] - geometry.mid_hip(xy_px)
    return Leg(
        line_deg=float(geometry.backward_angle_deg(line, facing)),
        thigh_deg=float(geometry.thigh_angle_deg(xy_px, side, facing)),
        knee_deg=float(geometry.knee_angle_deg(xy_px, side, facing)),
    )


def usable(obs: Observation) -> bool:
    """Shoulders, hips, knees and ankles were found with some confidence, so that angles can be taken."""
    if obs.xy_px is None or obs.visibility is None:
        return False
    return bool(np.mean(obs.visibility[NEEDED] >= MIN_VISIBILITY) >= 0.5)


class LegKeeper:
    """Keeps left and right legs apart from picture to picture when the model swaps their labels for a while."""

    def __init__(self) -> None:
        self._last: Floats | None = None

    def update(self, xy_px: Floats) -> Floats:
        """The newest landmarks with their legs labelled as before."""
        steady = xy_px
        if self._last is not None and not _together(self._last):
            steady = steady_legs(np.stack([self._last, self._last, xy_px]))[-1]
        self._last = steady
        return steady


def _together(xy_px: Floats) -> bool:
    lines = [geometry.backward_angle_deg(xy_px[joint("ankle", s)] - geometry.mid_hip(xy_px), "right") for s in SIDES]
    return bool(abs(lines[0] - lines[1]) < TOGETHER_DEG)


class FacingTracker:
    """Which way the person faces; changes only when the new way has been seen steadily (one heel never flips it)."""

    def __init__(self, *, settle_s: float = 0.4) -> None:
        self.facing: Facing | None = None
        self._settle_s = settle_s
        self._candidate: Facing | None = None
        self._since_s = 0.0

    def update(self, time_s: float, evidence: float) -> bool:
        """Take one picture's facing signal; true when ``facing`` has just changed."""
        seen: Facing | None = None
        if abs(evidence) >= MIN_EVIDENCE:
            seen = "right" if evidence > 0 else "left"
        if seen is None or seen == self.facing or seen != self._candidate:
            self._candidate, self._since_s = seen, time_s
        settle_s = self._settle_s if self.facing else 0.0
        if seen is None or seen == self.facing or time_s - self._since_s < settle_s:
            return False
        self.facing = seen
        return True


class Smoother:
    """Causal low-pass of one angle: median of three against single jumps, then exponential with a time constant."""

    def __init__(self, *, time_constant_s: float = 0.1) -> None:
        self._tau_s = time_constant_s
        self._last: deque[float] = deque(maxlen=3)
        self._time_s = 0.0
        self._value: float | None = None

    def update(self, time_s: float, value: float) -> float:
        """The smoothed value after this sample."""
        self._last.append(value)
        middle = sorted(self._last)[len(self._last) // 2] if len(self._last) == 3 else value
        if self._value is None:
            self._value = middle
        else:
            step_s = max(0.0, time_s - self._time_s)
            self._value += (1 - math.exp(-step_s / self._tau_s)) * (middle - self._value)
        self._time_s = time_s
        return self._value
