"""What the refined frames of one rep tell: changes from the neutral stance to the hold, as seen in the picture. Pure.

Landmarks are averaged over frames and over plain and mirrored copies of the crop, which cancels the model's left-right
bias. The features of many reps with known angles are the table that the estimator is fitted on (``calibration/``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mobility_check.kinematics.geometry import backward_angle_deg, backward_sign, mid_hip
from mobility_check.kinematics.landmarks import Facing, Side, View
from mobility_check.kinematics.signals import Bools, nan_median
from mobility_check.kinematics.track import Floats, RefinedFrames
from mobility_check.refinement.frames import TRUNK_BACK, TRUNK_FRONT, TRUNK_LINE
from mobility_check.refinement.silhouette import line_length_px, trunk_motion
from mobility_check.refinement.thigh_edge import phase_edges, thigh_turn_deg

ODD_LENGTH_SHARE = 0.25
"""A frame whose trunk or thigh differs by more from the usual length saw something else (E)."""
ODD_TURN_DEG = 12.0
"""So did one whose thigh is turned by more from the middle of its phase, such as by the other leg; two frames of a hold
have no median that leaves it out (E)."""
LEFT_SHOULDER, LEFT_HIP, LEFT_KNEE, LEFT_ANKLE = 11, 23, 25, 27


@dataclass(frozen=True, slots=True)
class Features:
    """Changes from neutral stance to hold in degrees unless said otherwise, + backwards; NaN where not measured.

    Attributes:
        mid_heavy, mid_full: mid-hip → knee by either model.
        own: own hip → knee; leg: mid-hip → ankle; shank: knee → ankle.
        knee_travel, ankle_travel: places of knee and ankle against the standing ankle, as an angle of the thigh or leg.
        support_mid, support_leg: mid-hip → knee and ankle of the standing leg, which moves little in truth.
        lean_landmarks, lean_back, lean_front: of the trunk by landmarks and by its two edges, + forwards.
        slip_back, slip_front: mid-hip landmark's displacement minus that of the trunk's edge, degrees of thigh.
        edge_turn: of the thigh by its back edge.
        hip_gap, shoulder_gap, ankle_gap: in the stance, near minus far joint, + forwards, degrees of thigh.
        thigh_shorter: of the thigh in the picture, share.
        usable_share: share of frames in which the person was found, of the poorer phase, 0..1.
    """

    mid_heavy: float
    mid_full: float
    own: float
    leg: float
    shank: float
    knee_travel: float
    ankle_travel: float
    support_mid: float
    support_leg: float
    lean_landmarks: float
    lean_back: float
    lean_front: float
    slip_back: float
    slip_front: float
    edge_turn: float
    hip_gap: float
    shoulder_gap: float
    ankle_gap: float
    thigh_shorter: float
    usable_share: float


def features(hold: RefinedFrames, neutral: RefinedFrames, *, side: Side, view: View, facing: Facing) -> Features | None:
    """Features of one rep from the refined frames of its hold and of the neutral stance of the same segment.

    None when a phase was not refined or the person was not found in it.
    """
    if not np.isfinite(hold.landmarks_px).any() or not np.isfinite(neutral.landmarks_px).any():
        return None
    kicking = 0 if side == "left" else 1
    usable = min(float(np.isfinite(p.landmarks_px[..., LEFT_SHOULDER, 0]).mean()) for p in (hold, neutral))
    hold, neutral = without_odd_frames(hold, neutral, kicking)
    now, zero = (_posture(p.landmarks_px, kicking, facing) for p in (hold, neutral))

    def change(name: str) -> Floats:
        return np.asarray(getattr(now, name) - getattr(zero, name))

    mid = change("mid_thigh_deg")
    heavy, full = np.split(mid, 2)
    per_px = float(np.degrees(1.0 / _mean(zero.thigh_px)))
    near = per_px if view == "near" else -per_px
    hip_deg = _mean(change("hip_x_px")) * per_px
    (back_px, lean_back), (front_px, lean_front) = (
        trunk_motion(hold, neutral, e, facing) for e in (TRUNK_BACK, TRUNK_FRONT)
    )
    return Features(
        mid_heavy=_mean(heavy),
        mid_full=_mean(full),
        own=_mean(change("own_thigh_deg")),
        leg=_mean(change("leg_deg")),
        shank=_mean(change("shank_deg")),
        knee_travel=_as_angle_deg(-_mean(change("knee_x_px")), _mean(zero.thigh_px)),
        ankle_travel=_as_angle_deg(-_mean(change("ankle_x_px")), _mean(zero.leg_px)),
        support_mid=_mean(change("support_mid_deg")),
        support_leg=_mean(change("support_leg_deg")),
        lean_landmarks=_mean(change("trunk_deg")),
        lean_back=lean_back,
        lean_front=lean_front,
        slip_back=hip_deg - back_px * per_px,
        slip_front=hip_deg - front_px * per_px,
        edge_turn=_edge_turn_deg(hold, neutral, kicking, facing),
        hip_gap=near * _mean(zero.hip_gap_px),
        shoulder_gap=near * _mean(zero.shoulder_gap_px),
        ankle_gap=near * _mean(zero.ankle_gap_px),
        thigh_shorter=1.0 - _mean(now.thigh_px / zero.thigh_px),
        usable_share=usable,
    )


def without_odd_frames(
    hold: RefinedFrames, neutral: RefinedFrames, kicking: int
) -> tuple[RefinedFrames, RefinedFrames]:
    """Both phases without what saw something else: the length of trunk or thigh is off, or the thigh's direction."""
    lengths = [_segment_lengths_px(p.landmarks_px, kicking) for p in (hold, neutral)]
    usual = nan_median(np.concatenate([x.reshape(-1, 2) for x in lengths]))
    kept = []
    for phase, length in zip((hold, neutral), lengths, strict=True):
        thigh = phase.landmarks_px[..., LEFT_KNEE + kicking, :] - mid_hip(phase.landmarks_px)
        lines = phase.line_px[:, [TRUNK_LINE, kicking]]
        lines = lines[..., 2:] - lines[..., :2]
        middle = nan_median(thigh.reshape(-1, 2))
        odd = _odd(length, usual) | _turned(thigh, middle)
        odd_line = (_odd(np.linalg.norm(lines, axis=-1), usual) | _turned(lines[:, 1], middle))[:, None, None]
        kept.append(
            replace(
                phase,
                landmarks_px=np.where(odd[..., None, None], np.nan, phase.landmarks_px),
                line_px=np.where(odd_line, np.nan, phase.line_px),
                edge_px=np.where(odd_line, np.nan, phase.edge_px),
            )
        )
    return kept[0], kept[1]


