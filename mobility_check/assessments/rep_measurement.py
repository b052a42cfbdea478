"""Measures and judges one rep: angles over its hold, their errors, and whether it counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mobility_check.assessments.gates import Form, judge
from mobility_check.assessments.movements import FoundClip, FoundRep, feet_share, frozen_s, seen, touches_edge
from mobility_check.assessments.scoring import ScoredRep, interval
from mobility_check.kinematics.landmarks import other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.signals import allowed_gap_s, known_median, known_sd, longest_gap_s
from mobility_check.kinematics.track import Floats
from mobility_check.refinement.coefficients import Coefficients, ModelCoefficients
from mobility_check.refinement.estimator import Estimate, RepError, estimate
from mobility_check.refinement.features import features
from mobility_check.results.result import Interval, Rep

BENT_STANCE_SHARE = 0.25
"""A knee that looks bent in the stance by so much turns the thigh by half of it, two standard errors (E)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Angles of one rep over its hold, and the errors of its extension; ``None`` where not seen."""

    extension_deg: float | None
    thigh_deg: float | None
    trunk_lean_deg: float | None
    knee_flexion_deg: float | None
    support_knee_flexion_deg: float | None
    error: RepError
    model_fitted: bool = True

    @property
    def ci95_deg(self) -> Interval | None:
        """Interval of the extension."""
        return None if self.extension_deg is None else interval(self.extension_deg, self.error.total_deg)


def scored_rep(rep: FoundRep, number: int, clip: FoundClip, params: Params, coefficients: Coefficients) -> ScoredRep:
    """Measure and judge one rep of clip ``number`` of the session."""
    m = measure(rep, clip, params, coefficients)
    verdict = judge(_form(rep, clip, m, params), params.gates)
    t, k = clip.times(rep.curves), rep.frames
    return ScoredRep(
        Rep(
            start_s=float(t[k.start]),
            peak_s=float(t[k.peak]),
            end_s=float(t[k.stop - 1]),
            extension_deg=m.extension_deg,
            ci95_deg=m.ci95_deg,
            thigh_deg=m.thigh_deg,
            trunk_lean_deg=m.trunk_lean_deg,
            knee_flexion_deg=m.knee_flexion_deg,
            support_knee_flexion_deg=m.support_knee_flexion_deg,
            view=rep.view,
            valid=verdict.valid and m.extension_deg is not None,
            reasons=verdict.reasons,
            clip=number,
            hold_s=(float(t[k.hold_start]), float(t[k.hold_stop - 1])) if rep.held else None,
            se_deg=m.error.total_deg,
        ),
        m.error,
        verdict.faults,
    )


def measure(rep: FoundRep, clip: FoundClip, params: Params, coefficients: Coefficients) -> Measured:
    """Angles of one rep, from the refinement pass where there is one, else from the tracking pass's curves."""
    support = median_or_none(rep.curves.legs[other(rep.side)].knee_flexion_deg[rep.hold])
    model, fitted = coefficients.for_model(clip.track.model, clip.track.model_sha256)
    e = _estimated(rep, clip, model)
    if e is None:
        return _from_tracking(rep, clip, support, params)
    factor = 1.0 if fitted else coefficients.other_model_factor
    error = replace(e.error, shared_deg=factor * e.error.shared_deg)
    error = _widened(error, rep, clip, params, knee_deg=e.knee_flexion_deg)
    return Measured(
        e.extension_deg, e.thigh_deg, e.trunk_lean_deg, e.knee_flexion_deg, support, error, model_fitted=fitted
    )


def _estimated(rep: FoundRep, clip: FoundClip, model: ModelCoefficients) -> Estimate | None:
    """From the refined frames; None without them."""
    c, frames = rep.curves, clip.track.refined
    if frames is None:
        return None
    hold, neutral = frames.at(clip.clip_frames(c, rep.hold)), frames.at(clip.standing(c))
    x = features(hold, neutral, side=rep.side, view=rep.view, facing=c.segment.facing)
    return None if x is None else estimate(x, model, near=rep.view == "near")


def _from_tracking(rep: FoundRep, clip: FoundClip, support_knee_deg: float | None, params: Params) -> Measured:
    leg, e = rep.curves.legs[rep.side], params.errors
    shared = e.tracking_near_deg if rep.view == "near" else e.tracking_far_deg
    yaw = e.tracking_yaw_share * (abs(rep.curves.yaw_deg) if np.isfinite(rep.curves.yaw_deg) else 0.0)
    held = leg.extension_deg[rep.hold]
    own = max(e.tracking_rep_deg, known_sd(held) / 2)
    knee = median_or_none(leg.knee_flexion_deg[rep.hold])
    error = _widened(RepError(float(np.hypot(shared, yaw)), own), rep, clip, params, knee_deg=knee or 0.0)
    return Measured(
        median_or_none(held),
        median_or_none(leg.thigh_deg[rep.hold]),
        median_or_none(rep.curves.trunk_lean_deg[rep.hold]),
        knee,
        support_knee_deg,
        error,
    )


def _widened(error: RepError, rep: FoundRep, clip: FoundClip, params: Params, *, knee_deg: float) -> RepError:
    """A doubtful zero is an error that all reps share, and so are holds hardly seen and feet that are guessed."""
    no_feet = feet_share(rep, clip) < params.gates.min_seen_share
    doubts = (rep.curves.neutral.grade != "seen", rep.hardly_seen, no_feet)
    bent = -knee_deg if knee_deg < -params.gates.knee_flexion_warn_deg else 0.0
    widths = (BENT_STANCE_SHARE * bent, *(d * params.errors.no_neutral_deg for d in doubts))
    return replace(error, shared_deg=math.hypot(error.shared_deg, *widths))


def _form(rep: FoundRep, clip: FoundClip, m: Measured, params: Params) -> Form:
    t = clip.times(rep.curves)
    top = rep.top(band_deg=params.reps.hold_band_deg)
    hold = rep.curves.legs[rep.side].extension_deg[rep.hold]
    gap_s = longest_gap_s(seen(rep, clip.track, top), t[top])
    return Form(
        trunk_lean_deg=m.trunk_lean_deg,
        knee_flexion_deg=m.knee_flexion_deg,
        # the far leg is hidden behind the near one: its knee is not a reason to reject a kick
        support_knee_flexion_deg=m.support_knee_flexion_deg if rep.view == "far" else None,
        yaw_deg=rep.curves.yaw_deg if np.isfinite(rep.curves.yaw_deg) else None,
        hold_found=rep.held,
        hold_sd_deg=known_sd(hold) if rep.held else 0.0,
        seen_share=float(seen(rep, clip.track, slice(rep.frames.start, rep.frames.stop)).mean()),
        longest_gap_s=gap_s if gap_s > allowed_gap_s(t, max_gap_s=params.gates.max_gap_s) else 0.0,
        frozen_s=frozen_s(rep, clip.track) if rep.held else 0.0,
        cut=rep.frames.cut,
        at_edge=touches_edge(rep, clip),
        feet_share=feet_share(rep, clip),
        neutral_sure=rep.curves.neutral.grade == "seen",
        model_fitted=m.model_fitted,
        hardly_seen=rep.hardly_seen,
    )


def median_or_none(x: Floats) -> float | None:
    """Median of what is finite."""
    middle = known_median(x)
    return middle if np.isfinite(middle) else None
