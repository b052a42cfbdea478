"""Angle curves of one clip: per stretch of one facing, both legs and the trunk, relative to quiet standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mobility_check.core import geometry
from mobility_check.core.analysis import LegSeries, Stretch
from mobility_check.core.camera import CameraMotion, camera_motion
from mobility_check.core.facing import facing_stretches, side_on
from mobility_check.core.labels import steady_legs
from mobility_check.core.landmarks import SIDES, Side
from mobility_check.core.params import Params
from mobility_check.core.signals import fill_gaps, known_median, smooth
from mobility_check.core.standing import Standing, find_standing
from mobility_check.core.track import Floats, PoseTrack


@dataclass(frozen=True, slots=True)
class StretchCurves:
    """Curves of one stretch over the frames ``stretch.start`` to ``stretch.stop`` of the track.

    Attributes:
        standing: the zero of this stretch, over the same frames.
        legs: smoothed angles relative to the zero.
        trunk_lean_deg: likewise, + forwards.
        yaw_deg: camera yaw while standing, + towards the front; NaN if unknown.
        roll_deg: tilt of the standing body in the picture's plane (camera roll plus posture).
        leg_px, thigh_px: median lengths in the picture.
        camera: how the camera moved meanwhile.
    """

    stretch: Stretch
    standing: Standing
    legs: Mapping[Side, LegSeries]
    trunk_lean_deg: Floats
    yaw_deg: float
    roll_deg: float
    leg_px: float
    thigh_px: float
    camera: CameraMotion


def clip_curves(track: PoseTrack, params: Params) -> tuple[StretchCurves, ...]:
    """Curves of every stretch of the clip in which the person stands side-on."""
    stretches = facing_stretches(track.xy_px, track.time_s)
    return tuple(stretch_curves(track, s, params) for s in stretches)


def stretch_curves(track: PoseTrack, stretch: Stretch, params: Params) -> StretchCurves:
    """Angles of both legs and the trunk in one stretch, zeroed on its quiet standing and smoothed."""
    span = slice(stretch.start, stretch.stop)
    t = track.time_s[span]
    xy = steady_legs(np.where(side_on(track.xy_px[span])[:, None, None], track.xy_px[span], np.nan))

    def clean(x: Floats) -> Floats:
        return smooth(fill_gaps(x, t, longest_s=params.gates.max_gap_s), t, cutoff_hz=params.smoothing.cutoff_hz)

    trunk = clean(geometry.trunk_angle_deg(xy, stretch.facing))
    thighs = {s: clean(geometry.thigh_angle_deg(xy, s, stretch.facing)) for s in SIDES}
    knees = {s: clean(geometry.knee_angle_deg(xy, s, stretch.facing)) for s in SIDES}
    standing = find_standing(np.stack([thighs[s] for s in SIDES], axis=1), trunk, t, params.neutral,
                             yaw_deg=known_median(geometry.yaw_deg(xy)))  # fmt: skip
    trunk_lean = trunk - _zero(trunk, standing)
    legs = {}
    for side in SIDES:
        thigh = thighs[side] - _zero(thighs[side], standing)
        legs[side] = LegSeries(thigh - trunk_lean, thigh, knees[side] - _zero(knees[side], standing))
    still = xy[standing.frames] if standing.frames.any() else xy
    return StretchCurves(
        stretch, standing, legs, trunk_lean, known_median(geometry.yaw_deg(still)),
        known_median(np.mean([geometry.thigh_angle_deg(still, s, "right") for s in SIDES], axis=0)),
        known_median(geometry.leg_length_px(still, "left")),
        known_median(geometry.thigh_length_px(still, stretch.facing)),
        camera_motion(xy, standing.frames, t, min_s=params.neutral.min_s),
    )  # fmt: skip


def _zero(x: Floats, standing: Standing) -> float:
    return known_median(x[standing.frames])
