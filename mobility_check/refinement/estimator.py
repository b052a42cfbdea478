"""One rep's angles from its refined frames, with their standard errors. Pure; see docs/accuracy.md.

1. *Landmarks*: direction changes (hold minus own standing) of mid-hip → knee, own hip → knee and mid-hip → ankle,
   averaged over frames and over plain and mirrored copies of the crop, which cancels the model's left-right bias.
2. *Pelvis slip*: the mid-hip landmark drags behind the kicking leg. The outline of the trunk in the picture says how
   far the pelvis really moved; the difference is the slip.
3. *Thigh edge*: the back edge of the thigh turns with the femur. Its errors have little in common with the landmarks',
   so both are averaged; it fades out where they disagree, for then it is a hem, an arm or the other leg.
4. *Trunk*: landmarks and both outlines, a robust mean in which the back counts most.
5. *Camera yaw*: tan(seen) = tan(true) · cos(yaw), yaw from the separation of near and far joints in standing. Beyond
   that, a camera that stands a little behind the person sees the other leg come out behind the thigh, and one that
   stands in front doesn't: a cubic in yaw, fitted. Further behind the landmarks read small kicks too large and large
   ones too small: a straight line, fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics.geometry import backward_angle_deg, backward_sign
from mobility_check.kinematics.landmarks import Facing, Side, View
from mobility_check.kinematics.signals import Bools, nan_median
from mobility_check.kinematics.track import Floats
from mobility_check.refinement.frames import TRUNK_BACK, TRUNK_FRONT, TRUNK_LINE, RefinedFrames, middle_of_variants
from mobility_check.refinement.silhouette import edge_direction_deg, line_length_px, trunk_motion


@dataclass(frozen=True, slots=True)
class Fit:
    """All numbers of the estimator: fitted on rendered bodies and judged on bodies left out, unless marked E."""

    near_with_slip: tuple[float, ...] = (0.076, 0.537, 0.329, 0.121, 0.446, -0.077, -0.046, -0.632)
    """1, mid-hip heavy, mid-hip full, own hip, ankle minus mid-hip (limited), knee bend, yaw, slip."""
    near_no_slip: tuple[float, ...] = (-0.089, 0.433, 0.248, 0.307, 0.432, -0.046, -0.062)
    """The same without the slip."""
    ankle_limit_deg: float = 5.0
    """Mid-hip → ankle counts up to this beyond mid-hip → knee: with a bent knee it says nothing about the thigh."""
    near_edge: tuple[float, float, float] = (0.419, 0.419, 0.247)
    """1, upper edge minus landmarks, lower edge minus landmarks."""
    far: tuple[float, float] = (2.0, 0.938)
    """1, mid-hip → knee, mean of both models."""
    far_edge: tuple[float, float, float] = (0.243, 0.832, 0.710)
    edge_upper: tuple[float, float] = (0.45, 0.75)
    edge_lower: tuple[float, float] = (0.60, 0.95)
    edge_full_deg: float = 2.0
    edge_zero_deg: float = 5.0
    """Disagreement of edge and landmarks up to which the edge counts fully, and from which it doesn't (E)."""
    slip_agree_deg: float = 1.2
    slip_expected_deg: float = 0.6
    slip_limit_deg: float = 3.0
    trunk_bias_deg: float = 0.27
    trunk_scale_deg: float = 1.0
    trunk_weights: tuple[float, float, float] = (1.0, 2.0, 0.5)
    """Landmarks, back and front outline: by the inverse of their variance, drawn in a little."""
    yaw: tuple[float, float, float, float] = (-0.402, -0.191, -0.956, -0.268)
    """1, hip, shoulder, ankle separation in degrees of thigh."""
    yaw_limit_deg: float = 20.0
    """Nothing was rendered beyond, and the separations say too much there."""
    stance: tuple[float, float, float, float] = (-0.103, -0.116, 0.0019, 0.0006)
    """1, yaw, yaw squared, yaw cubed, in degrees of thigh of the near leg."""
    stance_limit_deg: float = 12.0
    """It stays the same beyond, and so does the landmarks' yaw term from behind: there, the next line takes over."""
    far_behind: tuple[float, float] = (-4.29, 0.196)
    """1 and mid-hip → knee at 20° of yaw from behind, fading in from ``stance_limit_deg``, near leg."""
    odd_length_share: float = 0.25
    """A look whose trunk or thigh differs by more from the usual length saw something else (E)."""
    few_share: float = 0.5
    """Below this share of usable looks the number is hardly to be trusted (E)."""
    se_few_looks_deg: float = 5.0
    se_floor_near_deg: float = 0.52
    se_floor_far_deg: float = 1.6
    se_rep_deg: float = 0.20
    se_scatter_share: float = 0.7
    """Frames of a hold differ in their crops on purpose, and standing has the same three crops."""
    se_no_edge_deg: float = 0.72
    se_no_slip_deg: float = 0.36
    se_disagree_share: float = 0.135
    se_angle_share: float = 0.009
    se_yaw_share_near: float = 0.03
    se_yaw_share_far: float = 0.08


