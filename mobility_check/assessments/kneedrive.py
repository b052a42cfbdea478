"""The standing knee drive: how high and how fast one knee is driven up. Pure; no video, no model, no clock.

Standing side-on, the person drives one knee up as high and as fast as possible and lowers it again. Hip *flexion* is
the thigh in front of the trunk, minus the same angle in quiet standing; a rep's value is its peak, for the movement has
no hold, and its speed the fastest rise of the angle. It is the counterpart of the kick-back: the hip flexors at work.
Its error was never measured against known angles: it gets no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mobility_check.assessments.assembly import assemble
from mobility_check.assessments.descriptions import KNEE_DRIVE
from mobility_check.assessments.framing import usable_clip
from mobility_check.assessments.gates import Form, judge
from mobility_check.assessments.movements import FoundClip, FoundRep, feet_share, overlap, planted, seen, touches_edge
from mobility_check.assessments.rep_measurement import median_or_none
from mobility_check.assessments.scoring import ScoredRep
from mobility_check.assessments.session import Session
from mobility_check.kinematics.curves import SegmentCurves
from mobility_check.kinematics.landmarks import SIDES, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.reps import find_reps
from mobility_check.kinematics.track import PoseTrack
from mobility_check.refinement.coefficients import Coefficients
from mobility_check.refinement.frames import SegmentFrames
from mobility_check.results.reasons import reason
from mobility_check.results.result import Provenance, Reason, Rep

DESCRIPTION = KNEE_DRIVE
ANGLE_RULE = "knee-drive/1"
TRACKING_RATE_HZ = 60.0
"""A knee is driven up in about 0.3 s: its peak and speed need many pictures."""
REFINED = False
CUTOFF_HZ = 8.0
"""Low-pass of the curves; at 5 Hz a fast drive's peak is blunted by about half a degree (E)."""
ON_DEG, OFF_DEG = 20.0, 8.0
MIN_DURATION_S, MAX_DURATION_S = 0.3, 6.0
"""Limits of one drive (E)."""


def find(track: PoseTrack, params: Params) -> FoundClip:
    """Find segments of one facing, quiet standing and knee drives in one clip."""
    usable = usable_clip(track, replace(params, smoothing=replace(params.smoothing, cutoff_hz=CUTOFF_HZ)))
    if isinstance(usable, Reason):
        return FoundClip(track, track, unusable=usable)
    candidates = [d for c in usable.segments for d in _drives(c, usable.track, params)]
    drives = tuple(d for d in candidates if planted(d, usable.track))
    walked = reason("not_kick_back") if candidates and not drives else None
    hint = None if drives else usable.why_little() or walked
    return FoundClip(track, usable.track, usable.segments, drives, hint, at_edge=usable.at_edge, feet=usable.feet)


def frames_to_refine(clip: FoundClip) -> list[SegmentFrames]:
    """None: a peak lasts too short for a refinement pass to gain by averaging."""
    return []


def assess(
    found: Sequence[FoundClip], params: Params, provenance: Provenance, *, coefficients: Coefficients
) -> Session:
    """The result of one session of one person from what was found in its clips."""
    scored = {
        side: [_scored(d, i, clip, params) for i, clip in enumerate(found) for d in clip.reps if d.side == side]
        for side in SIDES
    }
    return assemble(found, scored, test=DESCRIPTION, params=params, provenance=provenance)


def _drives(curves: SegmentCurves, track: PoseTrack, params: Params) -> list[FoundRep]:
    """Knee drives of both legs in one segment; of two at the same time the higher one."""
    t = track.time_s[curves.segment.start : curves.segment.stop]
    limits = replace(
        params.reps, on_deg=ON_DEG, off_deg=OFF_DEG, min_duration_s=MIN_DURATION_S, max_duration_s=MAX_DURATION_S
    )
    both = [FoundRep(s, curves, k) for s in SIDES for k in find_reps(-curves.legs[s].extension_deg, t, limits)]
    kept: list[FoundRep] = []
    for d in sorted(both, key=lambda d: float(curves.legs[d.side].extension_deg[d.frames.peak])):
        if not any(overlap(d.frames, higher.frames) for higher in kept):
            kept.append(d)
    return sorted(kept, key=lambda d: d.frames.start)


def _scored(d: FoundRep, number: int, clip: FoundClip, params: Params) -> ScoredRep:
    """Measure and judge one drive at its peak."""
    c, t = d.curves, clip.times(d.curves)
    whole = slice(d.frames.start, d.frames.stop)
    flexion = -c.legs[d.side].extension_deg
    peak = d.frames.start + int(np.nanargmax(flexion[whole]))
    at = slice(peak, peak + 1)
    rise = slice(max(d.frames.start - 1, 0), peak + 1)
    support_deg = median_or_none(c.legs[other(d.side)].knee_flexion_deg[at])
    lean_deg = median_or_none(c.trunk_lean_deg[at])
    verdict = judge(
        Form(
            trunk_lean_deg=lean_deg,
            knee_flexion_deg=None,
            support_knee_flexion_deg=support_deg if d.view == "far" else None,
            yaw_deg=c.yaw_deg if np.isfinite(c.yaw_deg) else None,
            hold_found=True,
            hold_sd_deg=0.0,
            seen_share=float(seen(d, clip.track, whole).mean()),
            longest_gap_s=0.0,
            frozen_s=0.0,
            cut=d.frames.cut,
            at_edge=touches_edge(d, clip),
            feet_share=feet_share(d, clip),
        ),
        params.gates,
    )
    value = float(flexion[peak])
    rep = Rep(
        start_s=float(t[whole.start]),
        peak_s=float(t[peak]),
        end_s=float(t[whole.stop - 1]),
        extension_deg=None,
        ci95_deg=None,
        thigh_deg=median_or_none(c.legs[d.side].thigh_deg[at]),
        trunk_lean_deg=lean_deg,
        knee_flexion_deg=median_or_none(c.legs[d.side].knee_flexion_deg[at]),
        support_knee_flexion_deg=support_deg,
        view=d.view,
        valid=verdict.valid,
        reasons=verdict.reasons,
        clip=number,
        flexion_deg=value,
        flexion_speed_deg_s=float(np.nanmax(np.gradient(flexion[rise], t[rise]))),
    )
    return ScoredRep(rep, None, verdict.faults)
