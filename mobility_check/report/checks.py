"""The camera check and the form check: what was found, what it costs in degrees, and whether to do anything."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.params import Params
from mobility_check.results import wording
from mobility_check.results.description import Description
from mobility_check.results.result import Result

Level = Literal["good", "warn", "bad"]
ABDUCTION_DEG = 10.0
"""A kick that also swings this far sideways is the example that shows what a turned camera can fake."""


@dataclass(frozen=True, slots=True)
class Check:
    """One row of a check: its name, what was found, what it costs, and how good that is."""

    name: str
    found: str
    cost: str
    level: Level


@dataclass(frozen=True, slots=True)
class Gauge:
    """What else moved with one leg, on a scale with its two limits, all in degrees."""

    name: str
    side: Side
    value_deg: float
    warn_deg: float
    reject_deg: float
    text: str


def seen_from(yaw_deg: float, angle_deg: float) -> float:
    """The angle that a camera turned by ``yaw_deg`` sees of a true one: tan θ′ = tan θ · cos yaw."""
    return math.degrees(math.atan(math.tan(math.radians(angle_deg)) * math.cos(math.radians(yaw_deg))))


def faked_by_abduction(yaw_deg: float, angle_deg: float) -> float:
    """How far apart the same kick of the two legs looks when each also swings ``ABDUCTION_DEG`` outwards."""
    yaw, back = math.radians(yaw_deg), math.tan(math.radians(angle_deg))
    aside = math.tan(math.radians(ABDUCTION_DEG)) * math.sin(yaw)
    return math.degrees(math.atan(back * math.cos(yaw) + aside) - math.atan(back * math.cos(yaw) - aside))


def camera_checks(result: Result, params: Params) -> list[Check]:
    """All rows of the camera check that the result has numbers for."""
    return [*_angles(result, params), *_picture(result, params), *_views(result), _neutral(result, params)]


def _angles(result: Result, params: Params) -> Iterator[Check]:
    quality, gates = result.quality, params.gates
    score = max([s.score_deg for s in result.sides.values() if s.score_deg is not None], default=15.0)
    if quality.camera_yaw_deg is not None:
        yaw = abs(quality.camera_yaw_deg)
        lost, faked = abs(score - seen_from(yaw, score)), faked_by_abduction(yaw, score)
        cost = "less than 0.1°"
        if lost >= 0.05:
            cost = f"makes {wording.degrees(score)} look {wording.degrees(lost)} smaller"
        if faked >= 1.0 and score < 60:
            cost += f"; with {ABDUCTION_DEG:.0f}° outward swing it can fake {wording.degrees(faked)} left against right"
        level: Level = "good" if yaw <= gates.yaw_warn_deg else "warn" if yaw <= gates.yaw_reject_deg else "bad"
        yield Check("Side view", f"camera about {yaw:.0f}° away from it", cost, level)
    if quality.camera_roll_deg is not None:
        found = f"tilted by about {abs(quality.camera_roll_deg):.0f}°"
        yield Check("Camera level", found, "none, tilt cancels", "good")


def _picture(result: Result, params: Params) -> Iterator[Check]:
    quality, framing = result.quality, params.framing
    if quality.thigh_px:
        step = math.degrees(math.atan(1 / quality.thigh_px))
        level: Level = "good" if quality.thigh_px >= 2 * framing.min_thigh_px else "warn"
        found = f"thigh {quality.thigh_px:.0f} pixels long"
        yield Check("Size", found, f"{step:.2f}° for each pixel that the knee is misplaced", level)
    if result.inputs:
        fps = min(i.fps for i in result.inputs)
        slow = fps < framing.low_fps
        cost = "widens the interval; film at 25 or more" if slow else "next to nothing"
        yield Check("Frame rate", f"{fps:.3g} frames a second", cost, "warn" if slow else "good")
    if quality.seen_share is not None:
        good = quality.seen_share >= params.gates.min_seen_share
        cost = "none" if quality.seen_share >= 0.95 else "unseen moments are left out, never guessed"
        yield Check("Body in view", f"{100 * quality.seen_share:.0f} % of the time", cost, "good" if good else "warn")


def _views(result: Result) -> Iterator[Check]:
    far = [side for side in SIDES if result.sides[side].view == "far"]
    near = [side for side in SIDES if result.sides[side].view == "near"]
    if far:
        margins = " and ".join(wording.plus_minus(result.sides[side].ci95_deg) or "no interval" for side in far)
        cost = f"half hidden, which widens its interval to {margins}; turn round for it"
        yield Check("Near leg", f"the {' and '.join(far)} leg was the far one", cost, "warn")
    elif near:
        yield Check("Near leg", " and ".join(near), "none", "good")


def _neutral(result: Result, params: Params) -> Check:
    span = result.quality.neutral_s
    if span is None:
        return Check("Quiet standing", "none found", "the zero may be off by some degrees; stand still first", "warn")
    good = span[1] - span[0] >= params.neutral.wanted_s
    cost = "none" if good else "widens the interval; stand still for two seconds"
    return Check("Quiet standing", f"{wording.seconds(span[1] - span[0])} long", cost, "good" if good else "warn")


def gauges(result: Result, words: Description, params: Params) -> list[Gauge]:
    """What else moved in the counted reps (all reps where none counted): trunk, moving knee, standing knee."""
    gates = params.gates
    lean = (gates.trunk_lean_warn_deg, gates.trunk_lean_reject_deg)
    knee = (gates.knee_flexion_warn_deg, gates.knee_flexion_reject_deg)
    found = []
    for side in SIDES:
        reps = [r for r in result.sides[side].reps if r.valid] or list(result.sides[side].reps)
        for name in words.judged:
            values = [value for r in reps if (value := getattr(r, name)) is not None]
            limits, signs = (knee, ("bent", "straighter"))
            if name == "trunk_lean_deg":
                limits, signs = (lean, ("forwards", "backwards"))
            if values:
                found.append(_gauge(words.heading(name), side, mean(values), *limits, signs))
    return found


def _gauge(name: str, side: Side, value: float, warn: float, reject: float, words: tuple[str, str]) -> Gauge:
    verdict = "fine" if abs(value) <= warn else "noticeable" if abs(value) <= reject else "too much to count"
    text = f"{wording.degrees(abs(value))} {words[0] if value >= 0 else words[1]}, {verdict}"
    return Gauge(name, side, value, warn, reject, text)
