"""The standing kick-back test: from pose tracks to a session's result. Pure; no video, no model, no clock."""

from __future__ import annotations

from collections.abc import Sequence

from mobility_check.assessments.alternatives import done_instead
from mobility_check.assessments.assembly import assemble
from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.assessments.framing import usable_clip
from mobility_check.assessments.movements import FoundClip, FoundRep, frames_to_refine, overlap, planted, travelled
from mobility_check.assessments.rep_measurement import scored_rep
from mobility_check.assessments.session import Session
from mobility_check.kinematics.curves import SegmentCurves
from mobility_check.kinematics.landmarks import SIDES, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.reps import find_reps
from mobility_check.kinematics.signals import known_median
from mobility_check.kinematics.track import PoseTrack
from mobility_check.results.reasons import reason
from mobility_check.results.result import ANGLE_RULE, Provenance, Reason

__all__ = ["ANGLE_RULE", "DESCRIPTION", "TRACKING_RATE_HZ", "assess", "find", "frames_to_refine"]

DESCRIPTION = KICK_BACK
TRACKING_RATE_HZ = 15.0
"""A kick takes two seconds; its hold, three pictures at the least, is looked at again."""
LEADING_DEG = 2.0
"""The kicking thigh must swing this much further back than the other, or the trunk moved and not the leg (E)."""


def find(track: PoseTrack, params: Params) -> FoundClip:
    """Find segments of one facing, quiet standing and kicks in one clip."""
    usable = usable_clip(track, params)
    if isinstance(usable, Reason):
        return FoundClip(track, unusable=usable)
    segments, masked = usable.segments, usable.track
    candidates = [k for c in segments for k in _kicks(c, masked, params)]
    kicks = tuple(k for k in candidates if planted(k, masked))
    hint = None if kicks else usable.why_little() or _instead(segments, masked, params, walked=bool(candidates))
    return FoundClip(masked, segments, kicks, hint, at_edge=usable.at_edge, feet=usable.feet)


def assess(tracks: Sequence[PoseTrack], params: Params, provenance: Provenance) -> Session:
    """The result of one session of one person from the tracks of its clips."""
    found = [find(t, params) for t in tracks]
    scored = {
        side: [scored_rep(k, i, clip, params) for i, clip in enumerate(found) for k in clip.reps if k.side == side]
        for side in SIDES
    }
    return assemble(found, scored, tracks, test=DESCRIPTION, params=params, provenance=provenance)


def _kicks(curves: SegmentCurves, track: PoseTrack, params: Params) -> list[FoundRep]:
    """Kicks of both legs in one segment; where both seem to kick at once, only the leg that swings further."""
    t = track.time_s[curves.segment.start : curves.segment.stop]
    both = [FoundRep(s, curves, k) for s in SIDES for k in find_reps(curves.legs[s].extension_deg, t, params.reps)]
    kept: list[FoundRep] = []
    for k in sorted(both, key=lambda k: -float(curves.legs[k.side].extension_deg[k.kick.peak])):
        if _leads(k) and not any(overlap(k.kick, larger.kick) for larger in kept):
            kept.append(k)
    return sorted(kept, key=lambda k: k.kick.start)


def _leads(k: FoundRep) -> bool:
    """Whether the leg itself swings back, and not only the trunk forward or back over two standing legs."""
    legs = k.curves.legs
    lead = legs[k.side].thigh_deg[k.hold] - legs[other(k.side)].thigh_deg[k.hold]
    return not known_median(lead) < LEADING_DEG  # what was not seen (NaN) is no reason to leave the kick out


def _instead(segments: Sequence[SegmentCurves], track: PoseTrack, params: Params, *, walked: bool) -> Reason | None:
    """What was seen instead of kicks to the back."""
    if any(travelled(c, track) for c in segments):
        return reason("not_kick_back")
    other_movement = done_instead(segments, track, params) or (reason("not_kick_back") if walked else None)
    if other_movement is None and not all(c.standing.found for c in segments):
        return reason("no_neutral")
    return other_movement
