"""The standing kick-back test: from pose tracks to a session's result. Pure; no video, no model, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mobility_check.core.analysis import ClipAnalysis, LegSeries, Session
from mobility_check.core.curves import StretchCurves, clip_curves
from mobility_check.core.framing import measurable, picture_notes, why_unusable
from mobility_check.core.gates import Form, judge
from mobility_check.core.geometry import mid_hip
from mobility_check.core.estimator import estimate
from mobility_check.core.landmarks import SIDES, Side, View, joint, near_side, other
from mobility_check.core.looks import Looks, StretchFrames
from mobility_check.core.params import Params
from mobility_check.core.reasons import reason
from mobility_check.core.reps import Kick, find_kicks
from mobility_check.core.result import InputInfo, Provenance, Quality, Reason, Rep, Result, SideResult
from mobility_check.core.scoring import RepError, ScoredRep, compare, interval, overall_status, score_side
from mobility_check.core.signals import Bools, longest_gap_s, runs
from mobility_check.core.track import Floats, PoseTrack

PLANTED_SHARE = 0.25
"""How far the standing foot may wander during a kick, in leg lengths; in a step it moves about half a leg (E)."""
LEADING_DEG = 2.0
"""The kicking thigh must swing this much further back than the other, or the trunk moved and not the leg (E)."""
FORWARD_DEG = 10.0
"""A forward swing beyond this is told to the user as kicking forwards (E)."""
HEEL_RAISED_DEG = 40.0
"""A knee that bends beyond this while the hip does not extend is told as a heel lifted to the buttock (E)."""


@dataclass(frozen=True, slots=True)
class FoundKick:
    """A kick of one leg in one stretch; ``kick`` holds frame indices within the stretch."""

    side: Side
    view: View
    curves: StretchCurves
    kick: Kick

    @property
    def top_deg(self) -> float:
        """Highest extension of the kick."""
        return float(self.curves.legs[self.side].extension_deg[self.kick.peak])


@dataclass(frozen=True, slots=True)
class FoundClip:
    """What was found in one clip before any rep is judged; ``knee_bend_deg`` of heels lifted instead of kicks."""

    track: PoseTrack
    stretches: tuple[StretchCurves, ...]
    kicks: tuple[FoundKick, ...]
    walked: bool
    kicked_forward: bool
    knee_bend_deg: float | None
    unusable: Reason | None


def find(track: PoseTrack, params: Params) -> FoundClip:
    """Find stretches, quiet standing and kicks in one clip."""
    unusable = why_unusable(track, params.framing)
    if unusable is not None:
        return FoundClip(track, (), (), False, False, None, unusable)
    whole = measurable(track, params.framing)
    masked = replace(track, xy_px=np.where(whole[:, None, None], track.xy_px, np.nan))
    stretches = clip_curves(masked, params)
    candidates = [k for c in stretches for k in _kicks_of(c, masked, params)]
    planted = [k for k in candidates if _planted(k, masked)]
    forward = any(_kicked_forward(c, masked, params) for c in stretches)
    bend = max((b for c in stretches for b in _heels_raised_deg(c, masked, params)), default=None)
    return FoundClip(masked, stretches, tuple(planted), len(planted) < len(candidates), forward, bend, None)


def assess(tracks: Sequence[PoseTrack], params: Params, provenance: Provenance) -> Session:
    """The result of one session of one person from the tracks of its clips."""
    found = [find(t, params) for t in tracks]
    scored = {side: [_scored(k, i, f, params) for i, f in enumerate(found) for k in f.kicks if k.side == side]
              for side in SIDES}  # fmt: skip
    sides = {side: score_side(scored[side], params) for side in SIDES}
    status = overall_status([s for s, _ in sides.values()])
    notes = _unique(n for f in found if f.unusable is None for n in _notes(f, params))
    result = Result(
        status=status,
        reasons=_session_reasons(found, {s: v[0] for s, v in sides.items()}, notes, params),
        inputs=tuple(_input(t) for t in tracks),
        sides={side: sides[side][0] for side in SIDES},
        asymmetry=compare(sides["left"], sides["right"], shared_correlation=params.errors.shared_correlation),
        quality=_quality(found),
        provenance=provenance,
    )
    clips = tuple(_clip(f, {s: tuple(r.rep for r in scored[s] if r.rep.clip == i) for s in SIDES})
                  for i, f in enumerate(found))  # fmt: skip
    return Session(result, clips, tuple(tracks))


# --- kicks -----------------------------------------------------------------------------------------------------------


def _kicks_of(curves: StretchCurves, track: PoseTrack, params: Params) -> list[FoundKick]:
    """Kicks of both legs in one stretch; where both seem to kick at once, only the leg that swings further."""
    t = track.time_s[curves.stretch.start : curves.stretch.stop]
    near = near_side(curves.stretch.facing)
    kicks = [
        FoundKick(side, "near" if side == near else "far", curves, kick)
        for side in SIDES
        for kick in find_kicks(curves.legs[side].extension_deg, t, params.reps)
    ]
    kept: list[FoundKick] = []
    for k in sorted(kicks, key=lambda k: -k.top_deg):
        if _leads(k) and not any(_overlap(k.kick, other_.kick) for other_ in kept):
            kept.append(k)
    return sorted(kept, key=lambda k: k.kick.start)


def _overlap(a: Kick, b: Kick) -> bool:
    shared = min(a.stop, b.stop) - max(a.start, b.start)
    return shared > 0.3 * min(a.stop - a.start, b.stop - b.start)


def _leads(k: FoundKick) -> bool:
    """Whether the leg itself swings back, and not only the trunk forward or back over two standing legs."""
    span = slice(k.kick.hold_start, max(k.kick.hold_stop, k.kick.hold_start + 1))
    legs = k.curves.legs
    lead = legs[k.side].thigh_deg[span] - legs[other(k.side)].thigh_deg[span]
    return not np.isfinite(lead).any() or float(np.nanmedian(lead)) >= LEADING_DEG


def _planted(k: FoundKick, track: PoseTrack) -> bool:
    """Whether the standing foot stays in place from before the kick to after it."""
    a = k.curves.stretch.start
    ankle = track.xy_px[a + k.kick.start : a + k.kick.stop, joint("ankle", other(k.side)), 0]
    hips = mid_hip(track.xy_px[a + k.kick.start : a + k.kick.stop])[:, 0]
    known = np.isfinite(ankle) & np.isfinite(hips)
    if known.sum() < 4:
        return True
    edge = max(1, int(known.sum()) // 5)
    t = track.time_s[a + k.kick.start : a + k.kick.stop][known]
    panned = k.curves.camera.velocity_px_s[0] * (np.median(t[-edge:]) - np.median(t[:edge]))
    travel = [abs(np.median(x[known][-edge:]) - np.median(x[known][:edge]) - panned) for x in (ankle, hips)]
    return float(max(travel)) <= PLANTED_SHARE * k.curves.leg_px


def _kicked_forward(curves: StretchCurves, track: PoseTrack, params: Params) -> bool:
    t = track.time_s[curves.stretch.start : curves.stretch.stop]
    swings = replace(params.reps, on_deg=FORWARD_DEG)
    return curves.standing.found and any(find_kicks(-curves.legs[s].thigh_deg, t, swings) for s in SIDES)


def _heels_raised_deg(curves: StretchCurves, track: PoseTrack, params: Params) -> list[float]:
    """Knee bends of heels that were lifted to the buttock on the spot: they look like kicks to the user, not to us."""
    if not curves.standing.found:
        return []
    t = track.time_s[curves.stretch.start : curves.stretch.stop]
    bends = replace(params.reps, on_deg=HEEL_RAISED_DEG)
    knees = {side: curves.legs[side].knee_flexion_deg for side in SIDES}
    lifted = [FoundKick(s, "near", curves, kick) for s in SIDES for kick in find_kicks(knees[s], t, bends)]
    return [float(knees[k.side][k.kick.peak]) for k in lifted if _planted(k, track)]


# --- one rep ---------------------------------------------------------------------------------------------------------


def _scored(k: FoundKick, clip: int, found: FoundClip, params: Params) -> ScoredRep:
    """Measure and judge one kick."""
    c = k.curves
    t = found.track.time_s[c.stretch.start : c.stretch.stop]
    hold = slice(k.kick.hold_start, k.kick.hold_stop)
    held = k.kick.hold_stop > k.kick.hold_start
    m = _measured(k, found, params)
    form = Form(
        trunk_lean_deg=m.trunk_lean_deg, knee_flexion_deg=m.knee_flexion_deg,
        support_knee_flexion_deg=m.support_knee_flexion_deg if k.view == "far" else None,
        yaw_deg=c.yaw_deg if np.isfinite(c.yaw_deg) else None, hold_found=held,
        hold_sd_deg=float(np.nanstd(c.legs[k.side].extension_deg[hold])) if held else 0.0,
        seen_share=float(_raw_seen(k, found.track).mean()),
        longest_gap_s=longest_gap_s(_raw_seen(k, found.track, hold), t[hold]) if held else 0.0,
        frozen_s=_frozen_s(k, found.track) if held else 0.0, cut=k.kick.cut,
    )  # fmt: skip
    verdict = judge(form, params.gates)
    rep = Rep(
        start_s=float(t[k.kick.start]), peak_s=float(t[k.kick.peak]), end_s=float(t[k.kick.stop - 1]),
        extension_deg=m.extension_deg, ci95_deg=m.interval_deg, thigh_deg=m.thigh_deg, trunk_lean_deg=m.trunk_lean_deg,
        knee_flexion_deg=m.knee_flexion_deg, support_knee_flexion_deg=m.support_knee_flexion_deg, view=k.view,
        valid=verdict.valid and m.extension_deg is not None, reasons=verdict.reasons, clip=clip,
        hold_s=(float(t[k.kick.hold_start]), float(t[k.kick.hold_stop - 1])) if held else None,
        se_deg=m.error.total_deg,
    )  # fmt: skip
    return ScoredRep(rep, m.error)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Angles of one kick over its hold, and the errors of its extension."""

    extension_deg: float | None
    thigh_deg: float | None
    trunk_lean_deg: float | None
    knee_flexion_deg: float | None
    support_knee_flexion_deg: float | None
    error: RepError

    @property
    def interval_deg(self) -> tuple[float, float] | None:
        return None if self.extension_deg is None else interval(self.extension_deg, self.error.total_deg)


