"""The set-up ticks: each looks at the newest observation and says ok, or what to do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics.geometry import backward_angle_deg, mid_shoulder, thigh_length_px, yaw_deg
from mobility_check.kinematics.landmarks import HEAD, SIDES, Landmark
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.track import Floats
from mobility_check.live.prompts import prompt, word
from mobility_check.live.view import Observation, Tick

FEET = (Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_HEEL, Landmark.RIGHT_HEEL)
MIN_HEIGHT_SHARE = 0.3
MAX_HEIGHT_SHARE = 0.97
LEVEL_DEG = 7.0
"""Who stands upright leans a few degrees in any picture; only more than this looks like a tilted camera (E)."""
BRIGHT_LUMA = 235.0


@dataclass(frozen=True, slots=True)
class SetUp:
    """The list of ticks."""

    ticks: tuple[Tick, ...]

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompt to give for each failed tick, in order of importance."""
        return tuple(tick.problem for tick in self.ticks if tick.problem)

    @property
    def ready(self) -> bool:
        """Nothing that blocks the measurement has failed."""
        return all(tick.ok for tick in self.ticks if tick.blocking)


def check(obs: Observation, *, params: Params, rate_hz: float | None) -> SetUp:
    """All ticks for one observation; ``rate_hz`` is the rate of observations so far."""
    slow = rate_hz is not None and rate_hz < params.framing.low_fps
    dark, glaring = obs.luma < params.framing.dark_luma, obs.luma > BRIGHT_LUMA
    return SetUp(
        (
            *_of_person(obs, params),
            _tick("people", "people" if obs.people > 1 else ""),
            _tick("light", "light" if dark else "glare" if glaring else ""),
            _level(obs.xy_px),
            _tick("rate", "rate" if slow else "", "unknown" if rate_hz is None else "per_second", rate_hz or math.nan),
        )
    )


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
