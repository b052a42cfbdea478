"""Whether the person in a clip can be measured at all: seen, large enough, whole, side-on, lit."""

from __future__ import annotations

import numpy as np

from mobility_check.kinematics.facing import MAX_YAW_DEG, MIN_SEGMENT_S
from mobility_check.kinematics.geometry import thigh_length_px, trunk_angle_deg, yaw_deg
from mobility_check.kinematics.landmarks import Landmark
from mobility_check.kinematics.params import Framing
from mobility_check.kinematics.signals import Bools, median
from mobility_check.kinematics.track import PoseTrack
from mobility_check.results.reasons import reason
from mobility_check.results.result import Reason

NEEDED = (
    Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP,
    Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE,
)  # fmt: skip
FEET = (Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE)
MAX_TRUNK_TILT_DEG = 60.0
"""A trunk usually further from upright belongs to a clip that is turned, or to somebody who lies down (E)."""
BRIGHT_ENOUGH_SHARE = 0.5


def inside(track: PoseTrack, joints: tuple[Landmark, ...], framing: Framing) -> Bools:
    """(T,) True where all these joints are seen and inside the picture (a model also guesses beyond its border)."""
    size = np.array([track.meta.width_px, track.meta.height_px], dtype=float)
    margin = framing.margin_share * size.max()
    xy = track.xy_px[:, list(joints)]
    with np.errstate(invalid="ignore"):
        placed = ((xy >= -margin) & (xy <= size + margin)).all(axis=(1, 2))
        visible = np.nan_to_num(track.visibility[:, list(joints)], posinf=0.0, neginf=0.0).max(axis=1)
    return np.asarray(placed & (visible >= framing.min_visibility))


def measurable(track: PoseTrack, framing: Framing) -> Bools:
    """(T,) True where shoulders, hips and knees are in the picture."""
    return inside(track, NEEDED, framing)


def why_unusable(track: PoseTrack, framing: Framing) -> Reason | None:
    """The one reason why nothing can be measured in this clip, or None."""
    if len(track) < 2 or track.time_s[-1] - track.time_s[0] < MIN_SEGMENT_S:
        return reason("too_short")
    person = np.isfinite(track.xy_px[:, Landmark.NOSE, 0])
    if person.mean() < framing.min_person_share:
        dark = median(track.luma) < framing.dark_luma
        return reason("too_dark" if dark else "no_person")
    whole = measurable(track, framing)
    if whole.sum() < framing.min_person_share * person.sum():
        return reason("partial_body")
    xy = track.xy_px[whole]
    if median(np.concatenate([thigh_length_px(xy, "left"), thigh_length_px(xy, "right")])) < framing.min_thigh_px:
        return reason("person_too_small")
    if median(np.abs(trunk_angle_deg(xy, "right"))) > MAX_TRUNK_TILT_DEG:
        return reason("not_upright")
    if median(np.abs(yaw_deg(xy))) > MAX_YAW_DEG:
        return reason("not_side_view")
    return None


def picture_notes(track: PoseTrack, framing: Framing) -> tuple[Reason, ...]:
    """What the user should know about the clip although it was measured."""
    notes = [reason(code) for code in track.meta.notes]
    person = track.people > 0
    if person.any() and (track.people[person] > 1).mean() > 0.1:
        notes.append(reason("several_people"))
    if person.any() and inside(track, FEET, framing)[person].mean() < BRIGHT_ENOUGH_SHARE:
        notes.append(reason("partial_body"))
    if median(track.luma) < framing.dark_luma:
        notes.append(reason("too_dark"))
    if 0 < track.meta.fps < framing.low_fps:
        notes.append(reason("low_frame_rate"))
    return tuple(notes)