def _measured(k: FoundKick, found: FoundClip, params: Params) -> _Measured:
    """From the second look where there is one, else from the survey's curves."""
    c = k.curves
    at = slice(k.kick.hold_start, max(k.kick.hold_stop, k.kick.hold_start + 1))
    leg = c.legs[k.side]
    support = _median(c.legs[other(k.side)].knee_flexion_deg[at])
    looks = Looks.from_arrays(found.track.extra)
    e = None if looks is None else estimate(
        looks.at(_clip_frames(found, c, at)), looks.at(_clip_frames(found, c, c.standing.frames)),
        side=k.side, view=k.view, facing=c.stretch.facing,
    )  # fmt: skip
    if e is not None:
        error = _widened(e.error, c, params)
        return _Measured(e.extension_deg, e.thigh_deg, e.trunk_lean_deg, e.knee_flexion_deg, support, error)
    scatter = float(np.nanstd(leg.extension_deg[at]))
    return _Measured(
        _median(leg.extension_deg[at]), _median(leg.thigh_deg[at]), _median(c.trunk_lean_deg[at]),
        _median(leg.knee_flexion_deg[at]), support, _widened(_survey_error(k, scatter, params), c, params),
    )  # fmt: skip


def _survey_error(k: FoundKick, scatter_deg: float, params: Params) -> RepError:
    e = params.errors
    shared = e.survey_near_deg if k.view == "near" else e.survey_far_deg
    yaw = e.survey_yaw_share * (abs(k.curves.yaw_deg) if np.isfinite(k.curves.yaw_deg) else 0.0)
    return RepError(float(np.hypot(shared, yaw)), max(e.survey_rep_deg, scatter_deg / 2))


