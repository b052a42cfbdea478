"""Puts a session together: reps of all clips into sides, reasons, quality and the curves that pictures need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mobility_check.assessments.framing import picture_notes
from mobility_check.assessments.gates import Fault
from mobility_check.assessments.movements import FoundClip
from mobility_check.assessments.scoring import (
    ScoredRep,
    clips_differ,
    clips_disagree,
    compare,
    overall_status,
    score_side,
)
from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.kinematics.curves import LegSeries, SegmentCurves
from mobility_check.kinematics.landmarks import SIDES, Side, near_side, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.signals import median, runs
from mobility_check.kinematics.track import PoseTrack
from mobility_check.results.description import Description
from mobility_check.results.reasons import reason, reason_measured
from mobility_check.results.result import (
    Asymmetry,
    InputInfo,
    Person,
    PersonBox,
    Provenance,
    Quality,
    Reason,
    Rep,
    Result,
    SideResult,
)

SLOW_RISE_S = 2.3
"""A leg that takes longer from where its rise is noticed to the hold does not move in real time (E). The protocol's
two seconds to raise it show as 1.5, three as 2.1."""


def assemble(
    found: Sequence[FoundClip],
    scored: Mapping[Side, Sequence[ScoredRep]],
    *,
    test: Description,
    params: Params,
    provenance: Provenance,
    left_right_correlation: float = 0.0,
) -> Session:
    """The session's result and curves from what was found in its clips and the scored reps of both legs.

    The curves are those of the tracking pass as they were measured; what the refinement pass made of a hold is in the
    rep.
    """
    words, tracks = test.reason_texts, tuple(f.recording for f in found)
    slow_s = slow_motion_s(found, scored)
    scored = {side: [_reworded(_timed(r, slow_s), words) for r in scored[side]] for side in SIDES}
    left, right = (score_side(scored[side], params) for side in SIDES)
    differ = clips_differ(tracks, scored)
    mixed = [*differ, *clips_disagree(scored, params)]
    nothing = () if any(scored.values()) else _nothing_found(found, slow_s)
    sides: dict[Side, SideResult] = {
        "left": _limited(_explained("left", left[0], found, slow_s, nothing), mixed, words),
        "right": _limited(_explained("right", right[0], found, slow_s, nothing), mixed, words),
    }
    result = Result(
        status=overall_status(list(sides.values())),
        reasons=_in(words, [r for r in _reasons(found, sides, params) if slow_s is None or r.code not in REPEATED]),
        inputs=tuple(_input(t) for t in tracks),
        sides=sides,
        asymmetry=Asymmetry() if differ else compare(left, right, shared_correlation=left_right_correlation),
        quality=_quality(found),
        provenance=provenance,
        test=test.test,
        person=_person(tracks),
    )
    clips = tuple(
        _clip(f, {s: tuple(r.rep for r in scored[s] if r.rep.clip == i) for s in SIDES}) for i, f in enumerate(found)
    )
    return Session(result, clips, tracks)


def _in(words: Mapping[str, str], reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(Reason(r.code, words.get(r.code, r.message)) for r in reasons)


def _reworded(scored: ScoredRep, words: Mapping[str, str]) -> ScoredRep:
    return replace(scored, rep=replace(scored.rep, reasons=_in(words, scored.rep.reasons)))


def _limited(side: SideResult, mixed: Sequence[Reason], words: Mapping[str, str]) -> SideResult:
    """The side in the test's words; a number of two people or days is never more than limited."""
    if side.score_deg is None:
        return replace(side, reasons=_in(words, side.reasons))
    return replace(side, status="limited" if mixed else side.status, reasons=_in(words, (*mixed, *side.reasons)))


def _reasons(found: Sequence[FoundClip], sides: Mapping[Side, SideResult], params: Params) -> tuple[Reason, ...]:
    notes = [*_neutral_notes(found, params), *(n for f in found if f.unusable is None for n in _notes(f, params))]
    if all(s.score_deg is None for s in sides.values()):
        told = [s.reasons for s in sides.values() if s.reps] or [s.reasons for s in sides.values()]
        return _unique([*(r for reasons in told for r in reasons), *notes])
    return _unique([*_other_leg(sides), *notes])


REPEATED = ("frozen_picture", "picture_froze")
"""Slow motion made by showing every picture several times is not a frozen picture."""


def slow_motion_s(found: Sequence[FoundClip], scored: Mapping[Side, Sequence[ScoredRep]]) -> float | None:
    """How long the movements last where most of them are too slow for real time, else None."""
    reps = [r.rep for side in SIDES for r in scored[side]]
    rises = [(rep.hold_s[0] if rep.hold_s else rep.peak_s) - rep.start_s for rep in reps]
    slow = [s for f in found for s in f.long_kicks_s]
    slow += [rep.end_s - rep.start_s for rep, rise_s in zip(reps, rises, strict=True) if rise_s > SLOW_RISE_S]
    most = 2 * len(slow) > len(reps) + sum(len(f.long_kicks_s) for f in found)
    return median(np.array(slow)) if most else None


def _timed(scored: ScoredRep, slow_s: float | None) -> ScoredRep:
    """The rep, not counted where the clip seems to be in slow motion: speeds decide what is a hold or a stance."""
    if slow_s is None:
        return scored
    fault = Fault("slow_motion", value=slow_s, limit=SLOW_RISE_S)
    others = tuple(f for f in scored.faults if f.code not in REPEATED)
    rep = replace(scored.rep, valid=False, reasons=(fault.reason, *(f.reason for f in others)))
    return replace(scored, rep=rep, faults=(fault, *others))


