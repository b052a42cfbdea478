"""The set-up ticks: each looks at the newest observation and says ok, or what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics.geometry import backward_angle_deg, mid_shoulder, thigh_length_px, yaw_deg
from mobility_check.kinematics.landmarks import HEAD, SIDES, Landmark
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.track import Floats
from mobility_check.live.prompts import Phrases
from mobility_check.live.view import Observation, Tick

FEET = (Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_HEEL, Landmark.RIGHT_HEEL)
MIN_HEIGHT_SHARE = 0.3
MAX_HEIGHT_SHARE = 0.97
LEVEL_DEG = 7.0
"""Who stands upright leans a few degrees in any picture; only more than this looks like a tilted camera (E)."""
BRIGHT_LUMA = 235.0


@dataclass(frozen=True, slots=True)
class SetUp:
    """The list of ticks and, for each failed one in order of importance, the prompt to give."""

    ticks: tuple[Tick, ...]
    prompts: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Nothing that blocks the measurement has failed."""
        return all(tick.ok for tick in self.ticks if tick.blocking)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a check found; the ``word`` *unknown* where it cannot say yet."""

    code: str
    problem: str = ""
    word: str = ""
    value: float = math.nan
    blocking: bool = False

    def tick(self, phrases: Phrases) -> Tick:
        return Tick(
            self.code,
            phrases.word(f"tick_{self.code}"),
            ok=None if self.word == "unknown" else not self.problem,
            value=phrases.word(self.word, value=f"{self.value:.0f}") if self.word else "",
            advice=phrases.prompt(self.problem).show if self.problem else "",
            blocking=self.blocking,
        )


def check(obs: Observation, *, params: Params, phrases: Phrases, rate_hz: float | None) -> SetUp:
    """All ticks for one observation; ``rate_hz`` is the rate of observations so far."""
    slow = rate_hz is not None and rate_hz < params.framing.low_fps
    dark, glaring = obs.luma < params.framing.dark_luma, obs.luma > BRIGHT_LUMA
    found = (
        *_of_person(obs, params),
        _Finding("people", "people" if obs.people > 1 else ""),
        _Finding("light", "light" if dark else "glare" if glaring else ""),
        _level(obs.xy_px),
        _Finding("rate", "rate" if slow else "", "unknown" if rate_hz is None else "per_second", rate_hz or math.nan),
    )
    return SetUp(tuple(row.tick(phrases) for row in found), tuple(row.problem for row in found if row.problem))


def _of_person(obs: Observation, params: Params) -> tuple[_Finding, ...]:
    """Whole body, distance and side view, without which nothing can be measured."""
    if obs.xy_px is None:
        unknown = (_Finding(code, word="unknown", blocking=True) for code in ("distance", "side"))
        return _Finding("body", "nobody", blocking=True), *unknown
    yaw = abs(float(yaw_deg(obs.xy_px)))
    turned, useless = yaw > params.gates.yaw_warn_deg, yaw > params.gates.yaw_reject_deg
    side = _Finding("side", "side" if turned else "", "about_deg", yaw, blocking=useless)
    return _whole_body(obs, obs.xy_px, params), _distance(obs, obs.xy_px, params), side


def _whole_body(obs: Observation, xy_px: Floats, params: Params) -> _Finding:
    head, feet = (_inside(obs, xy_px, joints, params) for joints in (HEAD, FEET))
    problem = "" if head and feet else "feet" if head else "head" if feet else "body"
    return _Finding("body", problem, blocking=not feet)


def _inside(obs: Observation, xy_px: Floats, joints: Sequence[int], params: Params) -> bool:
    """Most of these landmarks lie in the picture and the model believes to see one of them at least."""
    xy = xy_px[list(joints)]
    size = np.asarray(obs.size_px, dtype=float)
    inside = np.all((xy > 0) & (xy < size), axis=1)
    seen = obs.visibility is None or np.nanmax(obs.visibility[list(joints)]) >= params.framing.min_visibility
    return bool(inside.mean() >= 0.75 and seen)


def _distance(obs: Observation, xy_px: Floats, params: Params) -> _Finding:
    share = height_share(xy_px, picture_height_px=obs.size_px[1])
    thigh_px = max(float(thigh_length_px(xy_px, side)) for side in SIDES)
    small = thigh_px < params.framing.min_thigh_px
    problem = "too_far" if small or share < MIN_HEIGHT_SHARE else "too_near" if share > MAX_HEIGHT_SHARE else ""
    return _Finding("distance", problem, "fills", 100 * share, blocking=small)


def height_share(xy_px: Floats, *, picture_height_px: int) -> float:
    """The person's height from the head's to the feet's landmarks, as a share of the picture's height."""
    y = xy_px[:, 1]
    return float((np.nanmax(y) - np.nanmin(y)) / picture_height_px)


def _level(xy_px: Floats | None) -> _Finding:
    if xy_px is None:
        return _Finding("level", word="unknown")
    feet = xy_px[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]].mean(axis=0)
    roll_deg = abs(float(backward_angle_deg(feet - mid_shoulder(xy_px), "right")))
    tilted = roll_deg > LEVEL_DEG
    return _Finding("level", "level" if tilted else "", "about_deg" if tilted else "looks_level", roll_deg)
