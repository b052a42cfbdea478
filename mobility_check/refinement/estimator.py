"""One rep's angles from its features, with their standard errors. Pure; how well it does is in docs/accuracy.md.

The extension is first taken from the landmarks, mid-hip → knee minus the trunk's lean. To this is added a linear
combination of smooth terms, each bounded, so that no single odd measurement can carry the result away:

* other directions and places of the same leg, whose errors differ from those of the mid-hip landmark;
* the turn of the thigh's back edge, and what the trunk's edges say of its lean and of how far the hip landmarks slipped
  along; an edge that disagrees by much may be a hem, an arm or the other leg, and its influence fades or is bounded;
* what separates near and far joints in the stance, for a camera beside the side view sees tan(true) · cos(yaw).

A smooth function of the same terms is added, which is learned from the legs that were fitted: legs that look alike err
alike, and far from all of them it fades to nothing.

The logarithm of the standard error is a linear combination of how far the leg is from all that were fitted and of terms
that tell how well the measurements agree. All coefficients are fitted on rendered people (``calibration/fit.py``).
Everything is continuous in every feature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from mobility_check.kinematics.track import Floats
from mobility_check.refinement.coefficients import FittedLegs, ModelCoefficients, ViewCoefficients
from mobility_check.refinement.features import Features

TERMS = (
    "constant",
    "mid",
    "own",
    "leg",
    "knee",
    "knee_travel",
    "ankle_travel",
    "support_mid",
    "support_leg",
    "lean",
    "lean_back",
    "lean_front",
    "slip_back",
    "slip_front",
    "edge_turn",
    "hip_gap",
    "shoulder_gap",
    "shoulder_gap_squared",
    "thigh_shorter",
    "mid_by_shoulder_gap",
    "mid_by_hip_gap_squared",
)
ERROR_TERMS = ("constant", "unlike", "trunk_edges_differ", "very_unlike", "no_edge", "models_differ", "not_seen")
EDGE_OFF_DEG = 6.0
"""The thigh's edge is no longer taken for one when it differs by more from the landmarks (E)."""
SLIPS_DIFFER_DEG = (0.3, 4.0)
"""Less than this, and more, tells nothing more of the error; where one of the trunk's edges was not seen it is the most
(E)."""
UNLIKE_DEG, UNLIKE_RANGE = 0.8, 0.4
"""Usual standard error of what is unlike the fitted legs, and over which range of its logarithm the legs tell of it."""
LEAST_ERROR_DEG, MOST_LOG_ERROR = 0.2, math.log(8.0)
"""No leg is surer than this, however well its measurements agree (E); and beyond 8° nothing is said about it."""


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
    """One rep, sagittal-plane angles in degrees, neutral subtracted."""

    extension_deg: float
    thigh_deg: float
    trunk_lean_deg: float
    knee_flexion_deg: float
    error: RepError


def estimate(x: Features, coefficients: ModelCoefficients, *, near: bool) -> Estimate | None:
    """Angles of one rep; None when thigh or trunk were not seen.

    Args:
        x: its features.
        coefficients: of the model that gave the landmarks.
        near: whether the kicking leg is the one next to the camera.
    """
    view: ViewCoefficients = coefficients.near if near else coefficients.far
    mid, lean = float(mid_of(x)), float(x.lean_landmarks)
    extension = float(extension_deg(x, view))
    if not np.isfinite(extension):
        return None
    t = terms(x)
    lean += float(t @ np.array(view.trunk_lean))
    knee = float(np.nan_to_num(x.shank - mid)) + float(t @ np.array(view.knee_flexion))
    own_deg = max(view.rep_error_deg, coefficients.near.rep_error_deg)
    error = RepError(float(shared_error_deg(x, coefficients, near=near)), own_deg)
    return Estimate(extension, extension + lean, lean, knee, error)


def extension_deg(x: Features, view: ViewCoefficients) -> Floats:
    """Hip extension (...) in degrees; NaN where thigh or trunk were not seen."""
    t = terms(x)
    return np.asarray(mid_of(x) - x.lean_landmarks + t @ np.array(view.extension) + smooth_correction(t, view.legs))


def shared_error_deg(x: Features, coefficients: ModelCoefficients, *, near: bool) -> Floats:
    """Standard error (...) in degrees that all reps of a leg share; a far leg is never surer than such a near one."""
    if near:
        return shared_error(x, coefficients.near)
    other = replace(x, hip_gap=-x.hip_gap, shoulder_gap=-x.shoulder_gap, ankle_gap=-x.ankle_gap)
    return np.maximum(shared_error(x, coefficients.far), shared_error(other, coefficients.near))


def smooth_correction(t: Floats, legs: FittedLegs) -> Floats:
    """What legs like this one add to the linear terms (..., K + 1), degrees."""
    return np.asarray(legs.smooth_part((t[..., 1:] - legs.middle) / legs.spread) @ legs.weights)


def shared_error(x: Features, view: ViewCoefficients) -> Floats:
    """Standard error (...) in degrees that all reps of a leg share."""
    return np.asarray(np.sqrt(shared_variance(error_terms(x, unlike_variance(terms(x), view.legs)), view.log_error)))


