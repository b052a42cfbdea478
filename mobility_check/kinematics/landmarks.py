"""The 33 BlazePose landmarks and the few groups of them that the measurement uses.

Numbering: MediaPipe Pose Landmarker documentation. "Left" and "right" are always the person's own.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
View = Literal["near", "far"]
Facing = Literal["left", "right"]

N_LANDMARKS = 33


class Landmark(IntEnum):
    """Index of a landmark along the second axis of a track's arrays."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


HEAD = tuple(range(0, 11))
SKELETON: tuple[tuple[int, int], ...] = (
    (11, 12),
    (11, 13),
    (13, 15),
    (12, 14),
    (14, 16),
    (11, 23),
    (12, 24),
    (23, 24),
    (23, 25),
    (25, 27),
    (27, 29),
    (29, 31),
    (27, 31),
    (24, 26),
    (26, 28),
    (28, 30),
    (30, 32),
    (28, 32),
)
"""Pairs of landmarks joined by a line when a skeleton is drawn (trunk, arms and legs; no face)."""


def joint(name: Literal["shoulder", "hip", "knee", "ankle", "heel", "foot_index"], side: Side) -> int:
    """Index of one side's joint, e.g. ``joint("knee", "left") == 25``."""
    return int(Landmark[f"{side.upper()}_{name.upper()}"])


def other(side: Side) -> Side:
    """The opposite side."""
    return "right" if side == "left" else "left"


def near_side(facing: Facing) -> Side:
    """The side next to the camera: who faces picture-right shows the camera the right side."""
    return facing