def _segment_lengths_px(landmarks_px: Floats, kicking: int) -> Floats:
    """Lengths (..., 2) of trunk and thigh from (..., 33, 2)."""
    hip, shoulder = landmarks_px[..., 23:25, :].mean(axis=-2), landmarks_px[..., 11:13, :].mean(axis=-2)
    knee = landmarks_px[..., LEFT_KNEE + kicking, :]
    return np.stack([np.linalg.norm(shoulder - hip, axis=-1), np.linalg.norm(knee - hip, axis=-1)], axis=-1)


def _odd(lengths_px: Floats, usual_px: Floats) -> Bools:
    with np.errstate(invalid="ignore"):
        return np.asarray(~np.all(np.abs(lengths_px / usual_px - 1.0) < ODD_LENGTH_SHARE, axis=-1))


def _turned(direction: Floats, usual: Floats) -> Bools:
    """Which directions (..., 2) differ too much from the usual one (2,)."""
    turn = np.arctan2(direction[..., 1], direction[..., 0]) - np.arctan2(usual[1], usual[0])
    return np.asarray(np.abs(np.angle(np.exp(1j * turn))) > np.radians(ODD_TURN_DEG))


@dataclass(frozen=True, slots=True)
class _Posture:
    """Medians over a phase's frames, one value per variant (V,): directions in degrees, places in px, + forwards.

    Places of knee and ankle are against the standing ankle, gaps are of the kicking minus the other side.
    """

    mid_thigh_deg: Floats
    own_thigh_deg: Floats
    leg_deg: Floats
    shank_deg: Floats
    support_mid_deg: Floats
    support_leg_deg: Floats
    trunk_deg: Floats
    hip_x_px: Floats
    knee_x_px: Floats
    ankle_x_px: Floats
    thigh_px: Floats
    leg_px: Floats
    hip_gap_px: Floats
    shoulder_gap_px: Floats
    ankle_gap_px: Floats


def _posture(landmarks_px: Floats, kicking: int, facing: Facing) -> _Posture:
    """Posture of one phase from (N, V, 33, 2); ``kicking`` 0 left, 1 right."""
    forward, support = backward_sign(facing), 1 - kicking

    def point(first: int, which: int) -> Floats:
        return np.asarray(landmarks_px[..., first + which, :])

    def forwards(vector: Floats) -> Floats:
        return np.asarray(forward * vector[..., 0])

    def gap(first: int) -> Floats:
        return forwards(point(first, kicking) - point(first, support))

    hip = (point(LEFT_HIP, 0) + point(LEFT_HIP, 1)) / 2
    down = hip - (point(LEFT_SHOULDER, 0) + point(LEFT_SHOULDER, 1)) / 2
    knee, ankle, foot = point(LEFT_KNEE, kicking), point(LEFT_ANKLE, kicking), point(LEFT_ANKLE, support)
    values = (
        backward_angle_deg(knee - hip, facing),
        backward_angle_deg(knee - point(LEFT_HIP, kicking), facing),
        backward_angle_deg(ankle - hip, facing),
        backward_angle_deg(ankle - knee, facing),
        backward_angle_deg(point(LEFT_KNEE, support) - hip, facing),
        backward_angle_deg(foot - hip, facing),
        backward_angle_deg(down, facing),
        forwards(hip),
        forwards(knee - foot),
        forwards(ankle - foot),
        np.linalg.norm(knee - hip, axis=-1),
        np.linalg.norm(ankle - hip, axis=-1),
        gap(LEFT_HIP),
        gap(LEFT_SHOULDER),
        gap(LEFT_ANKLE),
    )
    return _Posture(*(nan_median(np.asarray(v)) for v in values))


def _as_angle_deg(way_px: float, length_px: float) -> float:
    """The angle by which a segment of that length swings when its end moves so far sideways."""
    return float(np.degrees(np.arcsin(np.clip(way_px / length_px, -1.0, 1.0))))


def _edge_turn_deg(hold: RefinedFrames, neutral: RefinedFrames, thigh: int, facing: Facing) -> float:
    length = line_length_px((hold, neutral), thigh)
    rest, held = (phase_edges(p, thigh, length_px=length, facing=facing) for p in (neutral, hold))
    return thigh_turn_deg(rest, held)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