FIT = Fit()
LEFT_HIP, LEFT_KNEE, LEFT_ANKLE, LEFT_SHOULDER = 23, 25, 27, 11


@dataclass(frozen=True, slots=True)
class RepError:
    """Standard errors of one rep: ``shared_deg`` with all reps of its side, ``own_deg`` of its own."""

    shared_deg: float
    own_deg: float

    @property
    def total_deg(self) -> float:
        """Both parts together."""
        return math.hypot(self.shared_deg, self.own_deg)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One kick, sagittal-plane angles in degrees, neutral subtracted; ``yaw_deg`` + towards the person's front."""

    extension_deg: float
    thigh_deg: float
    trunk_lean_deg: float
    knee_flexion_deg: float
    yaw_deg: float
    error: RepError


@dataclass(frozen=True, slots=True)
class _Posture:
    """Medians over a phase's frames, one value per variant (V,): directions in degrees, places in px, + forwards."""

    mid_thigh_deg: Floats
    own_thigh_deg: Floats
    leg_deg: Floats
    shank_deg: Floats
    trunk_deg: Floats
    hip_x_px: Floats
    thigh_px: Floats
    hip_gap_px: Floats
    shoulder_gap_px: Floats
    ankle_gap_px: Floats


@dataclass(frozen=True, slots=True)
class _Features:
    """Changes hold minus standing in degrees, as seen in the picture; NaN where not measured."""

    mid_heavy: float
    mid_full: float
    own: float
    leg: float
    shank: float
    trunk_landmarks: float
    trunk_back: float
    trunk_front: float
    slip: float
    edge_upper: float
    edge_lower: float
    yaw: float
    hold_scatter: float
    usable_share: float


def estimate(hold: RefinedFrames, neutral: RefinedFrames, *, side: Side, view: View, facing: Facing) -> Estimate | None:
    """Angles of one kick from the looks at its hold and at the quiet standing of the same segment.

    None when a phase was not looked at or the person was not found in it.
    """
    if not np.isfinite(hold.landmarks_px).any() or not np.isfinite(neutral.landmarks_px).any():
        return None
    found = _features(hold, neutral, side, view, facing)
    base = _landmark_thigh_deg(found, view)
    weights = FIT.near_edge if view == "near" else FIT.far_edge
    gaps = (found.edge_upper - base, found.edge_lower - base)
    faded = [_fade(g) for g in gaps]
    seen = base + (weights[0] if any(faded) else 0.0) + weights[1] * faded[0] + weights[2] * faded[1]
    thigh, lean = _undo_yaw_deg(seen, found.yaw), _undo_yaw_deg(_trunk_lean_deg(found), found.yaw)
    thigh += _stance_deg(found.yaw) if view == "near" else 0.0
    if not np.isfinite(thigh - lean):
        return None
    error = _error(found, thigh, gaps, faded, weights[1:], view)
    return Estimate(thigh - lean, thigh, lean, found.shank - thigh, found.yaw, error)


