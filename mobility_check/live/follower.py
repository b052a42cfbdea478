"""What the measurement itself makes of a session so far: the analysis of a recorded clip, run again and again.

Facing, neutral stance, repetitions, holds, angles and gates are those of ``assessments`` and nothing else; only the
question is another one: what is happening now, and which repetitions have just ended?
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mobility_check import pipeline
from mobility_check.assessments import assessment
from mobility_check.assessments.movements import FoundClip
from mobility_check.assessments.session import ClipAnalysis
from mobility_check.kinematics.landmarks import N_LANDMARKS, SIDES, Side, near_side
from mobility_check.kinematics.reps import find_reps
from mobility_check.kinematics.signals import known_median
from mobility_check.kinematics.track import ClipMeta, Floats, PoseTrack, RefinedFrames
from mobility_check.live.view import Keep, Observation
from mobility_check.refinement.coefficients import load_coefficients
from mobility_check.refinement.frames import PlannedFrame, SegmentFrames, plan_frames
from mobility_check.refinement.refine import joined
from mobility_check.settings import Settings

UNSEEN = np.full((N_LANDMARKS, 2), np.nan)
LOOK_EVERY_S = 0.1
WINDOW_S = 45.0
"""How much of the session is looked at: a kick with its neutral stance before and between, at a bounded cost."""
SETTLED_S = 0.3
"""A repetition has ended when the leg has been down for this long: smoothing looks both ways, and so does joining."""
HOLD_ENDED_S = 0.15
UNSEEN_S = 1.0
"""A leg that is not seen for longer than this after a movement does not come back to it."""
NOW_S = 0.15
"""What reached the last so many seconds is still going on."""
STEADY_DEG = 2.0
FORWARD_DEG = 10.0
"""A forward swing of the thigh beyond this is told as a kick forwards (E)."""


@dataclass(slots=True)
class TrackBuilder:
    """Builds the pose track of a session, the same that a recorded clip gives; the names are for the record."""

    name: str = "live"  # of the camera
    backend: str = "none"
    model: str = "none"
    model_sha256: str | None = None
    _seen: list[Observation] = field(default_factory=list)

    def add(self, obs: Observation) -> None:
        """Take one observation; one that does not come later than the last is left out."""
        if not self._seen or obs.time_s > self._seen[-1].time_s:
            self._seen.append(obs)

    def track(self, *, since_s: float = -np.inf, frames: int | None = None, notes: Sequence[str] = ()) -> PoseTrack:
        """The track from ``since_s`` on; ``frames`` and ``notes`` are those of ``LiveCheck.finish``."""
        seen = self._seen[bisect_left(self._seen, since_s, key=lambda obs: obs.time_s) :]
        xy_px = [UNSEEN if obs.xy_px is None else obs.xy_px for obs in seen]
        visibility = [UNSEEN[:, 0] if obs.visibility is None else obs.visibility for obs in seen]
        duration_s = seen[-1].time_s - seen[0].time_s if seen else 0.0
        fps = (len(seen) - 1) / duration_s if duration_s else 0.0
        size_px = seen[-1].size_px if seen else (0, 0)
        given = len(seen) if frames is None else frames
        return PoseTrack(
            time_s=np.array([obs.time_s for obs in seen], dtype=np.float64),
            frame=np.array([obs.index for obs in seen], dtype=np.int64),
            xy_px=np.array(xy_px, dtype=np.float64).reshape(-1, N_LANDMARKS, 2),
            visibility=np.array(visibility, dtype=np.float64).reshape(-1, N_LANDMARKS),
            people=np.array([obs.people for obs in seen], dtype=np.int64),
            luma=np.array([obs.luma for obs in seen], dtype=np.float64),
            meta=ClipMeta(self.name, None, duration_s, fps, given, *size_px, notes=tuple(notes)),
            backend=self.backend,
            model=self.model,
            model_sha256=self.model_sha256,
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """A movement of one leg that has ended."""

    side: Side
    start_s: float
    end_s: float
    reason: str | None  # code of what was wrong; None when it counts
    angle_deg: float | None = None  # as it was measured; None where it could not be
    tracked_deg: float | None = None  # the same from the tracking pass alone
    # its hold went through the refinement pass, so angle_deg is made like the one that will be stored
    refined: bool = False


@dataclass(frozen=True, slots=True)
class LiveMoment:
    """What is known at the newest frame."""

    near: Side | None = None  # the person's own leg nearest the camera; None while the person is not side-on
    since_s: float = 0.0  # since when the person has faced this way without a break
    neutral_s: float = 0.0  # quiet neutral stance seen since the person faces this way
    extension_deg: float | None = None  # of the near leg, tracking pass; None without a neutral stance
    up: bool = False  # the near leg is up
    held_s: float = 0.0  # how long it has been held; 0 while it moves
    keep: Keep | None = None  # why this frame is worth keeping
    hint: str | None = None  # code of what was seen instead of kicks


class Follower:
    """Follows one session; frames go into the builder of its track, and :meth:`look` says what is happening."""

    def __init__(self, settings: Settings, builder: TrackBuilder) -> None:
        self._settings, self._test, self._builder = settings, assessment(settings.test), builder
        self._made = pipeline.provenance_of(builder.track(), settings)
        self._looked_s = -np.inf
        self._found: FoundClip | None = None
        self._moment = LiveMoment()
        self._ended: list[Ended] = []
        self._booked: list[tuple[float, float]] = []
        self._refined: list[RefinedFrames] = []
        self._asked: set[int] = set()
        self._neutral: Sequence[int] = ()

    def look(self, time_s: float) -> LiveMoment:
        """What is happening; looked up anew ten times a second."""
        if time_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = time_s
            track = self._builder.track(since_s=time_s - WINDOW_S)
            if refined := tuple(self._refined):
                track = replace(track, refined=joined(refined))
            self._found = self._test.find(track, self._settings.params)
            self._moment = self._now(self._found) if len(track) > 1 else LiveMoment()
        return self._moment

    def ended(self) -> list[Ended]:
        """Movements that have ended and are not booked yet, the earliest first."""
        free = [e for e in self._ended if not any(e.start_s < b and a < e.end_s for a, b in self._booked)]
        return sorted(free, key=lambda e: e.start_s)

    def book(self, ended: Ended) -> None:
        """This movement is dealt with and never comes again, under whatever name."""
        self._booked.append((ended.start_s, ended.end_s))

    def take(self, refined: RefinedFrames) -> None:
        """Frames that went through the refinement pass since; another thread may call it."""
        self._refined.append(refined)

    def to_refine(self) -> list[PlannedFrame]:
        """Frames that should go through the refinement pass now, each once: neutral stance, and ended holds."""
        segments = [] if self._found is None else self._test.frames_to_refine(self._found)
        enough = self._moment.near is not None and self._moment.neutral_s >= self._settings.params.neutral.wanted_s
        if self._found is None or not segments or not enough:
            return []
        track, latest = self._found.track, segments[-1]
        ended_s = track.time_s[-1] - HOLD_ENDED_S
        holds = [
            hold
            for hold in latest.holds
            if not self._asked & set(hold) and track.time_s[np.searchsorted(track.frame, hold[-1])] <= ended_s
        ]
        if not holds:
            return []
        if not set(self._neutral) & set(latest.neutral) or self._neutral[0] < track.frame[0]:
            self._neutral = latest.neutral  # holds of a segment share it, and so the crop, while it is looked at
        plans = plan_frames(
            track.xy_px,
            track.frame,
            [SegmentFrames(latest.facing, self._neutral, holds)],
            density=self._settings.refinement_density,
        )
        new = [plan for plan in plans if plan.frame not in self._asked]
        self._asked.update(*holds, (plan.frame for plan in new))
        return new

    def _now(self, found: FoundClip) -> LiveMoment:
        session = self._test.assess([found], self._settings.params, self._made, coefficients=load_coefficients())
        clip, track = session.clips[0], found.recording
        now_s = float(track.time_s[-1])
        self._ended = [e for e in self._all_movements(clip, track) if _is_over(e, clip)]
        hint = session.result.reasons[0].code if session.result.reasons and not any(clip.reps.values()) else None
        segment = clip.segments[-1] if clip.segments else None
        if segment is None or now_s - clip.time_s[segment.stop - 1] > NOW_S:
            return LiveMoment(hint=hint)
        near = near_side(segment.facing)
        since_s = float(clip.time_s[segment.start])
        spans = [(a, b) for a, b in clip.neutral_spans_s if a >= since_s]
        quiet = bool(spans) and now_s - spans[-1][1] <= NOW_S
        curve = clip.legs[near].extension_deg
        seen = bool(np.isfinite(curve[-1]))
        going = [rep for rep in clip.reps[near] if seen and now_s - rep.end_s <= NOW_S]
        holds = [rep.hold_s for rep in going if rep.hold_s and now_s - rep.hold_s[1] <= NOW_S]
        up = bool(going) or bool(curve[-1] >= self._settings.params.reps.on_deg)
        steady = bool(np.ptp(curve[clip.time_s >= now_s - NOW_S]) <= STEADY_DEG)
        return LiveMoment(
            near,
            since_s,
            neutral_s=sum(b - a for a, b in spans),
            extension_deg=float(curve[-1]) if seen else None,
            up=up,
            held_s=holds[0][1] - holds[0][0] if holds else 0.0,
            keep="hold" if up and steady else "quiet" if quiet and not up else None,
            hint=hint,
        )

    def _all_movements(self, clip: ClipAnalysis, track: PoseTrack) -> Iterator[Ended]:
        """Repetitions of both legs, whole ones only, and swings of the near leg forwards."""
        refined_s = track.time_s[np.isin(track.frame, track.refined.frame if track.refined else [])]
        for side in SIDES:
            for rep in clip.reps[side]:
                code = None if rep.valid else rep.reasons[0].code if rep.reasons else "not_seen"
                a, b = rep.hold_s or (rep.peak_s, rep.peak_s)
                if code != "cut_off":
                    yield Ended(
                        side,
                        rep.start_s,
                        rep.end_s,
                        reason=code if rep.view == "near" else "far_leg",
                        angle_deg=rep.extension_deg,
                        tracked_deg=known_median(clip.legs[side].extension_deg[_between(clip.time_s, a, b)]),
                        refined=bool(_between(refined_s, a, b).any()),
                    )
        limits = replace(self._settings.params.reps, on_deg=FORWARD_DEG)
        for segment in clip.segments:
            side, part = near_side(segment.facing), slice(segment.start, segment.stop)
            time_s = clip.time_s[part]
            for swing in find_reps(-clip.legs[side].thigh_deg[part], time_s, limits):
                if not swing.cut:
                    start_s, end_s = float(time_s[swing.start]), float(time_s[swing.stop - 1])
                    yield Ended(side, start_s, end_s, reason="kicks_forward")


def _between(time_s: Floats, start_s: float, end_s: float) -> NDArray[np.bool_]:
    return (time_s >= start_s) & (time_s <= end_s)


def _is_over(ended: Ended, clip: ClipAnalysis) -> bool:
    """The leg has been seen to be down for a while, and is not just hidden in the middle of a hold."""
    passed_s = float(clip.time_s[-1]) - ended.end_s
    after = (clip.time_s > ended.end_s) & (clip.time_s <= ended.end_s + SETTLED_S)
    down = bool(np.isfinite(clip.legs[ended.side].extension_deg[after]).any())
    return passed_s >= (SETTLED_S if down else UNSEEN_S)