def shared_variance(error: Floats, log_error: ArrayLike) -> Floats:
    """Variance (...) that error terms (..., K) stand for, degrees squared; smooth, so that its fit has one answer."""
    return np.asarray(LEAST_ERROR_DEG**2 + np.exp(2 * np.minimum(error @ np.asarray(log_error), MOST_LOG_ERROR)))


def unlike_variance(t: Floats, legs: FittedLegs) -> Floats:
    """Variance (...) of what is not known of a leg because no leg just like it was fitted, degrees squared."""
    places = (t[..., 1:] - legs.middle) / legs.spread
    known = legs.straight_part(places) + legs.smooth_part(places)
    explained = np.einsum("...i,ij,...j->...", known, legs.precision, known)
    return np.asarray(np.maximum(legs.own_variance(places) - explained, 0.0))


def mid_of(x: Features) -> Floats:
    """Mid-hip → knee, mean of the models that saw it."""
    heavy, full = np.asarray(x.mid_heavy, dtype=float), np.asarray(x.mid_full, dtype=float)
    both = np.where(np.isfinite(full), (heavy + full) / 2, heavy)
    return np.asarray(np.where(np.isfinite(heavy), both, full))


def terms(x: Features) -> Floats:
    """(..., 21) terms of the angles, in the order of ``TERMS``; what was not measured counts nothing.

    Args:
        x: features, each a number or an array (...).
    """
    mid, lean = mid_of(x), np.asarray(x.lean_landmarks, dtype=float)
    values = (
        np.ones_like(mid),
        mid,
        _bounded(x.own - mid, 8.0),
        _bounded(x.leg - mid, 8.0),
        _bounded(x.shank - mid, 15.0),
        _bounded(x.knee_travel - mid, 6.0),
        _bounded(x.ankle_travel - mid, 8.0),
        _bounded(x.support_mid, 5.0),
        _bounded(x.support_leg, 5.0),
        lean,
        _fading(x.lean_back - lean, 2.5),
        _fading(x.lean_front - lean, 2.5),
        _fading(x.slip_back - 0.6, 2.5),
        _fading(x.slip_front - 0.6, 2.5),
        _bounded(x.edge_turn - mid, 4.0),
        _bounded(x.hip_gap, 20.0),
        _bounded(x.shoulder_gap, 20.0),
        (_bounded(x.shoulder_gap, 20.0) / 10.0) ** 2,
        _bounded(100.0 * np.asarray(x.thigh_shorter), 8.0),
        mid / 20.0 * _bounded(x.shoulder_gap, 20.0),
        mid / 20.0 * (_bounded(x.hip_gap, 20.0) / 10.0) ** 2,
    )
    return np.stack(np.broadcast_arrays(*values), axis=-1)


def error_terms(x: Features, unlike: Floats) -> Floats:
    """(..., 7) terms of the logarithm of the standard error, in the order of ``ERROR_TERMS``.

    Args:
        x: features, each a number or an array (...).
        unlike: (...) variance of what is unlike the legs that were fitted.
    """
    away = np.log(unlike + LEAST_ERROR_DEG**2) / 2 - math.log(UNLIKE_DEG)
    least, most = SLIPS_DIFFER_DEG
    slips = np.nan_to_num(np.asarray(x.slip_back - np.asarray(x.slip_front), dtype=float), nan=1e3)
    values = (
        np.ones_like(unlike),
        _bounded(away, UNLIKE_RANGE),
        np.log(_bounded(slips, most) ** 2 + least**2) / 2,
        away - _bounded(away, UNLIKE_RANGE),
        1.0 - _weight(x.edge_turn - mid_of(x), EDGE_OFF_DEG),
        _size(x.mid_heavy - np.asarray(x.mid_full), 6.0),
        1.0 - np.asarray(x.usable_share),
    )
    return np.stack(np.broadcast_arrays(*values), axis=-1)


def _bounded(value: Floats | float, limit: float) -> Floats:
    """Nearly the value while it is small, never beyond the limit; 0 where not measured."""
    return np.asarray(limit * np.tanh(np.nan_to_num(np.asarray(value, dtype=float), nan=0.0) / limit))


def _weight(difference_deg: Floats | float, width_deg: float) -> Floats:
    """Influence of a measurement that differs by so much from the landmarks, 0..1; 0 where not measured."""
    known = np.asarray(difference_deg, dtype=float)
    return np.asarray(np.where(np.isfinite(known), np.exp(-((np.nan_to_num(known) / width_deg) ** 2) / 2), 0.0))


def _fading(difference_deg: Floats | float, width_deg: float) -> Floats:
    """The difference, fading to 0 as it grows beyond the width; 0 where not measured."""
    known = np.nan_to_num(np.asarray(difference_deg, dtype=float))
    return np.asarray(known * _weight(difference_deg, width_deg))


def _size(value: Floats | float, limit: float) -> Floats:
    """Size of a value, rounded off at 0 and bounded; 0 where not measured."""
    return np.asarray(np.sqrt(_bounded(value, limit) ** 2 + 0.25) - 0.5)
