"""Which frames of a clip show a person who can be measured, and what stands in the way in the others.

Everything is judged frame by frame and segment by segment, never over the whole clip: a session may follow a talk, an
empty room or a walk into the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mobility_check.kinematics import geometry
from mobility_check.kinematics.curves import SegmentCurves, clip_curves
from mobility_check.kinematics.facing import MIN_SEGMENT_S, facing_segments
from mobility_check.kinematics.landmarks import SIDES, Landmark, joint
from mobility_check.kinematics.leg_swaps import legs_by_standing_foot, steady_legs
from mobility_check.kinematics.params import Framing, Params
from mobility_check.kinematics.signals import Bools, known_median, median
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.results.reasons import CLIP_FACTS, PLACES, reason
from mobility_check.results.result import Reason

SHOULDERS = (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)
HIPS_AND_KNEES = (Landmark.LEFT_HIP, Landmark.RIGHT_HIP, Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE)
NEEDED = (*SHOULDERS, *HIPS_AND_KNEES)
FEET = (Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE)
JOINT_MARGIN_THIGHS = 0.25
"""A joint nearer to the picture's edge than this is guessed, not seen: on rendered bodies cut off at the knee the guess
lies up to 0.2 thigh lengths inside the picture, and from 0.25 on the knee is as good as in the whole picture."""
SHOULDER_MARGIN_THIGHS = 0.1
"""A head that is cut off harms nothing; shoulders beyond the edge are guessed nearer to it than this."""
FOOT_MARGIN_THIGHS = 0.05
"""An ankle needs less, for it is not measured: there the guess beyond the edge is about right."""
MAX_TRUNK_TILT_DEG = 60.0
"""A trunk further from upright belongs to a clip that is turned, or to somebody who does not stand (E)."""
STRAIGHT_HIP_DEG, STRAIGHT_KNEE_DEG = 50.0, 60.0
"""A body bent less than this would stand if the picture were turned: kicking legs included (E)."""
POINTED_FOOT_DEG = 45.0
"""A foot in line with its shank within this does not stand on the floor, whichever way the picture is turned (E)."""
STANDING_HIP_DEG, STANDING_KNEE_DEG = 25.0, 40.0
"""Nobody who stands upright bends hips or knees beyond this; standing bodies read up to 9 and 10 degrees (E)."""
LITTLE_S, LITTLE_SHARE = 2.0, 0.3
"""A person seen for less than both was not seen (E)."""
EDGE_SHARE = 0.2
"""A body at the edge for more of the time than this explains that nothing was found; walking in takes less (E)."""


@dataclass(frozen=True, slots=True)
class UsableClip:
    """What of a clip can be measured.

    Attributes:
        track: landmarks of the other frames taken out.
        segments: facing segments in which the person stands upright.
        at_edge: (T,) seen, but with a joint at the edge of the picture or beyond.
        feet: (T,) both feet are in the picture.
        seen_s: how long the person was seen.
        lost_s: how much of it each reason took.
    """

    track: PoseTrack
    segments: tuple[SegmentCurves, ...] = ()
    at_edge: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    feet: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    seen_s: float = 0.0
    lost_s: Mapping[str, float] = field(default_factory=dict)

    def most_lost(self) -> str:
        """The reason that took most of the person's time."""
        return max(self.lost_s, key=lambda code: self.lost_s[code])

    def why_little(self) -> Reason | None:
        """Why so little could be measured that this explains a clip without a rep, or None."""
        if self.lost_s["partial_body"] > EDGE_SHARE * self.seen_s:
            return reason("partial_body")
        code = self.most_lost()
        return reason(code) if self.lost_s[code] > self.seen_s / 2 else None


def usable_clip(track: PoseTrack, params: Params) -> UsableClip | Reason:
    """What of the clip can be measured, or why nothing can."""
    if len(track) < 2 or track.time_s[-1] - track.time_s[0] < MIN_SEGMENT_S:
        return reason("too_short")
    step_s = np.gradient(track.time_s)
    seen = np.isfinite(track.xy_px[:, Landmark.NOSE, 0])
    seen_s = float(step_s[seen].sum())
    if seen_s < min(LITTLE_S, LITTLE_SHARE * float(step_s.sum())):
        return reason("too_dark" if median(track.luma[~seen]) < params.framing.dark_luma else "no_person")
    faults = _frame_faults(track, seen, params.framing)
    good = seen & ~np.any(list(faults.values()), axis=0)
    masked = replace(track, xy_px=_own_legs(np.where(good[:, None, None], track.xy_px, np.nan), track.time_s))
    segments = clip_curves(masked, params)
    upright = tuple(c for c in segments if stands_upright(c, masked))
    lost_s = {code: float(step_s[fault].sum()) for code, fault in faults.items()}
    lost_s["not_side_view"] = float(step_s[good].sum()) - _length_s(segments, good, step_s)
    lost_s["not_standing"] += _length_s(segments, good, step_s) - _length_s(upright, good, step_s)
    feet = inside(track, FEET, FOOT_MARGIN_THIGHS)
    clip = UsableClip(masked, upright, faults["partial_body"], feet, seen_s, lost_s)
    return clip if upright else reason("too_short" if step_s.sum() < LITTLE_S else clip.most_lost())


def _own_legs(xy_px: Floats, time_s: Floats) -> Floats:
    """(T, 33, 2) with each leg's landmarks under its own name in all facing segments."""
    out = xy_px.copy()
    for segment in facing_segments(xy_px, time_s):
        span = slice(segment.start, segment.stop)
        out[span] = legs_by_standing_foot(steady_legs(xy_px[span]), segment.facing)
    return out


