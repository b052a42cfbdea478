"""The flow of the live check as a state machine: timed observations in, a :class:`View` out.

Pure: no clock, camera, model, window or file. States follow from what is seen, never from a script:
set-up → stand still → kick → turn round → done, with legs in any order, pauses, extra kicks, walking out and back.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from mobility_check.kinematics.landmarks import SIDES, Side, other
from mobility_check.live.checks import SetUp, check
from mobility_check.live.follower import Ended, Follower, LiveMoment
from mobility_check.live.prompts import Prompter, count_word, not_counted, prompt, word
from mobility_check.live.track_builder import TrackBuilder
from mobility_check.live.view import KickDot, Observation, Prompt, State, Tone, View
from mobility_check.refinement.frames import PlannedFrame
from mobility_check.results.wording import whole
from mobility_check.settings import Settings

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


class Engine:
    """One session of one person; feed it every observation in time order with :meth:`observe`.

    Args:
        targets: the last session's score per leg, if any.
        builder: takes every observation, so that the whole session can be measured at the end.
        refines: frames of :meth:`to_refine` go through the refinement pass and come back through :meth:`take`. Only
            angles that did are shown, for only they are made like the one that is stored.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        targets: Mapping[Side, float],
        builder: TrackBuilder,
        refines: bool = False,
    ) -> None:
        self._params, self._targets, self._refines = settings.params, targets, refines
        self.builder = builder
        self._follower = Follower(settings, builder)
        self.take = self._follower.take
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
        set_up = check(obs, params=self._params, rate_hz=self._rate_hz())
        moment = self._follower.look(self._now_s)
        self._note_segment(moment)
        for ended in self._follower.ended():
            self._judged(ended)
        self._cue(moment)
        self._finish_if_over(moment)
        state = self._state(set_up, moment)
        show, say = self._prompter.update(
            self._standing_prompt(state, set_up, moment), time_s=self._now_s, repeat_s=REPEAT_S.get(state, 60.0)
        )
        near, angle_deg = moment.near, self._angle_deg(moment)
        return dataclasses.replace(
            self.plain(state, show),
            say=say,
            tone=self._tone,
            ticks=set_up.ticks,
            ring=self._ring(moment) if state in ("setup", "still") else None,
            angle_deg=angle_deg,
            gauge_deg=moment.extension_deg if angle_deg is None else angle_deg,
            leg=near,
            target_deg=self._targets.get(near) if near else None,
            kicking=moment.up,
            keep=moment.keep,
            done=self._done,
        )

    def to_refine(self) -> list[PlannedFrame]:
        """Frames that should go through the refinement pass now; each is named once."""
        return self._follower.to_refine() if self._refines else []

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

    def _ring(self, moment: LiveMoment) -> float:
        return min(1.0, moment.neutral_s / RING_S)

    def _angle_deg(self, moment: LiveMoment) -> float | None:
        """The angle to be shown large: of the leg that is up, else of its last counted kick."""
        if moment.near is None:
            return None
        if not moment.up:
            counted = [dot.angle_deg for dot in self._dots[moment.near] if dot.accepted]
            return counted[-1] if counted else None
        correction_deg = self._correction_deg.get(moment.near, None if self._refines else 0.0)
        if moment.extension_deg is None or correction_deg is None:
            return None
        return moment.extension_deg + correction_deg

    def _judged(self, ended: Ended) -> None:
        waits = self._refines and ended.reason != "kicks_forward" and not ended.refined
        if waits and self._now_s - ended.end_s < REFINED_WITHIN_S:
            return
        self._follower.book(ended)
        self._event_s = ended.end_s
        if not ended.near:
            self._tone = "rejected"
            self._flash(prompt("far_leg"))
            return
        self._set_up = self._zeroed = True
        final = ended.refined or not self._refines
        if final and ended.angle_deg is not None and ended.tracked_deg is not None:
            self._correction_deg[ended.side] = ended.angle_deg - ended.tracked_deg
        self._dots[ended.side].append(KickDot(ended.reason is None, ended.angle_deg if final else None))
        self._tone = "rejected" if ended.reason else "accepted"
        self._flash(self._outcome(ended))

    def _outcome(self, ended: Ended) -> Prompt:
        if ended.reason is not None:
            return not_counted(ended.reason)
        angle_deg, count = self._dots[ended.side][-1].angle_deg, self._counted(ended.side)
        code, angle = ("counted_plain", "") if angle_deg is None else ("counted", str(whole(angle_deg)))
        return prompt(code, count=count, word=count_word(count), angle=angle)

    def _cue(self, moment: LiveMoment) -> None:
        """While the leg is up: say once to hold, and once that it is enough; in between, what is done instead."""
        if not self._zeroed and self._ring(moment) >= 1:
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
            self._hint_s, self._tone = self._now_s, "rejected"
            self._flash(not_counted(hint))

    def _counted(self, side: Side) -> int:
        return sum(dot.accepted for dot in self._dots[side])

    def _complete(self, side: Side) -> bool:
        return self._counted(side) >= self._params.reps.wanted

    def _finish_if_over(self, moment: LiveMoment) -> None:
        idle_s, away_s = self._now_s - self._event_s, self._now_s - self._seen_s
        tried = any(self._dots.values())
        self._done = self._done or (
            (all(map(self._complete, SIDES)) and idle_s >= AFTER_S and not moment.up)
            or (any(map(self._complete, SIDES)) and idle_s >= ONE_LEG_IDLE_S)
            or (tried and away_s >= NOBODY_S)
            or idle_s >= NO_KICK_S
        )

    def _state(self, set_up: SetUp, moment: LiveMoment) -> State:
        if self._done:
            return "scoring"
        self._ready_since_s = min(self._ready_since_s, self._now_s) if set_up.ready else math.inf
        waited_s = self._now_s - self._ready_since_s
        self._set_up = self._set_up or waited_s >= (ADVICE_S if set_up.prompts else READY_S)
        if not self._set_up:
            return "setup"
        if self._near is not None and self._complete(self._near):
            return "turn" if not self._complete(other(self._near)) else "kick"
        return "kick" if self._zeroed or moment.up else "still"

    def _standing_prompt(self, state: State, set_up: SetUp, moment: LiveMoment) -> Prompt:
        """What the person should do now."""
        first = set_up.prompts[0] if set_up.prompts else "side"
        turning = state == "turn" and first == "side"
        if state == "scoring":
            code = "scoring"
        elif (not set_up.ready and not turning) or (state == "setup" and set_up.prompts):
            code = "come_back" if first == "nobody" and self._set_up else first
        elif state == "kick":
            code = f"kick_{moment.near}" if moment.near else "side"
        else:
            code = "turn" if state == "turn" else "still"
        return prompt(code)
