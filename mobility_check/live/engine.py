"""The flow of the live check as a state machine: timed observations in, a :class:`View` out.

Pure: no clock, camera, model, window or file. States follow from what is seen, never from a script:
set-up → stand still → kick → turn round → done, with legs in any order, pauses, extra kicks, walking out and back.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from mobility_check.kinematics.geometry import facing_signal
from mobility_check.kinematics.landmarks import SIDES, Side, near_side, other
from mobility_check.kinematics.params import Params
from mobility_check.live.causal import Body, FacingTracker, LegKeeper, Smoother, body_of, usable
from mobility_check.live.checks import SetUp, check
from mobility_check.live.kick import Kick, KickDetector, NeutralStance, Zero
from mobility_check.live.prompter import Prompter
from mobility_check.live.prompts import Phrases
from mobility_check.live.view import Dot, Keep, Observation, Prompt, State, Tone, View

JUMP_S = 3.0
"""No picture for longer than this: the computer slept or the camera hung; standing is taken anew."""
ABSENT_S = 1.0
ADVICE_S = 5.0
"""How long set-up waits for advice to be followed that the measurement does not depend on."""
AFTER_S = 1.0
"""Standing after the last kick that the recorded analysis wants to see."""
HELD_S = 1.2
ONE_LEG_IDLE_S = 45.0
NOBODY_S = 30.0
NO_KICK_S = 300.0
REPEAT_S: Mapping[State, float] = {"setup": 8.0, "still": 12.0, "kick": 15.0, "turn": 10.0}


class Engine:
    """One session of one person; feed it every observation in time order with :meth:`observe`.

    Args:
        phrases: texts in the user's language.
        params: thresholds; the gates are those of the recorded analysis.
        reps: kicks to count per leg.
        targets: the last session's score per leg, if any.
    """

    def __init__(
        self,
        *,
        phrases: Phrases,
        params: Params | None = None,
        reps: int = 3,
        targets: Mapping[Side, float] | None = None,
    ) -> None:
        self._phrases, self._params = phrases, params or Params()
        self._reps, self._targets = reps, dict(targets or {})
        self._facing = FacingTracker()
        self._prompter = Prompter()
        self._dots: dict[Side, list[Dot]] = {"left": [], "right": []}
        self._times: deque[float] = deque(maxlen=60)
        self._first_s: float | None = None
        self._seen_s: float | None = None
        self._event_s: float | None = None
        self._ready_since_s: float | None = None
        self._set_up = False
        self._done = False
        self._cued: set[str] = set()
        self._tone: Tone | None = None
        self._new_segment()

    def starting(self) -> View:
        """What to show while the model loads."""
        return self.plain("starting", self._phrases.prompt("starting"))

    def plain(self, state: State, prompt: Prompt, *, summary: tuple[str, ...] = (), done: bool = False) -> View:
        """A view without a picture's findings, for the start and the end."""
        return View(
            time_s=self._times[-1] if self._times else 0.0, state=state, title=self._phrases.word(f"state_{state}"),
            prompt=prompt, dots={s: tuple(self._dots[s]) for s in SIDES}, wanted=self._reps, summary=summary, done=done,
        )  # fmt: skip

    def observe(self, obs: Observation) -> View:
        """Take the next observation and say what is to be shown, spoken and kept."""
        obs = _sound(obs, after_s=self._times[-1] if self._times else -math.inf)
        self._tone = None
        self._note_time(obs)
        body = self._body(obs)
        set_up = check(obs, body, params=self._params, phrases=self._phrases, rate_hz=self._rate_hz())
        angle_deg = self._measure(body, set_up)
        self._finish_if_over(obs.time_s)
        state = self._state(set_up, time_s=obs.time_s)
        show, say = self._prompter.update(
            self._standing_prompt(state, set_up), time_s=obs.time_s, repeat_s=REPEAT_S.get(state, 60.0)
        )
        return View(
            time_s=obs.time_s, state=state, title=self._phrases.word(f"state_{state}"), prompt=show, say=say,
            tone=self._tone, ticks=set_up.ticks, ring=self._standing.ring if state in ("setup", "still") else None,
            angle_deg=angle_deg, leg=self._near, facing=self._facing.facing,
            dots={s: tuple(self._dots[s]) for s in SIDES}, wanted=self._reps,
            target_deg=self._targets.get(self._near) if self._near else None,
            kicking=self._kicking(), keep=self._keep(), done=self._done,
        )  # fmt: skip

    @property
    def _near(self) -> Side | None:
        return near_side(self._facing.facing) if self._facing.facing else None

    def _new_segment(self) -> None:
        """The person turned, came back or was away: zero and half-seen kicks are void, counted kicks stay."""
        self._standing = NeutralStance(self._params)
        self._kicks = {side: KickDetector(side, params=self._params) for side in SIDES}
        self._smooth = Smoother()
        self._legs = LegKeeper()
        self._zeroed = False

    def _note_time(self, obs: Observation) -> None:
        if self._first_s is None:
            self._first_s = self._event_s = obs.time_s
        elif obs.time_s - self._times[-1] > JUMP_S:
            self._event_s = self._seen_s = obs.time_s
            self._times.clear()
            self._new_segment()
            self._prompter.flash(self._phrases.prompt("picture_stopped", urgent=True), time_s=obs.time_s)
        self._times.append(obs.time_s)

    def _rate_hz(self) -> float | None:
        span_s = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / span_s if span_s >= 0.8 else None

    def _body(self, obs: Observation) -> Body | None:
        if obs.xy_px is None or not usable(obs):
            if self._seen_s is not None and obs.time_s - self._seen_s > ABSENT_S:
                self._new_segment()
            return None
        self._seen_s = obs.time_s
        if self._facing.update(obs.time_s, float(facing_signal(obs.xy_px))):
            self._new_segment()
        xy_px = self._legs.update(obs.xy_px)
        return body_of(xy_px, time_s=obs.time_s, facing=self._facing.facing or "right")

    def _measure(self, body: Body | None, set_up: SetUp) -> float | None:
        """Follow both legs; the smoothed extension of the near leg when there is a zero."""
        if body is None or self._near is None or not set_up.ready:
            return None
        zero = self._standing.zero
        if zero is not None:
            self._follow(body, zero, near=self._near)
        leg_up = any(kick.phase != "down" for kick in self._kicks.values())
        self._standing.update(body, leg_up=leg_up)
        if self._standing.ring >= 1 and not self._zeroed:
            self._zeroed = True
            self._tone = self._tone or "ready"
        if zero is None:
            return None
        return self._smooth.update(body.time_s, zero.extension_deg(body, self._near))

    def _follow(self, body: Body, zero: Zero, *, near: Side) -> None:
        near_kick = self._kicks[near].update(body, zero)
        far_kick = self._kicks[other(near)].update(body, zero)
        if near_kick is not None:
            self._judged(near_kick, time_s=body.time_s)
        elif far_kick is not None and far_kick.reason != "kicks_forward" and self._kicks[near].phase == "down":
            self._event_s, self._tone = body.time_s, "rejected"
            self._prompter.flash(self._phrases.prompt("far_leg"), time_s=body.time_s)
        elif self._kicks[near].phase == "held":
            self._cue(self._kicks[near], time_s=body.time_s)
        else:
            self._cued.clear()

    def _judged(self, kick: Kick, *, time_s: float) -> None:
        self._set_up = self._zeroed = True
        self._event_s = time_s
        self._dots[kick.side].append(Dot(kick.reason is None, kick.extension_deg))
        if kick.reason is None:
            count = sum(dot.accepted for dot in self._dots[kick.side])
            prompt = self._phrases.prompt(
                "counted", count=count, word=self._phrases.count_word(count), angle=f"{kick.extension_deg:.0f}"
            )
        else:
            prompt = self._phrases.prompt(kick.reason)
        self._tone = "rejected" if kick.reason else "accepted"
        self._prompter.flash(prompt, time_s=time_s)

    def _cue(self, kick: KickDetector, *, time_s: float) -> None:
        """While the leg is up: say once to hold, and once that it is enough."""
        code = "back" if kick.held_s() >= HELD_S else "hold"
        if code not in self._cued and kick.near_peak:
            self._cued.add(code)
            self._prompter.flash(self._phrases.prompt(code), time_s=time_s, for_s=1.5)

    def _kicking(self) -> bool:
        return self._near is not None and self._kicks[self._near].phase != "down"

    def _keep(self) -> Keep | None:
        if self._near is not None and self._kicks[self._near].near_peak:
            return "hold"
        return "quiet" if self._standing.quiet_now else None

    def _complete(self, side: Side) -> bool:
        return sum(dot.accepted for dot in self._dots[side]) >= self._reps

    def _finish_if_over(self, time_s: float) -> None:
        assert self._first_s is not None
        assert self._event_s is not None
        idle_s = time_s - self._event_s
        away_s = time_s - (self._seen_s if self._seen_s is not None else self._first_s)
        tried = any(self._dots.values())
        self._done = self._done or (
            (all(map(self._complete, SIDES)) and idle_s >= AFTER_S and not self._kicking())
            or (any(map(self._complete, SIDES)) and idle_s >= ONE_LEG_IDLE_S)
            or (tried and away_s >= NOBODY_S)
            or idle_s >= NO_KICK_S
        )

    def _state(self, set_up: SetUp, *, time_s: float) -> State:
        if self._done:
            return "scoring"
        self._pass_set_up(set_up, time_s=time_s)
        if not self._set_up:
            return "setup"
        if self._near is not None and self._complete(self._near):
            return "turn" if not self._complete(other(self._near)) else "kick"
        return "kick" if self._zeroed or self._kicking() else "still"

    def _pass_set_up(self, set_up: SetUp, *, time_s: float) -> None:
        if not set_up.ready:
            self._ready_since_s = None
            return
        if self._ready_since_s is None:
            self._ready_since_s = time_s
        waited_s = time_s - self._ready_since_s
        self._set_up = self._set_up or waited_s >= (ADVICE_S if set_up.prompts else 0.5)

    def _standing_prompt(self, state: State, set_up: SetUp) -> Prompt:
        """What the person should do now."""
        if state == "scoring":
            return self._phrases.prompt("scoring")
        first = set_up.prompts[0] if set_up.prompts else "side"
        turning = state == "turn" and first == "side"
        if (not set_up.ready and not turning) or (state == "setup" and set_up.prompts):
            return self._phrases.prompt("come_back" if first == "nobody" and self._set_up else first)
        if state in ("setup", "still"):
            return self._phrases.prompt("still")
        if state == "turn":
            return self._phrases.prompt("turn")
        return self._phrases.prompt(f"kick_{self._near}" if self._near else "side")


def _sound(obs: Observation, *, after_s: float) -> Observation:
    """The observation with a rising time (cameras repeat stamps or step back) and whole landmarks or none."""
    whole = obs.xy_px is not None and bool(np.isfinite(obs.xy_px).all())
    return dataclasses.replace(
        obs, time_s=max(obs.time_s, after_s + 1e-3), xy_px=obs.xy_px if whole else None,
        visibility=obs.visibility if whole else None,
    )  # fmt: skip