def _widened(error: RepError, c: StretchCurves, params: Params) -> RepError:
    """A zero that was not taken from quiet standing is an error that all reps share."""
    return error if c.standing.found else replace(error, shared_deg=float(np.hypot(error.shared_deg, params.errors.no_neutral_deg)))


def _clip_frames(found: FoundClip, c: StretchCurves, part: slice | Bools) -> list[int]:
    return [int(f) for f in found.track.frame[c.stretch.start : c.stretch.stop][part]]


def frames_to_look_at(found: FoundClip) -> list[StretchFrames]:
    """Clip frames of the quiet standing and the holds of every stretch with kicks, for the second look."""
    stretches = []
    for c in found.stretches:
        holds = [_clip_frames(found, c, slice(k.kick.hold_start, k.kick.hold_stop))
                 for k in found.kicks if k.curves is c and k.kick.hold_stop > k.kick.hold_start]  # fmt: skip
        if holds:
            stretches.append(StretchFrames(c.stretch.facing, _clip_frames(found, c, c.standing.frames), holds))
    return stretches


def _raw_seen(k: FoundKick, track: PoseTrack, part: slice | None = None) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    part = part or slice(k.kick.start, k.kick.stop)
    a = k.curves.stretch.start
    knee = track.xy_px[a + part.start : a + part.stop, joint("knee", k.side), 0]
    return np.asarray(np.isfinite(knee))


def _frozen_s(k: FoundKick, track: PoseTrack) -> float:
    """Longest time in the hold for which every landmark repeats to the last digit."""
    a = k.curves.stretch.start
    span = slice(a + k.kick.hold_start, a + k.kick.hold_stop)
    xy, t = track.xy_px[span].reshape(-1, track.xy_px[0].size), track.time_s[span]
    longest, since = 0.0, 0
    for i in range(1, len(t)):
        if not np.array_equal(xy[i], xy[i - 1]):
            since = i
        longest = max(longest, float(t[i] - t[since]))
    return longest


