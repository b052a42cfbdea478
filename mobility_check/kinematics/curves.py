"""Angle curves of one clip: per segment of one facing, both legs and the trunk, relative to quiet standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics import geometry
from mobility_check.kinematics.camera_motion import CameraMotion, camera_motion
from mobility_check.kinematics.facing import FacingSegment, facing_segments, side_on
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.leg_swaps import steady_legs
from mobility_check.kinematics.neutral import NeutralStance, find_standing
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.signals import fill_gaps, known_median, smooth
from mobility_check.kinematics.track import Floats, PoseTrack


@dataclass(frozen=True, slots=True)
class LegSeries:
    """Angles of one leg per analysed frame, (T,), degrees, NaN where not seen or not side-on; neutral subtracted."""

    extension_deg: Floats
    thigh_deg: Floats
    knee_flexion_deg: Floats


@dataclass(frozen=True, slots=True)
class SegmentCurves:
    """Curves of one segment over the frames ``segment.start`` to ``segment.stop`` of the track.

    Attributes:
        standing: the zero of this segment, over the same frames.
        legs: smoothed angles relative to the zero.
        trunk_lean_deg: likewise, + forwards.
        yaw_deg: camera yaw while standing, + towards the front; NaN if unknown.
        roll_deg: tilt of the standing body in the picture's plane (camera roll plus posture).
        leg_px, thigh_px: median lengths in the picture.
        camera: how the camera moved meanwhile.
    """

    segment: FacingSegment
    standing: NeutralStance
    legs: Mapping[Side, LegSeries]
    trunk_lean_deg: Floats
    yaw_deg: float
    roll_deg: float
    leg_px: float
    thigh_px: float
    camera: CameraMotion


def clip_curves(track: PoseTrack, params: Params) -> tuple[SegmentCurves, ...]:
    """Curves of every segment of the clip in which the person stands side-on."""
    segments = facing_segments(track.xy_px, track.time_s)
    return tuple(segment_curves(track, s, params) for s in segments)


def segment_curves(track: PoseTrack, segment: FacingSegment, params: Params) -> SegmentCurves:
    """Angles of both legs and the trunk in one segment, zeroed on its quiet standing and smoothed."""
    span = slice(segment.start, segment.stop)
    t = track.time_s[span]
    xy = steady_legs(np.where(side_on(track.xy_px[span])[:, None, None], track.xy_px[span], np.nan))

    def clean(x: Floats) -> Floats:
        return smooth(fill_gaps(x, t, longest_s=params.gates.max_gap_s), t, cutoff_hz=params.smoothing.cutoff_hz)

    trunk = clean(geometry.trunk_angle_deg(xy, segment.facing))
    thighs = {s: clean(geometry.thigh_angle_deg(xy, s, segment.facing)) for s in SIDES}
    knees = {s: clean(geometry.knee_angle_deg(xy, s, segment.facing)) for s in SIDES}
    standing = find_standing(np.stack([thighs[s] for s in SIDES], axis=1), trunk, t, params.neutral,
                             yaw_deg=known_median(geometry.yaw_deg(xy)))  # fmt: skip
    trunk_lean = trunk - _zero(trunk, standing)
    legs = {}
    for side in SIDES:
        thigh = thighs[side] - _zero(thighs[side], standing)
        legs[side] = LegSeries(thigh - trunk_lean, thigh, knees[side] - _zero(knees[side], standing))
    still = xy[standing.frames] if standing.frames.any() else xy
    return SegmentCurves(
        segment, standing, legs, trunk_lean, known_median(geometry.yaw_deg(still)),
        known_median(np.mean([geometry.thigh_angle_deg(still, s, "right") for s in SIDES], axis=0)),
        known_median(geometry.leg_length_px(still, "left")),
        known_median(geometry.thigh_length_px(still, segment.facing)),
        camera_motion(xy, standing.frames, t, min_s=params.neutral.min_s),
    )  # fmt: skip


def _zero(x: Floats, standing: NeutralStance) -> float:
    return known_median(x[standing.frames])
