"""Angle curves of one clip: per segment of one facing, both legs and the trunk, relative to the neutral stance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics import geometry
from mobility_check.kinematics.camera_motion import CameraMotion, camera_motion
from mobility_check.kinematics.facing import FacingSegment, facing_segments, side_on
from mobility_check.kinematics.landmarks import SIDES, Facing, Side, other
from mobility_check.kinematics.leg_swaps import steady_legs
from mobility_check.kinematics.neutral import Directions, NeutralStance, find_neutral, legs_apart_deg
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
        neutral: the zero of this segment, over the same frames.
        legs: smoothed angles relative to the zero; NaN throughout without one.
        swing: per leg, what shows more of mean thigh and leg against the trunk, and leg against the other leg: reps are
            found in it, for no landmark that is seen badly hides a kick.
        sweep: per leg, mid-hip → ankle against the vertical: tells which foot moves.
        trunk_lean_deg: likewise, + forwards.
        yaw_deg: camera yaw while standing, + towards the front; NaN if unknown.
        roll_deg: tilt of the standing body in the picture's plane (camera roll plus posture).
        leg_px, thigh_px: median lengths in the picture.
        camera: how the camera moved meanwhile.
    """

    segment: FacingSegment
    neutral: NeutralStance
    legs: Mapping[Side, LegSeries]
    swing: Mapping[Side, Floats]
    sweep: Mapping[Side, Floats]
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
    """Angles of both legs and the trunk in one segment, relative to its neutral stance and smoothed."""
    span = slice(segment.start, segment.stop)
    t = track.time_s[span]
    xy = steady_legs(np.where(side_on(track.xy_px[span])[:, None, None], track.xy_px[span], np.nan))

    def clean(x: Floats) -> Floats:
        return smooth(fill_gaps(x, t, longest_s=params.gates.max_gap_s), t, cutoff_hz=params.smoothing.cutoff_hz)

    def of_both(angle: Callable[[Floats, Side, Facing], Floats]) -> Floats:
        return np.stack([clean(angle(xy, s, segment.facing)) for s in SIDES], axis=1)

    d = Directions(
        trunk=clean(geometry.trunk_angle_deg(xy, segment.facing)),
        thighs=of_both(geometry.thigh_angle_deg),
        legs=of_both(geometry.leg_angle_deg),
        apart=clean(legs_apart_deg(xy, segment.facing)),
        yaw=known_median(geometry.yaw_deg(xy)),
    )
    neutral = find_neutral(d, t, params.neutral)
    still = xy[neutral.frames] if neutral.found else xy
    trunk_lean, knees = _from(d.trunk, neutral), of_both(geometry.knee_angle_deg)
    legs, swing = {}, {}
    sweep = {side: _from(d.legs[:, i], neutral) for i, side in enumerate(SIDES)}
    for i, side in enumerate(SIDES):
        thigh = _from(d.thighs[:, i], neutral)
        legs[side] = LegSeries(thigh - trunk_lean, thigh, _from(knees[:, i], neutral))
        swing[side] = np.fmax(_from(d.swings[:, i], neutral), sweep[side] - sweep[other(side)])
    return SegmentCurves(
        segment,
        neutral,
        legs,
        swing,
        sweep,
        trunk_lean,
        known_median(geometry.yaw_deg(still)),
        known_median(np.mean([geometry.thigh_angle_deg(still, s, "right") for s in SIDES], axis=0)),
        known_median(geometry.leg_length_px(still, "left")),
        known_median(geometry.thigh_length_px(still, segment.facing)),
        camera_motion(xy, neutral.frames, t, min_s=params.neutral.min_s),
    )


def _from(x: Floats, neutral: NeutralStance) -> Floats:
    """A curve relative to its median in the neutral stance; NaN without one, for then nothing can be measured."""
    return x - known_median(x[neutral.frames])