def _median(x: Floats) -> float | None:
    known = x[np.isfinite(x)]
    return float(np.median(known)) if len(known) else None


# --- the session -----------------------------------------------------------------------------------------------------


def _session_reasons(
    found: Sequence[FoundClip], sides: dict[Side, SideResult], notes: Sequence[Reason], params: Params
) -> tuple[Reason, ...]:
    if all(s.score_deg is None for s in sides.values()):
        return _unique([*_why_nothing(found, sides), *notes])
    reasons = list(notes)
    if any(s.score_deg is None for s in sides.values()):
        reasons.append(reason("one_leg_only"))
    used = [k.curves.standing for f in found for k in f.kicks]
    if any(not s.found for s in used):
        reasons.append(reason("no_neutral"))
    elif any(s.seconds < params.neutral.wanted_s for s in used):
        reasons.append(reason("short_neutral"))
    return _unique(reasons)


def _notes(found: FoundClip, params: Params) -> list[Reason]:
    limit = params.framing.camera_motion_warn_share
    moved = any(c.camera.travel_px > limit * c.leg_px for c in found.stretches)
    return [*picture_notes(found.track, params.framing), *([reason("camera_moving")] if moved else [])]


def _why_nothing(found: Sequence[FoundClip], sides: dict[Side, SideResult]) -> list[Reason]:
    unusable = [f.unusable for f in found if f.unusable is not None]
    if len(unusable) == len(found):
        return unusable
    if any(s.reps for s in sides.values()):
        return [r for s in sides.values() if s.reps for r in s.reasons]
    if any(f.walked for f in found):
        return [reason("not_kick_back"), *unusable]
    if any(f.kicked_forward for f in found):
        return [reason("kicks_forward"), *unusable]
    bends = [f.knee_bend_deg for f in found if f.knee_bend_deg is not None]
    if bends:
        return [reason("knee_bent", value=max(bends)), *unusable]
    if not any(f.stretches for f in found):
        return [reason("not_side_view"), *unusable]
    return [reason("no_reps"), *unusable]


def _quality(found: Sequence[FoundClip]) -> Quality:
    stretches = [c for f in found for c in f.stretches]
    frames = [np.isfinite(f.track.xy_px[:, 0, 0]) for f in found if len(f.track)]
    standing = next(((f, c) for f in found for c in f.stretches if c.standing.found), None)
    return Quality(
        camera_yaw_deg=_mean([c.yaw_deg for c in stretches]),
        seen_share=float(np.concatenate(frames).mean()) if frames else None,
        neutral_s=None if standing is None else _neutral_spans(standing[0].track, standing[1])[0],
        camera_roll_deg=_mean([c.roll_deg for c in stretches]),
        facing=tuple(c.stretch.facing for c in stretches),
        thigh_px=_mean([c.thigh_px for c in stretches]),
    )


def _mean(values: Sequence[float]) -> float | None:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else None


def _neutral_spans(track: PoseTrack, c: StretchCurves) -> list[tuple[float, float]]:
    t = track.time_s[c.stretch.start : c.stretch.stop]
    return [(float(t[a]), float(t[b - 1])) for a, b in runs(c.standing.frames)]


def _clip(found: FoundClip, reps: dict[Side, tuple[Rep, ...]]) -> ClipAnalysis:
    n = len(found.track)
    trunk = np.full(n, np.nan)
    legs = {s: LegSeries(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)) for s in SIDES}
    for c in found.stretches:
        span = slice(c.stretch.start, c.stretch.stop)
        trunk[span] = c.trunk_lean_deg
        for s in SIDES:
            for name in ("extension_deg", "thigh_deg", "knee_flexion_deg"):
                getattr(legs[s], name)[span] = getattr(c.legs[s], name)
    spans = tuple(span for c in found.stretches if c.standing.found for span in _neutral_spans(found.track, c))
    return ClipAnalysis(found.track.time_s, trunk, legs, tuple(c.stretch for c in found.stretches), spans, reps)


def _input(track: PoseTrack) -> InputInfo:
    m = track.meta
    return InputInfo(m.path, m.sha256, m.duration_s, m.fps, m.frames, m.width_px, m.height_px)


def _unique(reasons: object) -> tuple[Reason, ...]:
    """The same code said once, in the order of first mention."""
    return tuple({r.code: r for r in reversed(list(reasons))}.values())[::-1]  # type: ignore[call-overload]
