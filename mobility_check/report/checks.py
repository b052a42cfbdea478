"""The camera check and the form check: what was found, what it costs in degrees, and whether to do anything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.params import Params
from mobility_check.results import wording
from mobility_check.results.result import Rep, Result

Level = Literal["good", "warn", "bad", "info"]
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
    """One habit of one leg on a scale with its two limits, all in degrees."""

    name: str
    side: Side
    value_deg: float
    warn_deg: float
    reject_deg: float
    text: str
    level: Level

    @property
    def share(self) -> float:
        """Place of the value on a scale that ends a fifth beyond the second limit, 0..1."""
        return min(abs(self.value_deg) / (1.2 * self.reject_deg), 1.0)


def seen_from(yaw_deg: float, extension_deg: float) -> float:
    """The angle that a camera turned by ``yaw_deg`` sees of a true one: tan θ′ = tan θ · cos yaw."""
    return math.degrees(math.atan(math.tan(math.radians(extension_deg)) * math.cos(math.radians(yaw_deg))))


def faked_by_abduction(yaw_deg: float, extension_deg: float) -> float:
    """How far apart the same kick of the two legs looks when each also swings ``ABDUCTION_DEG`` outwards."""
    yaw, back = math.radians(yaw_deg), math.tan(math.radians(extension_deg))
    aside = math.tan(math.radians(ABDUCTION_DEG)) * math.sin(yaw)
    return math.degrees(math.atan(back * math.cos(yaw) + aside) - math.atan(back * math.cos(yaw) - aside))


def camera_checks(result: Result, params: Params) -> list[Check]:
    """All rows of the camera check that the result has numbers for."""
    score = max([s.score_deg for s in result.sides.values() if s.score_deg is not None], default=15.0)
    rows = [
        _yaw(result, params, score),
        _roll(result),
        _scale(result, params),
        _rate(result, params),
        _views(result),
        _seen(result, params),
        _neutral(result, params),
    ]
    return [row for row in rows if row]


def _yaw(result: Result, params: Params, score_deg: float) -> Check | None:
    yaw = result.quality.camera_yaw_deg
    if yaw is None:
        return None
    yaw = abs(yaw)
    gates = params.gates
    level: Level = "good" if yaw <= gates.yaw_warn_deg else "warn" if yaw <= gates.yaw_reject_deg else "bad"
    lost = score_deg - seen_from(yaw, score_deg)
    cost = (
        f"makes an angle of {wording.degrees(score_deg)} look {wording.degrees(abs(lost))} smaller."
        if abs(lost) >= 0.05
        else "less than 0.1°."
    )
    if (faked := faked_by_abduction(yaw, score_deg)) >= 1.0:
        cost += (
            f" If the legs also swing {ABDUCTION_DEG:.0f}° outwards, it can fake a left–right difference of up to"
            f" {wording.degrees(faked)}."
        )
    return Check("Camera to the side", f"about {yaw:.0f}° away from a true side view", cost, level)


def _roll(result: Result) -> Check | None:
    roll = result.quality.camera_roll_deg
    if roll is None:
        return None
    return Check("Camera level", f"tilted by about {abs(roll):.0f}°", "none: a tilt cancels in the angle.", "good")


def _scale(result: Result, params: Params) -> Check | None:
    thigh_px = result.quality.thigh_px
    if not thigh_px:
        return None
    step = math.degrees(math.atan(1 / thigh_px))
    level: Level = "good" if thigh_px >= 2 * params.framing.min_thigh_px else "warn"
    cost = f"{step:.2f}° for every pixel that the knee is placed wrong."
    return Check("Size in the picture", f"the thigh is {thigh_px:.0f} pixels long", cost, level)


def _rate(result: Result, params: Params) -> Check | None:
    if not result.inputs:
        return None
    fps = min(i.fps for i in result.inputs)
    slow = fps < params.framing.low_fps
    cost = (
        "few pictures per hold, which widens the interval; film at 25 a second or more."
        if slow
        else f"next to nothing: one second of holding still is {fps:.0f} pictures."
    )
    return Check("Pictures a second", f"{fps:.3g}", cost, "warn" if slow else "good")


def _views(result: Result) -> Check | None:
    far = [side for side in SIDES if result.sides[side].view == "far"]
    near = [side for side in SIDES if result.sides[side].view == "near"]
    name = "Leg nearest the camera"
    if far:
        margins = " and ".join(wording.plus_minus(result.sides[side].ci95_deg) or "no interval" for side in far)
        cost = f"the far leg is half hidden, which widens its interval to {margins}. Turn round for it."
        return Check(name, f"the {' and '.join(far)} leg was the far one", cost, "warn")
    return Check(name, " and ".join(near), "none: the near leg is the one measured well.", "good") if near else None


def _seen(result: Result, params: Params) -> Check | None:
    share = result.quality.seen_share
    if share is None:
        return None
    good = share >= params.gates.min_seen_share
    cost = (
        "none: hip, knee and shoulder were in view."
        if share >= 0.95
        else "moments that were not seen are left out, never guessed."
    )
    return Check("Body in view", f"{100 * share:.0f} % of the time", cost, "good" if good else "warn")


def _neutral(result: Result, params: Params) -> Check:
    span = result.quality.neutral_s
    if span is None:
        return Check(
            "Quiet standing (the zero)",
            "none found",
            "the zero may be off by some degrees; stand still for two seconds first.",
            "warn",
        )
    length = span[1] - span[0]
    good = length >= params.neutral.wanted_s
    cost = "none: long enough." if good else "a short zero widens the interval; stand still for two seconds."
    return Check("Quiet standing (the zero)", f"{wording.seconds(length)} long", cost, "good" if good else "warn")


def gauges(result: Result, params: Params) -> list[Gauge]:
    """What else moved during the counted kicks (all kicks where none counted): trunk, kicking knee, standing knee."""
    gates = params.gates
    rows: list[Gauge] = []
    for side in SIDES:
        reps = [r for r in result.sides[side].reps if r.valid] or list(result.sides[side].reps)
        knee = (gates.knee_flexion_warn_deg, gates.knee_flexion_reject_deg)
        for name, values, (warn, reject), words in (
            (
                "Trunk",
                _known(reps, "trunk_lean_deg"),
                (gates.trunk_lean_warn_deg, gates.trunk_lean_reject_deg),
                ("forwards", "backwards"),
            ),
            ("Kicking knee", _known(reps, "knee_flexion_deg"), knee, ("bent", "straighter")),
            ("Standing knee", _known(reps, "support_knee_flexion_deg"), knee, ("bent", "straighter")),
        ):
            if values:
                rows.append(_gauge(name, side, mean(values), warn, reject, words))
    return rows


def _known(reps: list[Rep], name: str) -> list[float]:
    return [value for r in reps if (value := getattr(r, name)) is not None]


def _gauge(name: str, side: Side, value: float, warn: float, reject: float, words: tuple[str, str]) -> Gauge:
    level: Level = "good" if abs(value) <= warn else "warn" if abs(value) <= reject else "bad"
    verdict = {"good": "fine", "warn": "noticeable", "bad": "too much to count"}[level]
    text = f"{wording.degrees(abs(value))} {words[0] if value >= 0 else words[1]}, {verdict}"
    return Gauge(name, side, value, warn, reject, text, level)
