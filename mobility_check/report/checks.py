"""The camera check and the form check: what was found, what it costs in degrees, and whether to do anything."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Literal

import msgspec

from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.params import Gates, Params
from mobility_check.language import gettext as _
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


def params_of(result: Result) -> Params:
    """The thresholds that were in force: those of the result's provenance, the defaults for what it does not name."""
    groups = {name: group for name, group in result.provenance.parameters.items() if isinstance(group, dict)}
    try:
        return msgspec.convert(groups, Params)
    except msgspec.ValidationError:  # of another program or version
        return Params()


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
        cost = _("less than {angle}", angle=wording.degrees(0.1))
        if lost >= 0.05:
            cost = _("makes {score} look {lost} smaller", score=wording.degrees(score), lost=wording.degrees(lost))
        if faked >= 1.0 and score < 60:
            cost = _(
                "{cost}; with {swing:.0f}° outward swing it can fake {faked} left against right",
                cost=cost,
                swing=ABDUCTION_DEG,
                faked=wording.degrees(faked),
            )
        level: Level = "good" if yaw <= gates.yaw_warn_deg else "warn" if yaw <= gates.yaw_reject_deg else "bad"
        yield Check(_("Side view"), _("camera about {yaw:.0f}° away from it", yaw=yaw), cost, level)
    if quality.camera_roll_deg is not None:
        found = _("tilted by about {roll:.0f}°", roll=abs(quality.camera_roll_deg))
        yield Check(_("Camera level"), found, _("none, tilt cancels"), "good")


def _picture(result: Result, params: Params) -> Iterator[Check]:
    quality, framing = result.quality, params.framing
    if quality.thigh_px:
        found = _("thigh {length:.0f} pixels long", length=quality.thigh_px)
        step = math.degrees(math.atan(1 / quality.thigh_px))
        cost = _("{step:.2f}° for each pixel that the knee is misplaced", step=step)
        yield _check(_("Size"), found, cost, good=quality.thigh_px >= 2 * framing.min_thigh_px)
    if result.inputs:
        fps = min(i.fps for i in result.inputs)
        slow = fps < framing.low_fps
        cost = _("widens the interval; film at 25 or more") if slow else _("next to nothing")
        yield _check(_("Frame rate"), _("{fps:.3g} frames a second", fps=fps), cost, good=not slow)
    if quality.seen_share is not None:
        found = _("{share:.0f} % of the time", share=100 * quality.seen_share)
        cost = _("none") if quality.seen_share >= 0.95 else _("unseen moments are left out, never guessed")
        yield _check(_("Body in view"), found, cost, good=quality.seen_share >= params.gates.min_seen_share)


def _views(result: Result) -> Iterator[Check]:
    far = [side for side in SIDES if result.sides[side].view == "far"]
    near = [side for side in SIDES if result.sides[side].view == "near"]
    if far:
        found = _("{leg} was the far one", leg=wording.the_leg(far[0]))
        margins = ", ".join(wording.plus_minus(result.sides[side].ci95_deg) or _("no interval") for side in far)
        cost = _("half hidden, which widens its interval to {margins}; turn round for it", margins=margins)
        yield _check(_("Near leg"), _("both legs were the far one") if len(far) > 1 else found, cost, good=False)
    elif near:
        yield _check(_("Near leg"), ", ".join(map(wording.side_word, near)), _("none"), good=True)


def _neutral(result: Result, params: Params) -> Check:
    name, span = _("Quiet standing"), result.quality.neutral_s
    if span is None:
        return _check(name, _("none found"), _("the zero may be off by some degrees; stand still first"), good=False)
    good = span[1] - span[0] >= params.neutral.wanted_s
    cost = _("none") if good else _("widens the interval; stand still for two seconds")
    return _check(name, _("{time} long", time=wording.seconds(span[1] - span[0])), cost, good=good)


def _check(name: str, found: str, cost: str, *, good: bool) -> Check:
    return Check(name, found, cost, "good" if good else "warn")


def gauges(result: Result, words: Description, params: Params) -> list[Gauge]:
    """What else moved in the counted reps (all reps where none counted): trunk, moving knee, standing knee."""
    found = []
    for side in SIDES:
        reps = [r for r in result.sides[side].reps if r.valid] or result.sides[side].reps
        for name in words.judged:
            values = [value for r in reps if (value := getattr(r, name)) is not None]
            if values:
                found.append(_gauge(name, side, mean(values), words, params.gates))
    return found


def _gauge(name: str, side: Side, value: float, words: Description, gates: Gates) -> Gauge:
    if name == "trunk_lean_deg":
        warn, reject = gates.trunk_lean_warn_deg, gates.trunk_lean_reject_deg
        direction = _("forwards") if value >= 0 else _("backwards")
    else:
        warn, reject = gates.knee_flexion_warn_deg, gates.knee_flexion_reject_deg
        direction = _("bent") if value >= 0 else _("straighter")
    verdict = _("fine") if abs(value) <= warn else _("noticeable") if abs(value) <= reject else _("too much to count")
    text = f"{wording.degrees(abs(value))} {direction}, {verdict}"
    return Gauge(words.heading(name), side, value, warn, reject, text)
