"""Tells people apart over a clip: links the poses of single frames into one track per person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from mobility_check.kinematics.geometry import mid_hip, trunk_length_px
from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import Floats

REACH_TRUNKS = 1.0
"""A person's hips move less than this between two looked-at frames, in trunk lengths (running: about 0.7 at 10 Hz)."""
REACH_TRUNKS_PER_S = 2.0
"""and by this much more for every second they were not seen."""
DUPLICATE_TRUNKS = 0.35
"""Two poses with hips nearer than this are one person seen twice by the model."""
PACE_MEMORY = 0.7
"""Share of the old in a person's pace, which tells who is who when one walks past another."""
MAX_PREDICTED_S = 0.7
"""Nobody is expected to walk on unseen for longer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One pose of one frame: (33, 2) pixels and (33,) visibility."""

    xy_px: Floats
    visibility: Floats


@dataclass
class _Person:
    hip_px: Floats
    trunk_px: float
    time_s: float
    pace_px_s: Floats = field(default_factory=lambda: np.zeros(2))
    frames: list[int] = field(default_factory=list)
    poses: list[Seen] = field(default_factory=list)

    def add(self, frame: int, time_s: float, pose: Seen) -> None:
        hip_px = mid_hip(pose.xy_px)
        if time_s > self.time_s:
            pace = (hip_px - self.hip_px) / (time_s - self.time_s)
            self.pace_px_s = PACE_MEMORY * self.pace_px_s + (1 - PACE_MEMORY) * pace
        self.hip_px, self.trunk_px, self.time_s = hip_px, float(trunk_length_px(pose.xy_px)), time_s
        self.frames.append(frame)
        self.poses.append(pose)


def link_people(frames: Sequence[Sequence[Seen]], time_s: Floats) -> list[tuple[Floats, Floats]]:
    """One (T, 33, 2) pixels and (T, 33) visibility array per person, NaN where that person was not seen.

    Args:
        frames: the poses of each of T frames.
        time_s: (T,) rising time stamps.
    """
    people: list[_Person] = []
    for i, poses in enumerate(frames):
        _extend(people, i, float(time_s[i]), _without_duplicates(poses))
    return [_arrays(p, len(frames)) for p in people]


def _without_duplicates(poses: Sequence[Seen]) -> list[Seen]:
    kept: list[Seen] = []
    for pose in sorted(poses, key=lambda p: -float(p.visibility.sum())):
        apart = [
            np.linalg.norm(mid_hip(pose.xy_px) - mid_hip(k.xy_px)) > DUPLICATE_TRUNKS * trunk_length_px(k.xy_px)
            for k in kept
        ]
        if all(apart):
            kept.append(pose)
    return kept


def _extend(people: list[_Person], frame: int, time_s: float, poses: list[Seen]) -> None:
    """Give each pose to the nearest person within reach (least total distance); the rest are new people."""
    new = list(range(len(poses)))
    if people and poses:
        cost = np.array([[_distance(p, pose, time_s) for pose in poses] for p in people])
        for row, column in zip(*linear_sum_assignment(np.minimum(cost, 1e6)), strict=True):
            if np.isfinite(cost[row, column]):
                people[row].add(frame, time_s, poses[column])
                new.remove(int(column))
    for i in new:
        person = _Person(mid_hip(poses[i].xy_px), float(trunk_length_px(poses[i].xy_px)), time_s)
        person.add(frame, time_s, poses[i])
        people.append(person)


def _distance(person: _Person, pose: Seen, time_s: float) -> float:
    """Distance of the hips from where they are expected, in trunk lengths, infinite when out of reach."""
    trunk = max(float(trunk_length_px(pose.xy_px)), person.trunk_px, 1e-6)
    expected_px = person.hip_px + person.pace_px_s * min(time_s - person.time_s, MAX_PREDICTED_S)
    away = float(np.linalg.norm(mid_hip(pose.xy_px) - expected_px)) / trunk
    reach = REACH_TRUNKS + REACH_TRUNKS_PER_S * min(time_s - person.time_s, 1.0)
    return away if away <= reach else float("inf")


def _arrays(person: _Person, n: int) -> tuple[Floats, Floats]:
    xy = np.full((n, N_LANDMARKS, 2), np.nan)
    visibility = np.full((n, N_LANDMARKS), np.nan)
    for frame, pose in zip(person.frames, person.poses, strict=True):
        xy[frame], visibility[frame] = pose.xy_px, pose.visibility
    return xy, visibility
