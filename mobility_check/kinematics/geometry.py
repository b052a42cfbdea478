"""Plane geometry of the side view: angles of body segments against the vertical, in the picture's own pixels.

Landmarks must be in pixels (not normalised), or every angle is wrong by the picture's aspect ratio.
"""

from __future__ import annotations

import numpy as np

from mobility_check.kinematics.landmarks import Facing, Landmark, Side, joint
from mobility_check.kinematics.signals import nan_median
from mobility_check.kinematics.track import Floats

SHOULDER_WIDTH_SHARE = 0.70
HIP_WIDTH_SHARE = 0.42
"""Separation of the two shoulder (hip) landmarks of a person seen from the front, as a share of the trunk's length;
measured on this project's rendered bodies at known yaw, where it gives the camera's yaw within about 8°."""


def backward_sign(facing: Facing) -> float:
    """+1 if "backwards" is picture-left (the person faces right), else -1."""
    return 1.0 if facing == "right" else -1.0


def mid_hip(xy_px: Floats) -> Floats:
    """Middle of the two hip landmarks, (..., 2): it stays put when one leg kicks, which a single hip point does not."""
    return np.asarray((xy_px[..., Landmark.LEFT_HIP, :] + xy_px[..., Landmark.RIGHT_HIP, :]) / 2)


def mid_shoulder(xy_px: Floats) -> Floats:
    """Middle of the two shoulder landmarks, (..., 2)."""
    return np.asarray((xy_px[..., Landmark.LEFT_SHOULDER, :] + xy_px[..., Landmark.RIGHT_SHOULDER, :]) / 2)


def backward_angle_deg(vector_px: Floats, facing: Facing) -> Floats:
    """Angle of a vector (..., 2) from straight down, + backwards, in (-180, 180]."""
    return np.asarray(np.degrees(np.arctan2(-backward_sign(facing) * vector_px[..., 0], vector_px[..., 1])))


def thigh_angle_deg(xy_px: Floats, side: Side, facing: Facing) -> Floats:
    """Mid-hip→knee from the downward vertical, + backwards (not yet relative to neutral)."""
    return backward_angle_deg(xy_px[..., joint("knee", side), :] - mid_hip(xy_px), facing)


def leg_angle_deg(xy_px: Floats, side: Side, facing: Facing) -> Floats:
    """Mid-hip→ankle from the downward vertical, + backwards (not yet relative to neutral)."""
    return backward_angle_deg(xy_px[..., joint("ankle", side), :] - mid_hip(xy_px), facing)


def trunk_angle_deg(xy_px: Floats, facing: Facing) -> Floats:
    """Mid-hip→mid-shoulder from the upward vertical, + forwards (not yet relative to neutral)."""
    up = mid_shoulder(xy_px) - mid_hip(xy_px)
    return np.asarray(np.degrees(np.arctan2(backward_sign(facing) * up[..., 0], -up[..., 1])))


def knee_angle_deg(xy_px: Floats, side: Side, facing: Facing) -> Floats:
    """Shank against thigh, + bent (heel towards the buttock), wrapped to (-180, 180]."""
    shank = xy_px[..., joint("ankle", side), :] - xy_px[..., joint("knee", side), :]
    bend = backward_angle_deg(shank, facing) - thigh_angle_deg(xy_px, side, facing)
    return np.asarray((bend + 180.0) % 360.0 - 180.0)


def trunk_length_px(xy_px: Floats) -> Floats:
    """Mid-hip to mid-shoulder, (...)."""
    return np.asarray(np.linalg.norm(mid_shoulder(xy_px) - mid_hip(xy_px), axis=-1))


def thigh_length_px(xy_px: Floats, side: Side) -> Floats:
    """Mid-hip to knee, (...)."""
    return np.asarray(np.linalg.norm(xy_px[..., joint("knee", side), :] - mid_hip(xy_px), axis=-1))


def leg_length_px(xy_px: Floats, side: Side) -> Floats:
    """Mid-hip over the knee to the ankle, (...)."""
    shank = xy_px[..., joint("ankle", side), :] - xy_px[..., joint("knee", side), :]
    return np.asarray(thigh_length_px(xy_px, side) + np.linalg.norm(shank, axis=-1))


def yaw_deg(xy_px: Floats) -> Floats:
    """Camera yaw away from the side view, (...), + towards the person's front; 90 is a frontal view.

    From the left-minus-right separation of shoulders and hips against the trunk's length (see the constants above).
    """
    trunk = trunk_length_px(xy_px)
    with np.errstate(invalid="ignore", divide="ignore"):
        shoulders = (xy_px[..., Landmark.LEFT_SHOULDER, 0] - xy_px[..., Landmark.RIGHT_SHOULDER, 0]) / trunk
        hips = (xy_px[..., Landmark.LEFT_HIP, 0] - xy_px[..., Landmark.RIGHT_HIP, 0]) / trunk
    share = (shoulders / SHOULDER_WIDTH_SHARE + hips / HIP_WIDTH_SHARE) / 2
    return np.asarray(np.degrees(np.arcsin(np.clip(share, -1.0, 1.0))))


def facing_signal(xy_px: Floats) -> Floats:
    """How clearly the person faces picture-right (+) or picture-left (-), (...), in trunk lengths.

    Head (nose against the middle of the ears) and both feet (toe against heel) together, so that one missing or
    misplaced heel cannot turn a person round.
    """
    x = xy_px[..., 0]
    head = x[..., Landmark.NOSE] - (x[..., Landmark.LEFT_EAR] + x[..., Landmark.RIGHT_EAR]) / 2
    feet = [x[..., joint("foot_index", s)] - x[..., joint("heel", s)] for s in ("left", "right")]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(nan_median(np.stack([2 * head, *feet])) / trunk_length_px(xy_px))
