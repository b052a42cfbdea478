"""A stick figure that does the standing kick-back test: tracks with known angles for load tests, no video needed."""

from __future__ import annotations

import numpy as np

from mobility_check.core.landmarks import HEAD, N_LANDMARKS, SIDES, Side, joint
from mobility_check.core.track import ClipMeta, Floats, PoseTrack

FPS = 15.0
STAND_S, KICK_S, KICKS = 2.0, 3.0, 3
_HIP = np.array([500.0, 520.0])
_TRUNK, _THIGH, _SHANK, _FOOT = 250.0, 210.0, 200.0, 60.0


def kicking_track(path: str, *, left_deg: float, right_deg: float, seed: int = 0) -> PoseTrack:
    """Two seconds of standing and three kicks with the leg next to the camera, first the right leg, then the left.

    Angles in degrees, + backwards; the landmarks tremble by half a pixel, differently for every ``seed``.
    """
    half = int((STAND_S + KICKS * KICK_S) * FPS)
    xy = np.concatenate([_facing("right", _swing(right_deg, half)), _facing("left", _swing(left_deg, half))])
    xy += np.random.default_rng(seed).normal(0.0, 0.5, xy.shape)
    n = len(xy)
    meta = ClipMeta(path, None, n / FPS, FPS, n, 1000, 1000)
    return PoseTrack(
        np.arange(n) / FPS, np.arange(n), xy, np.full((n, N_LANDMARKS), 0.95), np.ones(n, np.int64), np.full(n, 120.0),
        meta, "figure", "stick-figure",
    )  # fmt: skip


def _swing(peak_deg: float, n: int) -> Floats:
    """Thigh angle over time: rise, one second of hold, return."""
    t = np.arange(n) / FPS - STAND_S
    phase = np.where(t >= 0, t % KICK_S, 0.0)
    shape = np.interp(phase, [0.0, 0.4, 1.0, 2.0, 2.6, KICK_S], [0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    return np.radians(peak_deg * shape)


def _facing(side: Side, thigh_rad: Floats) -> Floats:
    """(T, 33, 2) of one who shows the camera that side and kicks with it."""
    ahead = 1.0 if side == "right" else -1.0
    xy = np.broadcast_to(_HIP, (len(thigh_rad), N_LANDMARKS, 2)).copy()
    xy[:, list(HEAD)] += (12.0 * ahead, -_TRUNK - 60.0)
    xy[:, 0] += (15.0 * ahead, 0.0)
    xy[:, 13:23] += (30.0 * ahead, -_TRUNK / 2)
    for leg in SIDES:
        angle = thigh_rad if leg == side else np.zeros_like(thigh_rad)
        down = np.stack([-ahead * np.sin(angle), np.cos(angle)], axis=1)
        knee = _HIP + _THIGH * down
        ankle = knee + _SHANK * down
        xy[:, joint("shoulder", leg)] = _HIP - np.array([0.0, _TRUNK])
        xy[:, joint("knee", leg)], xy[:, joint("ankle", leg)] = knee, ankle
        xy[:, joint("heel", leg)] = ankle + np.array([-15.0 * ahead, 15.0])
        xy[:, joint("foot_index", leg)] = ankle + np.array([_FOOT * ahead, 15.0])
    return xy