def without_odd_frames(
    hold: RefinedFrames, neutral: RefinedFrames, kicking: int
) -> tuple[RefinedFrames, RefinedFrames]:
    """Both phases without the looks whose trunk or thigh length is off: there the model saw something else."""
    lengths = [_segment_lengths_px(p.landmarks_px, kicking) for p in (hold, neutral)]
    usual = nan_median(np.concatenate([x.reshape(-1, 2) for x in lengths]))
    kept = []
    for phase, length in zip((hold, neutral), lengths, strict=True):
        lines = phase.line_px[:, [TRUNK_LINE, kicking]]
        odd_look = _odd(length, usual)
        odd_line = _odd(np.linalg.norm(lines[..., 2:] - lines[..., :2], axis=-1), usual)[:, None, None]
        kept.append(
            RefinedFrames(
                phase.frame,
                np.where(odd_look[..., None, None], np.nan, phase.landmarks_px),
                np.where(odd_line, np.nan, phase.line_px),
                np.where(odd_line, np.nan, phase.edge_px),
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
        return np.asarray(~np.all(np.abs(lengths_px / usual_px - 1.0) < FIT.odd_length_share, axis=-1))


# --- features --------------------------------------------------------------------------------------------------------


def _posture(landmarks_px: Floats, kicking: int, facing: Facing) -> _Posture:
    """Posture of one phase from (N, V, 33, 2); ``kicking`` 0 left, 1 right. Gaps: kicking minus other side."""
    forward = backward_sign(facing)

    def point(first: int, which: int = kicking) -> Floats:
        return np.asarray(landmarks_px[..., first + which, :])

    def gap(first: int) -> Floats:
        return np.asarray(forward * (point(first) - point(first, 1 - kicking))[..., 0])

    hip = (point(LEFT_HIP, 0) + point(LEFT_HIP, 1)) / 2
    up = (point(LEFT_SHOULDER, 0) + point(LEFT_SHOULDER, 1)) / 2 - hip
    knee, ankle = point(LEFT_KNEE), point(LEFT_ANKLE)
    values = (
        backward_angle_deg(knee - hip, facing), backward_angle_deg(knee - point(LEFT_HIP), facing),
        backward_angle_deg(ankle - hip, facing), backward_angle_deg(ankle - knee, facing),
        backward_angle_deg(-up, facing), forward * hip[..., 0],
        np.linalg.norm(knee - hip, axis=-1), gap(LEFT_HIP), gap(LEFT_SHOULDER), gap(LEFT_ANKLE),
    )  # fmt: skip
    return _Posture(*(nan_median(np.asarray(v)) for v in values))


def _features(hold: RefinedFrames, neutral: RefinedFrames, side: Side, view: View, facing: Facing) -> _Features:
    kicking = 0 if side == "left" else 1
    hold, neutral = without_odd_frames(hold, neutral, kicking)
    now, zero = (_posture(p.landmarks_px, kicking, facing) for p in (hold, neutral))

    def change(name: str) -> Floats:
        return np.asarray(getattr(now, name) - getattr(zero, name))

    mid = change("mid_thigh_deg")
    heavy, full = np.split(mid, 2)
    unit = float(np.degrees(1.0 / _mean(zero.thigh_px)))
    back_px, back_lean = trunk_motion(hold, neutral, TRUNK_BACK, facing)
    front_px, front_lean = trunk_motion(hold, neutral, TRUNK_FRONT, facing)
    upper, lower = (_edge_turn_deg(hold, neutral, kicking, span, facing) for span in (FIT.edge_upper, FIT.edge_lower))
    return _Features(
        mid_heavy=_mean(heavy if np.isfinite(heavy).any() else mid),
        mid_full=_mean(full if np.isfinite(full).any() else mid),
        own=_mean(change("own_thigh_deg")), leg=_mean(change("leg_deg")), shank=_mean(change("shank_deg")),
        trunk_landmarks=_mean(change("trunk_deg")), trunk_back=back_lean, trunk_front=front_lean,
        slip=_pelvis_slip_deg(_mean(change("hip_x_px")) * unit, back_px * unit, front_px * unit),
        edge_upper=upper, edge_lower=lower, yaw=_yaw_deg(zero, unit if view == "near" else -unit),
        hold_scatter=_scatter_deg(hold, kicking, facing),
        usable_share=min(float(np.isfinite(p.landmarks_px[..., LEFT_SHOULDER, 0]).mean()) for p in (hold, neutral)),
    )  # fmt: skip


def _edge_turn_deg(
    hold: RefinedFrames, neutral: RefinedFrames, edge: int, span: tuple[float, float], facing: Facing
) -> float:
    length = line_length_px((hold, neutral), edge)
    held, rest = (edge_direction_deg(p, edge, span=span, facing=facing, length_px=length)[0] for p in (hold, neutral))
    return held - rest


def _pelvis_slip_deg(mid_hip_deg: float, back_deg: float, front_deg: float) -> float:
    """Mid-hip landmark's displacement minus the pelvis's by the outline, degrees of thigh; NaN without an outline.

    Back and front should agree; if not, the one nearer to what the landmarks let expect, the back one by preference.
    """
    expected = mid_hip_deg - FIT.slip_expected_deg
    options = [v for v in (back_deg, front_deg) if np.isfinite(v)]
    if not options or not np.isfinite(expected):
        return float("nan")
    best = options[0]
    if len(options) == 2 and abs(back_deg - front_deg) >= FIT.slip_agree_deg:
        best = back_deg if abs(back_deg - expected) <= abs(front_deg - expected) + 0.5 else front_deg
    return mid_hip_deg - float(np.clip(best, expected - FIT.slip_limit_deg, expected + FIT.slip_limit_deg))


def _yaw_deg(zero: _Posture, unit: float) -> float:
    gaps = [unit * _mean(g) for g in (zero.hip_gap_px, zero.shoulder_gap_px, zero.ankle_gap_px)]
    value = float(np.dot(FIT.yaw, [1.0, *gaps]))
    return float(np.clip(value, -FIT.yaw_limit_deg, FIT.yaw_limit_deg))


def _scatter_deg(looks: RefinedFrames, kicking: int, facing: Facing) -> float:
    """Standard error of a phase's mean thigh-on-trunk direction, from the scatter of its frames."""
    points = middle_of_variants(looks.landmarks_px)
    hip, shoulder = points[:, 23:25].mean(axis=1), points[:, 11:13].mean(axis=1)
    thigh = backward_angle_deg(points[:, LEFT_KNEE + kicking] - hip, facing)
    angle = thigh - backward_angle_deg(hip - shoulder, facing)
    angle = angle[np.isfinite(angle)]
    return float(np.std(angle, ddof=1) / np.sqrt(len(angle))) if len(angle) > 1 else 0.5


# --- from features to angles -----------------------------------------------------------------------------------------


def _landmark_thigh_deg(found: _Features, view: View) -> float:
    mid = (found.mid_heavy + found.mid_full) / 2
    if view == "far":
        return FIT.far[0] + FIT.far[1] * mid
    ankle = min(found.leg - mid, FIT.ankle_limit_deg)
    yaw = max(found.yaw, -FIT.stance_limit_deg)
    terms = (1.0, found.mid_heavy, found.mid_full, found.own, ankle, found.shank - mid, yaw)
    from_behind = _far_behind(found.yaw) * float(np.dot(FIT.far_behind, (1.0, mid)))
    if np.isfinite(found.slip):
        return float(np.dot(FIT.near_with_slip, (*terms, found.slip))) + from_behind
    return float(np.dot(FIT.near_no_slip, terms)) + from_behind


def _far_behind(yaw_deg: float) -> float:
    """How much of the correction for a camera well behind the person applies, 0..1."""
    room = FIT.yaw_limit_deg - FIT.stance_limit_deg
    return float(np.clip((-yaw_deg - FIT.stance_limit_deg) / room, 0.0, 1.0))


def _fade(difference_deg: float) -> float:
    """Influence of a disagreement: full up to one bound, none from the other on (redescending); 0 for NaN."""
    if not np.isfinite(difference_deg):
        return 0.0
    room = FIT.edge_zero_deg - FIT.edge_full_deg
    return float(difference_deg * np.clip((FIT.edge_zero_deg - abs(difference_deg)) / room, 0.0, 1.0))


def _trunk_lean_deg(found: _Features) -> float:
    """Weighted mean of landmarks, back and front outline; what lies away from their median counts less."""
    values = np.array([found.trunk_landmarks + FIT.trunk_bias_deg, found.trunk_back, found.trunk_front])
    known = np.isfinite(values)
    if not known.any():
        return float("nan")
    values = values[known]
    weight = np.array(FIT.trunk_weights)[known] / (1.0 + ((values - np.median(values)) / FIT.trunk_scale_deg) ** 2)
    return float((weight * values).sum() / weight.sum())


def _undo_yaw_deg(angle_deg: float, yaw_deg: float) -> float:
    return float(np.degrees(np.arctan(np.tan(np.radians(angle_deg)) / np.cos(np.radians(yaw_deg)))))


def _stance_deg(yaw_deg: float) -> float:
    """What the camera's place in front of or behind the person does to the near thigh beyond foreshortening."""
    limited = float(np.clip(yaw_deg, -FIT.stance_limit_deg, FIT.stance_limit_deg))
    return float(np.dot(FIT.stance, [limited**k for k in range(4)]))


def _error(
    found: _Features,
    thigh_deg: float,
    gaps: tuple[float, float],
    faded: list[float],
    weights: tuple[float, float],
    view: View,
) -> RepError:
    total = sum(weights)
    gap = (weights[0] * gaps[0] + weights[1] * gaps[1]) / total
    used = sum(w * _kept(g, f) for w, g, f in zip(weights, gaps, faded, strict=True)) / total
    shared = [
        FIT.se_floor_near_deg if view == "near" else FIT.se_floor_far_deg,
        FIT.se_angle_share * thigh_deg,
        (FIT.se_yaw_share_near if view == "near" else FIT.se_yaw_share_far) * found.yaw,
        FIT.se_disagree_share * min(abs(gap), 8.0) if np.isfinite(gap) else 0.0,
        FIT.se_no_edge_deg * (1.0 - used),
        0.0 if np.isfinite(found.slip) or view == "far" else FIT.se_no_slip_deg,
        FIT.se_few_looks_deg if found.usable_share < FIT.few_share else 0.0,
    ]  # fmt: skip
    own = [FIT.se_rep_deg, FIT.se_scatter_share * min(found.hold_scatter, 1.0)]
    return RepError(float(np.linalg.norm(shared)), float(np.linalg.norm(own)))


def _kept(gap: float, faded: float) -> float:
    """Share of an edge's disagreement that still counts: 1 fully, 0 not at all or not measured."""
    if not np.isfinite(gap):
        return 0.0
    return 1.0 if abs(gap) < 1e-6 else faded / gap


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
