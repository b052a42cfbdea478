"""The flow of the live check as a state machine: timed observations in, a :class:`View` out.

Pure: no clock, camera, model, window or file. States follow from what is seen, never from a script:
set-up → stand still → kick → turn round → done, with legs in any order, pauses, extra kicks, walking out and back.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mobility_check.kinematics.geometry import backward_angle_deg, mid_shoulder, thigh_length_px, yaw_deg
from mobility_check.kinematics.landmarks import HEAD, SIDES, Landmark, Side, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.track import Floats
from mobility_check.live.follower import Ended, Follower, LiveMoment, TrackBuilder
from mobility_check.live.prompts import Prompter, count_word, not_counted, prompt, word
from mobility_check.live.view import KickDot, Observation, Prompt, State, Tick, Tone, View
from mobility_check.results.wording import whole
from mobility_check.settings import Settings

FEET = (Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_HEEL, Landmark.RIGHT_HEEL)
MIN_HEIGHT_SHARE = 0.3
MAX_HEIGHT_SHARE = 0.97
LEVEL_DEG = 7.0
"""Who stands upright leans a few degrees in any picture; only more than this looks like a tilted camera (E)."""
BRIGHT_LUMA = 235.0
JUMP_S = 3.0
"""No frame for longer than this: the computer slept or the camera hung; neutral stance is taken anew."""
RING_S = 2.0
"""Neutral stance that fills the ring."""
REFINED_WITHIN_S = 2.5
"""How long a kick waits for its refined angle before it is counted without one."""
ADVICE_S = 5.0
"""How long set-up waits for advice to be followed that the measurement does not depend on."""
READY_S = 0.5
AFTER_S = 1.0
"""Standing after the last kick that the recorded analysis wants to see."""
HELD_S = 1.2
HINT_EVERY_S = 6.0
HINTS = ("knee_bent", "heel_raised", "bent_stance", "squats", "hip_hinge", "not_standing")
"""What somebody may do on the spot instead of kicks, and is told of."""
ONE_LEG_IDLE_S = 45.0
NOBODY_S = 30.0
NO_KICK_S = 300.0
REPEAT_S: Mapping[State, float] = {"setup": 8.0, "still": 12.0, "kick": 15.0, "turn": 10.0}


def set_up_ticks(obs: Observation, *, params: Params, rate_hz: float | None) -> tuple[Tick, ...]:
    """The set-up list for one observation, the most important first; ``rate_hz`` of observations so far."""
    slow = rate_hz is not None and rate_hz < params.framing.low_fps
    dark, glaring = obs.luma < params.framing.dark_luma, obs.luma > BRIGHT_LUMA
    return (
        *_of_person(obs, params),
        _tick("people", "people" if obs.people > 1 else ""),
        _tick("light", "light" if dark else "glare" if glaring else ""),
        _level(obs.xy_px),
        _tick("rate", "rate" if slow else "", "unknown" if rate_hz is None else "per_second", rate_hz or math.nan),
    )


def may_begin(ticks: Sequence[Tick]) -> bool:
    """Nothing that blocks the measurement has failed."""
    return all(tick.ok for tick in ticks if tick.blocking)


def _tick(code: str, problem: str = "", told: str = "", value: float = math.nan, *, blocking: bool = False) -> Tick:
    """What a check found; ``told`` is the word for it, *unknown* where it cannot say yet."""
    return Tick(
        code,
        word(f"tick_{code}"),
        ok=None if told == "unknown" else not problem,
        problem=problem,
        value=word(told, value=f"{value:.0f}") if told else "",
        advice=prompt(problem).show if problem else "",
        blocking=blocking,
    )


def _of_person(obs: Observation, params: Params) -> Iterator[Tick]:
    """Whole body, distance and side view, without which nothing can be measured."""
    xy_px, framing = obs.xy_px, params.framing
    if xy_px is None:
        yield _tick("body", "nobody", blocking=True)
        yield from (_tick(code, told="unknown", blocking=True) for code in ("distance", "side"))
        return
    head, feet = (_is_inside(obs, xy_px, joints, framing.min_visibility) for joints in (HEAD, FEET))
    yield _tick("body", "" if head and feet else "feet" if head else "head" if feet else "body", blocking=not feet)
    share = float(np.ptp(xy_px[:, 1]) / obs.size_px[1])
    small = max(float(thigh_length_px(xy_px, side)) for side in SIDES) < framing.min_thigh_px
    problem = "too_far" if small or share < MIN_HEIGHT_SHARE else "too_near" if share > MAX_HEIGHT_SHARE else ""
    yield _tick("distance", problem, "fills", 100 * share, blocking=small)
    yaw, gates = abs(float(yaw_deg(xy_px))), params.gates
    problem = "side" if yaw > gates.yaw_warn_deg else ""
    yield _tick("side", problem, "about_deg", yaw, blocking=yaw > gates.yaw_reject_deg)


def _is_inside(obs: Observation, xy_px: Floats, joints: Sequence[int], min_visibility: float) -> bool:
    """Most of these landmarks lie in the picture and the model believes to see one of them at least."""
    inside = np.all((xy_px[list(joints)] > 0) & (xy_px[list(joints)] < obs.size_px), axis=1)
    seen = obs.visibility is None or np.nanmax(obs.visibility[list(joints)]) >= min_visibility
    return bool(inside.mean() >= 0.75 and seen)


def _level(xy_px: Floats | None) -> Tick:
    if xy_px is None:
        return _tick("level", told="unknown")
    feet = xy_px[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]].mean(axis=0)
    roll_deg = abs(float(backward_angle_deg(feet - mid_shoulder(xy_px), "right")))
    tilted = roll_deg > LEVEL_DEG
    return _tick("level", "level" if tilted else "", "about_deg" if tilted else "looks_level", roll_deg)


class Engine:
    """One session of one person; feed it every observation in time order with :meth:`observe`.

    Args:
        targets: the last session's score per leg, if any.
        builder: takes every observation, so that the whole session can be measured at the end.
        refines: frames that ``follower`` asks for go through the refinement pass and come back to it. Only angles that
            did are shown, for only they are made like the one that is stored.
    """

    def __init__(
        self, *, settings: Settings, targets: Mapping[Side, float], builder: TrackBuilder, refines: bool = False
    ) -> None:
        self._params, self._targets, self._refines = settings.params, targets, refines
        self.builder, self.follower = builder, Follower(settings, builder)
        self._prompter = Prompter()
        self._dots: dict[Side, list[KickDot]] = {"left": [], "right": []}
        self._correction_deg: dict[Side, float] = {}
        self._times: deque[float] = deque(maxlen=60)
        self._now_s = 0.0
        self._seen_s = self._event_s = self._near_s = self._hint_s = -math.inf
        self._ready_since_s = math.inf
        self._set_up = self._zeroed = self._done = False
        self._near: Side | None = None
        self._cued: set[str] = set()
        self._tone: Tone | None = None

    def plain(self, state: State, show: Prompt, **fields: Any) -> View:
        """A view without a frame's findings, as at the start and the end; ``fields`` are others of the view."""
        return View(
            time_s=self._now_s,
            state=state,
            title=word(f"state_{state}"),
            prompt=show,
            dots={side: tuple(self._dots[side]) for side in SIDES},
            wanted=self._params.reps.wanted,
            done=state == "done",
            **fields,
        )

    def observe(self, obs: Observation) -> View:
        """Take the next observation and say what is to be shown, spoken and kept."""
        if obs.xy_px is not None and not np.isfinite(obs.xy_px).all():
            obs = dataclasses.replace(obs, xy_px=None, visibility=None)
        self.builder.add(obs)
        self._tone = None
        self._note_time(obs.time_s)
        if obs.xy_px is not None:
            self._seen_s = self._now_s
        ticks = set_up_ticks(obs, params=self._params, rate_hz=self._rate_hz())
        moment = self.follower.look(self._now_s)
        self._note_segment(moment)
        for ended in self.follower.ended():
            self._judged(ended)
        self._cue(moment)
        self._finish_if_over(moment)
        state = self._state(ticks, moment)
        standing = self._standing_prompt(state, ticks, moment)
        show, say = self._prompter.update(standing, time_s=self._now_s, repeat_s=REPEAT_S.get(state, 60.0))
        near, angle_deg = moment.near, self._angle_deg(moment)
        return dataclasses.replace(
            self.plain(state, show),
            say=say,
            tone=self._tone,
            ticks=ticks,
            ring=min(1.0, moment.neutral_s / RING_S) if state in ("setup", "still") else None,
            angle_deg=angle_deg,
            gauge_deg=moment.extension_deg if angle_deg is None else angle_deg,
            leg=near,
            target_deg=self._targets.get(near) if near else None,
            kicking=moment.up,
            keep=moment.keep,
            done=self._done,
        )

    def _note_time(self, time_s: float) -> None:
        """Cameras repeat stamps or step back; time here only rises."""
        paused = bool(self._times) and time_s - self._now_s > JUMP_S
        if paused:
            self._times.clear()
        if not self._times:
            self._event_s = self._seen_s = time_s
        self._now_s = max(time_s, self._times[-1] + 1e-3) if self._times else time_s
        self._times.append(self._now_s)
        if paused:
            self._flash(prompt("picture_stopped", urgent=True))

    def _flash(self, show: Prompt, **fields: float) -> None:
        self._prompter.flash(show, time_s=self._now_s, **fields)

    def _note_segment(self, moment: LiveMoment) -> None:
        """Whoever turned round or was away stands still anew before the next kick; counted kicks stay."""
        if moment.near is None:
            return
        if moment.near != self._near or moment.since_s > self._near_s:
            self._zeroed = False
            self._correction_deg.clear()
        self._near, self._near_s = moment.near, self._now_s

    def _rate_hz(self) -> float | None:
        span_s = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / span_s if span_s >= 0.8 else None

    def _angle_deg(self, moment: LiveMoment) -> float | None:
        """The angle to be shown large: of the leg that is up, else of its last counted kick."""
        if moment.near is None:
            return None
        if not moment.up:
            return next((dot.angle_deg for dot in reversed(self._dots[moment.near]) if dot.accepted), None)
        correction_deg = self._correction_deg.get(moment.near, None if self._refines else 0.0)
        if moment.extension_deg is None or correction_deg is None:
            return None
        return moment.extension_deg + correction_deg

    def _judged(self, ended: Ended) -> None:
        waits = self._refines and ended.reason != "kicks_forward" and not ended.refined
        if waits and self._now_s - ended.end_s < REFINED_WITHIN_S:
            return
        self.follower.book(ended)
        self._event_s = ended.end_s
        if ended.reason == "far_leg":
            self._reject("far_leg")
            return
        self._set_up = self._zeroed = True
        final = ended.refined or not self._refines
        if final and ended.angle_deg is not None and ended.tracked_deg is not None:
            self._correction_deg[ended.side] = ended.angle_deg - ended.tracked_deg
        self._dots[ended.side].append(KickDot(ended.reason is None, ended.angle_deg if final else None))
        if ended.reason is not None:
            self._reject(ended.reason)
            return
        angle_deg, count = self._dots[ended.side][-1].angle_deg, self._counted(ended.side)
        code, angle = ("counted_plain", "") if angle_deg is None else ("counted", str(whole(angle_deg)))
        self._tone = "accepted"
        self._flash(prompt(code, count=count, word=count_word(count), angle=angle))

    def _reject(self, reason: str) -> None:
        self._tone = "rejected"
        self._flash(prompt("far_leg") if reason == "far_leg" else not_counted(reason))

    def _cue(self, moment: LiveMoment) -> None:
        """While the leg is up: say once to hold, and once that it is enough; in between, what is done instead."""
        if not self._zeroed and moment.neutral_s >= RING_S:
            self._zeroed = True
            self._tone = self._tone or "ready"
        if not moment.up:
            self._cued.clear()
        elif moment.keep == "hold" or moment.held_s:
            code = "back" if moment.held_s >= HELD_S else "hold"
            if code not in self._cued:
                self._cued.add(code)
                self._flash(prompt(code), for_s=1.5)
        hint = moment.hint if self._zeroed and moment.hint in HINTS else None
        if hint is not None and self._now_s - max(self._hint_s, self._event_s) >= HINT_EVERY_S:
            self._hint_s = self._now_s
            self._reject(hint)

    def _counted(self, side: Side) -> int:
        return sum(dot.accepted for dot in self._dots[side])

    def _complete(self, side: Side) -> bool:
        return self._counted(side) >= self._params.reps.wanted

    def _finish_if_over(self, moment: LiveMoment) -> None:
        idle_s, away_s = self._now_s - self._event_s, self._now_s - self._seen_s
        self._done = self._done or (
            (all(map(self._complete, SIDES)) and idle_s >= AFTER_S and not moment.up)
            or (any(map(self._complete, SIDES)) and idle_s >= ONE_LEG_IDLE_S)
            or (any(self._dots.values()) and away_s >= NOBODY_S)
            or idle_s >= NO_KICK_S
        )

    def _state(self, ticks: Sequence[Tick], moment: LiveMoment) -> State:
        if self._done:
            return "scoring"
        self._ready_since_s = min(self._ready_since_s, self._now_s) if may_begin(ticks) else math.inf
        waited_s = self._now_s - self._ready_since_s
        self._set_up = self._set_up or waited_s >= (ADVICE_S if any(tick.problem for tick in ticks) else READY_S)
        if not self._set_up:
            return "setup"
        if self._near is not None and self._complete(self._near):
            return "turn" if not self._complete(other(self._near)) else "kick"
        return "kick" if self._zeroed or moment.up else "still"

    def _standing_prompt(self, state: State, ticks: Sequence[Tick], moment: LiveMoment) -> Prompt:
        """What the person should do now."""
        first = next((tick.problem for tick in ticks if tick.problem), "")
        turning = state == "turn" and first == "side"
        if state == "scoring":
            code = "scoring"
        elif (not may_begin(ticks) and not turning) or (state == "setup" and first):
            code = "come_back" if first == "nobody" and self._set_up else first
        elif state == "kick":
            code = f"kick_{moment.near}" if moment.near else "side"
        else:
            code = "turn" if state == "turn" else "still"
        return prompt(code)
