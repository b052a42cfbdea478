"""The set-up ticks: each looks at the newest observation and says ok, or what to do."""

from __future__ import annotations

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


def check(obs: Observation, *, params: Params, phrases: Phrases, rate_hz: float | None) -> SetUp:
    """All ticks for one observation; ``rate_hz`` is the rate of observations so far."""
    found = (
        _whole_body(obs, params=params),
        _distance(obs, params=params),
        _side_on(obs, params=params),
        _people(obs),
        _light(obs, params=params),
        _level(obs),
        _rate(rate_hz, params=params),
    )
    ticks = tuple(_tick(row, phrases) for row in found)
    failed = tuple(row.problem for row in found if row.problem)
    return SetUp(ticks, failed)


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    problem: str = ""
    word: str = "unknown"
    value: float | None = None
    blocking: bool = False


def _tick(row: _Finding, phrases: Phrases) -> Tick:
    value = "" if row.value is None else f"{row.value:.0f}"
    advice = phrases.prompt(row.problem).show if row.problem else ""
    ok = None if row.word == "unknown" else not row.problem
    return Tick(
        row.code,
        phrases.word(f"tick_{row.code}"),
        ok,
        phrases.word(row.word, value=value) if row.word else "",
        advice,
        row.blocking,
    )


def _whole_body(obs: Observation, *, params: Params) -> _Finding:
    if obs.xy_px is None:
        return _Finding("body", "nobody", word="", blocking=True)
    head = _inside(obs, HEAD, params=params)
    feet = _inside(obs, FEET, params=params)
    problem = "" if head and feet else "feet" if head else "head" if feet else "body"
    return _Finding("body", problem, word="", blocking=not feet)


def _inside(obs: Observation, joints: Sequence[int], *, params: Params) -> bool:
    """Most of these landmarks lie in the picture and the model believes to see one of them at least."""
    assert obs.xy_px is not None
    xy = obs.xy_px[list(joints)]
    size = np.asarray(obs.size_px, dtype=float)
    inside = np.all((xy > 0) & (xy < size), axis=1)
    seen = obs.visibility is None or np.nanmax(obs.visibility[list(joints)]) >= params.framing.min_visibility
    return bool(inside.mean() >= 0.75 and seen)


def _distance(obs: Observation, *, params: Params) -> _Finding:
    if obs.xy_px is None:
        return _Finding("distance", "", blocking=True)
    share = height_share(obs.xy_px, picture_height_px=obs.size_px[1])
    thigh_px = max(float(thigh_length_px(obs.xy_px, side)) for side in SIDES)
    problem = ""
    if share < MIN_HEIGHT_SHARE or thigh_px < params.framing.min_thigh_px:
        problem = "too_far"
    elif share > MAX_HEIGHT_SHARE:
        problem = "too_near"
    return _Finding("distance", problem, "fills", 100 * share, blocking=thigh_px < params.framing.min_thigh_px)


def height_share(xy_px: Floats, *, picture_height_px: int) -> float:
    """The person's height from the head's to the feet's landmarks, as a share of the picture's height."""
    y = xy_px[:, 1]
    return float((np.nanmax(y) - np.nanmin(y)) / picture_height_px)


def _side_on(obs: Observation, *, params: Params) -> _Finding:
    if obs.xy_px is None:
        return _Finding("side", "", blocking=True)
    yaw = abs(float(yaw_deg(obs.xy_px)))
    problem = "side" if yaw > params.gates.yaw_warn_deg else ""
    return _Finding("side", problem, "about_deg", yaw, blocking=yaw > params.gates.yaw_reject_deg)


def _level(obs: Observation) -> _Finding:
    if obs.xy_px is None:
        return _Finding("level")
    feet = obs.xy_px[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]].mean(axis=0)
    roll_deg = abs(float(backward_angle_deg(feet - mid_shoulder(obs.xy_px), "right")))
    tilted = roll_deg > LEVEL_DEG
    return _Finding("level", "level" if tilted else "", "about_deg" if tilted else "looks_level", roll_deg)


def _light(obs: Observation, *, params: Params) -> _Finding:
    problem = "light" if obs.luma < params.framing.dark_luma else "glare" if obs.luma > BRIGHT_LUMA else ""
    return _Finding("light", problem, word="")


def _people(obs: Observation) -> _Finding:
    return _Finding("people", "people" if obs.people > 1 else "", word="")


def _rate(rate_hz: float | None, *, params: Params) -> _Finding:
    if rate_hz is None:
        return _Finding("rate")
    return _Finding("rate", "rate" if rate_hz < params.framing.low_fps else "", "per_second", rate_hz)
