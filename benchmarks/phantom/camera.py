"""A pinhole camera beside the person. Pure NumPy; metres, degrees, pixels. World: x, y the floor, z up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.phantom.motion import Floats

HIP_HEIGHT_M = 0.9


@dataclass(frozen=True, slots=True)
class Camera:
    """Where it stands and how it looks; ``fov_deg`` is the vertical field of view."""

    position: Floats
    target: Floats
    up: Floats
    fov_deg: float
    width_px: int
    height_px: int

    def project(self, points: Floats) -> Floats:
        """Pixels (..., 2), x right and y down, of world points (..., 3)."""
        forward = _unit(self.target - self.position)
        right = _unit(np.cross(forward, self.up))
        upward = np.cross(right, forward)
        d = points - self.position
        scale = self.height_px / 2.0 / np.tan(np.radians(self.fov_deg) / 2.0) / (d @ forward)
        x, y = self.width_px / 2.0 + scale * (d @ right), self.height_px / 2.0 - scale * (d @ upward)
        out: Floats = np.stack([x, y], axis=-1)
        return out


def beside(
    *,
    faces_right: bool,
    yaw_deg: float,
    height_m: float,
    distance_m: float,
    roll_deg: float,
    fov_deg: float,
    size_px: tuple[int, int],
    look_at_m: float = HIP_HEIGHT_M,
) -> Camera:
    """A camera that sees the person (who faces −y) from the side.

    ``yaw_deg`` moves it round to the front (+) or to the back (−) of the true side view; ``roll_deg`` tilts it.
    """
    a = np.radians(yaw_deg)
    side = -1.0 if faces_right else 1.0
    target = np.array([0.0, 0.04, look_at_m])
    position = target + distance_m * np.array([side * np.cos(a), -np.sin(a), 0.0])
    position[2] = height_m
    forward = _unit(target - position)
    right = _unit(np.cross(forward, [0.0, 0.0, 1.0]))
    upward = np.cross(right, forward)
    r = np.radians(roll_deg)
    return Camera(position, target, np.cos(r) * upward + np.sin(r) * right, fov_deg, *size_px)


def _unit(v: Floats) -> Floats:
    out: Floats = v / np.linalg.norm(v)
    return out
