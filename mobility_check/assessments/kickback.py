"""The standing kick-back test: from pose tracks to a session's result. Pure; no video, no model, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mobility_check.assessments.alternatives import done_instead
from mobility_check.assessments.assembly import assemble
from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.assessments.framing import stance_knee_deg, usable_clip
from mobility_check.assessments.movements import FoundClip, FoundRep, frames_to_refine, overlap, planted, travelled
from mobility_check.assessments.rep_measurement import scored_rep
from mobility_check.assessments.scoring import ScoredRep
from mobility_check.assessments.session import Session
from mobility_check.kinematics.curves import SegmentCurves
from mobility_check.kinematics.geometry import backward_sign, mid_hip
from mobility_check.kinematics.landmarks import SIDES, Landmark, Side, joint, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.reps import find_reps
from mobility_check.kinematics.signals import known_median
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.refinement.coefficients import Coefficients
from mobility_check.results.reasons import reason, reason_measured
from mobility_check.results.result import ANGLE_RULE, Provenance, Reason, Rep

__all__ = ["ANGLE_RULE", "DESCRIPTION", "REFINED", "TRACKING_RATE_HZ", "assess", "find", "frames_to_refine"]

DESCRIPTION = KICK_BACK
TRACKING_RATE_HZ = 15.0
"""A kick takes two seconds; its hold, three pictures at the least, is looked at again."""
REFINED = True
LEADING_DEG = 1.0
"""The kicking leg must swing this much further back than the other, or the trunk moved and not the leg (E)."""
MERGED_LEGS = 0.05
"""Both feet this far back, in leg lengths, and the hips less than half as far: nobody stands like that. The model took
both legs for the one that kicks, as it does in small kicks in dark clothes (E)."""
HEEL_RAISED_DEG = 40.0
"""A knee that bends beyond this while the thigh stays is a heel lifted to the buttock, no kick (E)."""


def find(track: PoseTrack, params: Params) -> FoundClip:
    """Find segments of one facing, quiet standing and kicks in one clip."""
    usable = usable_clip(track, params)
    if isinstance(usable, Reason):
        return FoundClip(track, track, unusable=usable)
    segments, masked = usable.segments, usable.track
    candidates = [k for c in segments for k in _kicks(c, masked, params)]
    kicks = tuple(k for k in candidates if planted(k, masked))
    hint = None if kicks else usable.why_little() or _instead(segments, masked, params, walked=bool(candidates))
    return FoundClip(
        track,
        masked,
        segments,
        kicks,
        hint,
        at_edge=usable.at_edge,
        feet=usable.feet,
        long_kicks_s=_long_s(segments, masked, params),
    )


def assess(
    found: Sequence[FoundClip], params: Params, provenance: Provenance, *, coefficients: Coefficients
) -> Session:
    """The result of one session of one person from what was found in its clips."""
    scored = {
        side: [r for r in _scored(found, side, params, coefficients) if _is_kick(r.rep, params)] for side in SIDES
    }
    model, _ = coefficients.for_model(provenance.model, provenance.model_sha256)
    return assemble(
        found,
        scored,
        test=DESCRIPTION,
        params=params,
        provenance=provenance,
        left_right_correlation=model.left_right_correlation,
    )


def _scored(found: Sequence[FoundClip], side: Side, params: Params, coefficients: Coefficients) -> Iterator[ScoredRep]:
    for i, clip in enumerate(found):
        yield from (scored_rep(k, i, clip, params, coefficients) for k in clip.reps if k.side == side)


def _is_kick(rep: Rep, params: Params) -> bool:
    """Whether what was measured can still be a kick: small swings found in rough landmarks may prove to be none."""
    return not rep.valid or rep.ci95_deg is None or rep.ci95_deg[1] >= params.reps.on_deg


def _kicks(curves: SegmentCurves, track: PoseTrack, params: Params) -> list[FoundRep]:
    """Kicks of both legs in one segment; where both seem to kick at once, only the leg that swings further."""
    t = track.time_s[curves.segment.start : curves.segment.stop]
    both = [FoundRep(s, curves, k) for s in SIDES for k in find_reps(curves.swing[s], t, params.reps)]
    kept: list[FoundRep] = []
    for k in sorted(both, key=lambda k: -float(curves.swing[k.side][k.frames.peak])):
        if _leads(k, track, params) and not any(overlap(k.frames, larger.frames) for larger in kept):
            kept.append(k)
    return sorted(kept, key=lambda k: k.frames.start)


def _leads(k: FoundRep, track: PoseTrack, params: Params) -> bool:
    """Whether this leg swings back, and further than the other one in any direction.

    The trunk may tip over two standing legs, while one leg kicks forwards the other seems to go back a little, and a
    heel that is lifted to the buttock takes the foot back but not the thigh.
    """
    leg = k.curves.legs[k.side]
    heel_only = known_median(leg.knee_flexion_deg[k.hold]) > HEEL_RAISED_DEG
    if heel_only and known_median(leg.extension_deg[k.hold]) < params.reps.on_deg:
        return False
    if _merged(k, track):
        return k.view == "near"  # the standing leg is hidden only where it is the far one
    own, others = (known_median(k.curves.sweep[side][k.hold]) for side in (k.side, other(k.side)))
    return not (own - others < LEADING_DEG or own < abs(others))  # not seen (NaN) is no reason to leave it out


def _merged(k: FoundRep, track: PoseTrack) -> bool:
    """Whether both legs were seen where only the kicking one can be."""
    segment, rest = k.curves.segment, k.curves.neutral.frames
    xy = track.xy_px[segment.start : segment.stop]

    def back_legs(x_px: Floats) -> float:
        """How far a joint went back, in leg lengths."""
        forward_px = backward_sign(segment.facing) * (known_median(x_px[k.hold]) - known_median(x_px[rest]))
        return -forward_px / k.curves.leg_px

    feet = min(back_legs(xy[:, joint("ankle", side), 0]) for side in SIDES)
    return feet > MERGED_LEGS and abs(back_legs(mid_hip(xy)[:, 0])) < feet / 2


def _long_s(segments: Sequence[SegmentCurves], track: PoseTrack, params: Params) -> tuple[float, ...]:
    """Durations of movements that are too long for a kick, as in slow motion that was saved as an ordinary clip."""
    limits = replace(params.reps, min_duration_s=params.reps.max_duration_s, max_duration_s=np.inf)
    times = [track.time_s[c.segment.start : c.segment.stop] for c in segments]
    return tuple(
        float(t[k.stop - 1] - t[k.start])
        for c, t in zip(segments, times, strict=True)
        for s in SIDES
        for k in find_reps(c.swing[s], t, limits)
    )


def _instead(segments: Sequence[SegmentCurves], track: PoseTrack, params: Params, *, walked: bool) -> Reason | None:
    """What was seen instead of kicks to the back."""
    if any(travelled(c, track) for c in segments):
        return reason("not_kick_back")
    other_movement = done_instead(segments, track, params) or (reason("not_kick_back") if walked else None)
    if other_movement is not None:
        return other_movement
    if not all(c.neutral.found for c in segments):
        headless = known_median(track.xy_px[:, Landmark.NOSE, 1]) < 0  # then standing is seen as anything
        return reason("partial_body" if headless else "no_neutral")
    limit = params.gates.knee_flexion_reject_deg
    bent = [knee for c in segments if (knee := stance_knee_deg(c, track)) > limit]
    return reason_measured("bent_stance", bent, limit=limit) if bent else None