def inside(track: PoseTrack, joints: Sequence[Landmark], margin_thighs: float) -> Bools:
    """(T,) True where these joints lie at least so many thigh lengths inside the picture."""
    size = np.array([track.meta.width_px, track.meta.height_px], dtype=float)
    margin = (margin_thighs * _thigh_px(track.xy_px))[:, None, None]
    xy = track.xy_px[:, list(joints)]
    with np.errstate(invalid="ignore"):
        return np.asarray(((xy >= margin) & (xy <= size - margin)).all(axis=(1, 2)))


def measurable(track: PoseTrack, framing: Framing) -> Bools:
    """(T,) True where shoulders, hips and knees are clearly in the picture, and the model does not doubt them."""
    with np.errstate(invalid="ignore"):
        trusted = np.nan_to_num(track.visibility[:, list(NEEDED)]).max(axis=1) >= framing.min_visibility
    shoulders = inside(track, SHOULDERS, SHOULDER_MARGIN_THIGHS)
    return np.asarray(inside(track, HIPS_AND_KNEES, JOINT_MARGIN_THIGHS) & shoulders & trusted)


def stands_upright(curves: SegmentCurves, track: PoseTrack) -> bool:
    """Whether hips and knees are straight in the neutral stance (without one, in most frames), whatever the roll."""
    facing = curves.segment.facing
    xy = _stance(curves, track)
    if not np.isfinite(xy).any():
        return False
    hips = [geometry.thigh_angle_deg(xy, s, facing) - geometry.trunk_angle_deg(xy, facing) for s in SIDES]
    hip = min(abs(known_median(x)) for x in hips)
    return hip <= STANDING_HIP_DEG and stance_knee_deg(curves, track) <= STANDING_KNEE_DEG


def stance_knee_deg(curves: SegmentCurves, track: PoseTrack) -> float:
    """Bend of the straighter knee in the neutral stance (without one, in most frames)."""
    xy = _stance(curves, track)
    return min(abs(known_median(geometry.knee_angle_deg(xy, s, curves.segment.facing))) for s in SIDES)


def _stance(curves: SegmentCurves, track: PoseTrack) -> Floats:
    xy = track.xy_px[curves.segment.start : curves.segment.stop]
    return xy[curves.neutral.frames] if curves.neutral.found else xy


def picture_notes(track: PoseTrack, framing: Framing) -> tuple[Reason, ...]:
    """What the user should know about the clip although it was measured."""
    notes = [reason(code) for code in track.meta.notes if code not in CLIP_FACTS]
    if track.meta.frozen_s:
        notes.append(reason("picture_froze", seconds=f"{sum(b - a for a, b in track.meta.frozen_s):.1f}"))
    person = track.people > 0
    view = track.in_view
    if view is not None and len(view.boxes) > 1:
        where = PLACES[view.place(view.number)].format(number=view.number)
        notes.append(reason("several_people", count=len(view.boxes), where=where))
    if median(track.luma[person] if person.any() else track.luma) < framing.dark_luma:
        notes.append(reason("too_dark"))
    if 0 < track.meta.fps < framing.low_fps:
        notes.append(reason("low_frame_rate"))
    return tuple(notes)


def _frame_faults(track: PoseTrack, seen: Bools, framing: Framing) -> dict[str, Bools]:
    """(T,) per reason the frames that it takes; each frame goes to the first reason that applies."""
    faults: dict[str, Bools] = {}
    free = seen.copy()
    with np.errstate(invalid="ignore"):
        tilted = np.abs(geometry.trunk_angle_deg(track.xy_px, "right")) > MAX_TRUNK_TILT_DEG
        found = {
            "partial_body": ~measurable(track, framing),
            "person_too_small": _thigh_px(track.xy_px) < framing.min_thigh_px,
            "not_upright": tilted & _would_stand(track.xy_px),
            "not_standing": tilted,
        }
    for code, fault in found.items():
        faults[code] = fault & free
        free = free & ~fault
    return faults


def _would_stand(xy_px: Floats) -> Bools:
    """(T,) True where the body is straight with the feet across it: standing, if the picture were turned."""
    trunk = geometry.mid_shoulder(xy_px) - geometry.mid_hip(xy_px)
    straight = np.ones(len(xy_px), dtype=bool)
    for side in SIDES:
        knee, ankle, heel, toe = (xy_px[:, joint(n, side)] for n in ("knee", "ankle", "heel", "foot_index"))
        straight &= _between_deg(-trunk, knee - geometry.mid_hip(xy_px)) < STRAIGHT_HIP_DEG
        straight &= _between_deg(knee - geometry.mid_hip(xy_px), ankle - knee) < STRAIGHT_KNEE_DEG
        straight &= _between_deg(ankle - knee, toe - heel) > POINTED_FOOT_DEG
    return straight


def _between_deg(a: Floats, b: Floats) -> Floats:
    """Angle between vectors (T, 2), 0 to 180."""
    return np.asarray(np.degrees(np.abs(np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1)))))


def _thigh_px(xy_px: Floats) -> Floats:
    """(T,) length of the thigh that is less foreshortened."""
    return np.fmax(geometry.thigh_length_px(xy_px, "left"), geometry.thigh_length_px(xy_px, "right"))


def _length_s(segments: Sequence[SegmentCurves], good: Bools, step_s: Floats) -> float:
    return sum(float(step_s[s.start : s.stop][good[s.start : s.stop]].sum()) for s in (c.segment for c in segments))