def _explained(
    side: Side, result: SideResult, found: Sequence[FoundClip], slow_s: float | None, nothing: Sequence[Reason]
) -> SideResult:
    """A leg without a rep, with the reason why none could be found where there is one."""
    if result.reps:
        return result
    if nothing:
        return replace(result, reasons=tuple(nothing))
    shown = [c for f in found for c in f.segments if near_side(c.segment.facing) == side]
    if slow_s is None and shown and not any(c.neutral.found for c in shown):
        return replace(result, reasons=(reason("no_neutral"),))
    return result if slow_s is None else replace(result, reasons=(_slow(slow_s),))


def _slow(seconds: float) -> Reason:
    return reason_measured("slow_motion", [seconds], limit=SLOW_RISE_S)


def _other_leg(sides: Mapping[Side, SideResult]) -> list[Reason]:
    """What to say of the leg without a number while the other has one."""
    for side in SIDES:
        without = sides[other(side)]
        if without.score_deg is None:
            simply = all(r.code == "leg_not_kicked" for r in without.reasons)
            return [reason("one_leg_only") if simply else reason("other_leg_invalid", side=side)]
    return []


def _neutral_notes(found: Sequence[FoundClip], params: Params) -> list[Reason]:
    used = [r.curves.neutral for f in found for r in f.reps]
    if any(s.grade == "thin" for s in used):
        return [reason("thin_neutral")]
    return [reason("short_neutral")] if any(s.seconds < params.neutral.wanted_s for s in used) else []


def _notes(clip: FoundClip, params: Params) -> list[Reason]:
    limit = params.framing.camera_motion_warn_share
    moved = any(c.camera.travel_px > limit * c.leg_px for c in clip.segments)
    return [*picture_notes(clip.track, params.framing), *([reason("camera_moving")] if moved else [])]


def _nothing_found(found: Sequence[FoundClip], slow_s: float | None) -> tuple[Reason, ...]:
    """Why no leg has a rep."""
    if slow_s is not None:
        return (_slow(slow_s),)
    usable = [f.hint or reason("no_reps") for f in found if f.unusable is None]
    return _unique([*usable, *(f.unusable for f in found if f.unusable is not None)])


def _unique(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The same code said once, in the order of first mention."""
    first: dict[str, Reason] = {}
    for r in reasons:
        first.setdefault(r.code, r)
    return tuple(first.values())


def _quality(found: Sequence[FoundClip]) -> Quality:
    segments = [c for f in found for c in f.segments]
    frames = [np.isfinite(f.track.xy_px[:, 0, 0]) for f in found if len(f.track)]
    neutral = [span for f in found for c in f.segments for span in _neutral_spans(f, c)]
    return Quality(
        camera_yaw_deg=_mean([c.yaw_deg for c in segments]),
        seen_share=float(np.concatenate(frames).mean()) if frames else None,
        neutral_s=neutral[0] if neutral else None,
        camera_roll_deg=_mean([c.roll_deg for c in segments]),
        facing=tuple(c.segment.facing for c in segments),
        thigh_px=_mean([c.thigh_px for c in segments]),
    )


def _mean(values: Sequence[float]) -> float | None:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else None


def _neutral_spans(clip: FoundClip, c: SegmentCurves) -> list[tuple[float, float]]:
    if not c.neutral.found:
        return []
    t = clip.times(c)
    return [(float(t[a]), float(t[b - 1])) for a, b in runs(c.neutral.frames)]


def _clip(clip: FoundClip, reps: Mapping[Side, tuple[Rep, ...]]) -> ClipAnalysis:
    n = len(clip.track)
    trunk = np.full(n, np.nan)
    legs = {s: LegSeries(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)) for s in SIDES}
    for c in clip.segments:
        span = slice(c.segment.start, c.segment.stop)
        trunk[span] = c.trunk_lean_deg
        for s in SIDES:
            for name in ("extension_deg", "thigh_deg", "knee_flexion_deg"):
                getattr(legs[s], name)[span] = getattr(c.legs[s], name)
    spans = tuple(span for c in clip.segments for span in _neutral_spans(clip, c))
    return ClipAnalysis(clip.track.time_s, trunk, legs, tuple(c.segment for c in clip.segments), spans, reps)


def _person(tracks: Sequence[PoseTrack]) -> Person | None:
    """Who was measured, in the clip with the most people."""
    views = [(t.in_view, i) for i, t in enumerate(tracks)]
    view, clip = max(views, key=lambda v: len(v[0].boxes) if v[0] else 0, default=(None, 0))
    if view is None:
        return None
    people = [PersonBox(n, view.place(n), box) for n, box in enumerate(view.boxes, start=1)]
    me = people[view.number - 1]
    others = tuple(p for p in people if p is not me)
    return Person(me.number, me.place, me.box, len(people), view.shown_s, clip, others)


def _input(track: PoseTrack) -> InputInfo:
    m = track.meta
    notes = tuple(reason(code) for code in m.notes)
    return InputInfo(m.path, m.sha256, m.duration_s, m.fps, m.frames, m.width_px, m.height_px, notes)
