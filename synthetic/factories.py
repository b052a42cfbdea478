"""Results and sessions with plausible numbers for tests of everything behind the measurement."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.kinematics.curves import LegSeries
from mobility_check.kinematics.facing import FacingSegment
from mobility_check.kinematics.landmarks import N_LANDMARKS, SIDES, Side
from mobility_check.kinematics.track import ClipMeta, PoseTrack
from mobility_check.results.reasons import reason, reason_measured
from mobility_check.results.result import (
    Asymmetry,
    InputInfo,
    Provenance,
    Quality,
    Reason,
    Rep,
    Result,
    SideResult,
    Status,
)

FPS = 30.0
REP_S = 5.0
"""A kick starts every so many seconds; two seconds of standing come first."""


def sha_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_rep(extension_deg: float | None, *, n: int = 0, valid: bool = True, clip: int = 0, **fields: Any) -> Rep:
    start = 2.0 + REP_S * n
    number = extension_deg if extension_deg is not None else 0.0
    values: dict[str, Any] = {
        "start_s": start,
        "peak_s": start + 1.8,
        "end_s": start + 4.0,
        "extension_deg": extension_deg,
        "ci95_deg": None if extension_deg is None else (round(number - 2.2, 4), round(number + 2.2, 4)),
        "thigh_deg": round(number + 2.0, 4),
        "trunk_lean_deg": 2.0,
        "knee_flexion_deg": 4.0,
        "view": "near",
        "valid": valid,
        "reasons": () if valid else (reason_measured("trunk_lean", [14.0], limit=10.0),),
        "clip": clip,
        "hold_s": (start + 1.3, start + 2.3),
        "support_knee_flexion_deg": 1.5,
        "se_deg": 1.1,
    }
    return Rep(**{**values, **fields})


def make_side(
    score_deg: float | None,
    *,
    status: Status | None = None,
    reasons: Sequence[Reason] = (),
    se_deg: float = 1.05,
    clip: int = 0,
) -> SideResult:
    """Three valid kicks whose mean is the score, the best 0.6° above it; ``None`` gives a leg that was not kicked."""
    if score_deg is None:
        return SideResult("not_scored", tuple(reasons) or (reason("leg_not_kicked"),))
    reps = tuple(make_rep(round(score_deg + d, 4), n=n, clip=clip) for n, d in enumerate((-0.4, 0.6, -0.2)))
    half = round(1.96 * se_deg, 4)
    return SideResult(
        status or "scored",
        tuple(reasons),
        "near",
        score_deg,
        (round(score_deg - half, 4), round(score_deg + half, 4)),
        round(score_deg + 0.6, 4),
        reps,
        se_deg,
    )


def make_asymmetry(left_deg: float | None, right_deg: float | None) -> Asymmetry:
    if left_deg is None or right_deg is None:
        return Asymmetry()
    d = round(left_deg - right_deg, 4)
    return Asymmetry(d, (round(d - 2.4, 4), round(d + 2.4, 4)), abs(d) > 2.4)


def make_result(
    left_deg: float | None = 18.0,
    right_deg: float | None = 12.2,
    *,
    clips: Sequence[str] = ("clip.mp4",),
    model: str = "pose_landmarker_heavy",
    backend: str = "mediapipe",
    angle_rule: str = "kick-back/1",
    se_deg: float = 1.05,
    **fields: Any,
) -> Result:
    """A whole result; ``clips`` names the inputs, whose contents (hashes) differ when the names differ."""
    sides: dict[Side, SideResult] = {
        "left": make_side(left_deg, se_deg=se_deg),
        "right": make_side(right_deg, se_deg=se_deg, clip=len(clips) - 1),
    }
    scored = [s for s in sides.values() if s.score_deg is not None]
    status: Status = "scored" if len(scored) == 2 else "limited" if scored else "not_scored"
    values: dict[str, Any] = {
        "status": status,
        "reasons": () if len(scored) == 2 else (reason("one_leg_only" if scored else "no_reps"),),
        "inputs": tuple(InputInfo(c, sha_of(c), 20.0, 29.97, 599, 1080, 1920) for c in clips),
        "sides": sides,
        "asymmetry": make_asymmetry(left_deg, right_deg),
        "quality": Quality(4.0, 0.99, (0.2, 1.4), 0.6, ("right", "left"), 310.0),
        "provenance": Provenance("0.1.0", backend, model, sha_of(model), {"gates": {"yaw_warn_deg": 15.0}}, angle_rule),
    }
    return Result(**{**values, **fields})


def make_track(path: str = "clip.mp4", *, duration_s: float = 20.0) -> PoseTrack:
    """A track of one who stands still; its landmarks mean nothing, its times and shapes are right."""
    time_s = np.arange(int(duration_s * FPS)) / FPS
    n = len(time_s)
    meta = ClipMeta(path, sha_of(path), duration_s, FPS, n, 1080, 1920)
    return PoseTrack(
        time_s,
        np.arange(n),
        np.full((n, N_LANDMARKS, 2), 500.0),
        np.full((n, N_LANDMARKS), 0.99),
        np.ones(n, dtype=np.int64),
        np.full(n, 120.0),
        meta,
        "mediapipe",
        "pose_landmarker_heavy",
        sha_of("pose_landmarker_heavy"),
    )


def make_clip_analysis(result: Result, *, clip: int = 0, duration_s: float = 20.0) -> ClipAnalysis:
    """Curves that rise to each rep's angle and fall again; a short gap (NaN) before the first kick."""
    time_s = np.arange(int(duration_s * FPS)) / FPS
    legs = {}
    for side in SIDES:
        curve = np.zeros_like(time_s)
        for rep in (r for r in result.sides[side].reps if r.clip == clip):
            shape = np.clip(np.sin(np.pi * (time_s - rep.start_s) / (rep.end_s - rep.start_s)), 0.0, None)
            inside = (time_s >= rep.start_s) & (time_s <= rep.end_s)
            curve += np.where(inside, shape, 0.0) * (rep.extension_deg or 0.0)
        curve[10:14] = np.nan
        legs[side] = LegSeries(curve, curve + 1.0, np.full_like(curve, 3.0))
    half = len(time_s) // 2
    return ClipAnalysis(
        time_s,
        np.full_like(time_s, 1.0),
        legs,
        (FacingSegment(0, half, "right"), FacingSegment(half, len(time_s), "left")),
        ((0.2, 1.4),),
        {side: tuple(r for r in result.sides[side].reps if r.clip == clip) for side in SIDES},
    )


def make_session(result: Result | None = None, **fields: Any) -> Session:
    """A session around ``result`` (or around ``make_result(**fields)``)."""
    result = result or make_result(**fields)
    clips = tuple(make_clip_analysis(result, clip=i) for i in range(len(result.inputs)))
    return Session(result, clips, tuple(make_track(i.path) for i in result.inputs))
