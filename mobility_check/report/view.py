"""What the templates show and cannot work out from words and numbers alone: pictures, figures and tables of curves."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import SIDES, Facing, Side, View, other
from mobility_check.kinematics.params import Params
from mobility_check.language import gettext as _
from mobility_check.language import number
from mobility_check.report import figure
from mobility_check.report.data import Picture, Pictures, Progress, ReportData, shown_rep
from mobility_check.report.timeline import Timeline
from mobility_check.results import wording
from mobility_check.results.result import Result


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture with its words."""

    picture: Picture
    alt: str
    caption: str

    @property
    def src(self) -> str:
        """The picture as a data address."""
        return "data:image/jpeg;base64," + base64.b64encode(self.picture.jpeg).decode("ascii")


@dataclass(frozen=True, slots=True)
class Pair:
    """The same moment of a leg on two dates, or of one date where ``before`` is missing."""

    title: str
    before: Shot | None
    now: Shot


def params_of(result: Result) -> Params:
    """The thresholds that were in force: those of the result's provenance, the defaults for what it does not name."""
    changed: dict[str, Any] = {}
    for group in dataclasses.fields(Params):
        values = result.provenance.parameters.get(group.name)
        default = getattr(Params(), group.name)
        if isinstance(values, dict):
            known = {f.name: values[f.name] for f in dataclasses.fields(default) if f.name in values}
            changed[group.name] = dataclasses.replace(default, **known)
    return Params(**changed)


def drawing(data: ReportData, side: Side) -> tuple[Markup | None, str]:
    """The figure at the top of a leg and a word on it; none where the leg has no number."""
    leg, words = data.result.sides[side], describe(data.result.test)
    if leg.score_deg is None:
        return None, ""
    place = shown_rep(data.result, side)
    rep = leg.reps[place] if place is not None else None
    sign = words.curve_sign
    angle = figure.Angle.measured(leg.score_deg, leg.ci95_deg, sign=sign)
    view: View = rep.view if rep else "near"
    facing: Facing = side if view == "near" else other(side)
    label = _(
        "Figure of the person at the peak of the repetition, {leg}: {angle} {direction}.",
        leg=wording.leg_name(side),
        angle=wording.with_margin(leg.score_deg, leg.ci95_deg),
        direction=_(words.direction),
    )
    if rep and rep.clip < len(data.tracks):
        pose = figure.pose_from_track(data.tracks[rep.clip], words.value_at_s(rep), side=side, facing=facing)
        value = words.value_deg(rep)
        if pose and value is not None:
            drawn = figure.draw(pose, angle, rep_back_deg=sign * value, side=side, view=view, label=label)
            return drawn, _("Drawn from repetition {number}", number=(place or 0) + 1)
    lean = rep.trunk_lean_deg if rep and rep.trunk_lean_deg is not None else 0.0
    pose = figure.standard_pose(angle.back_deg, facing=facing, trunk_lean_deg=lean)
    drawn = figure.draw(pose, angle, rep_back_deg=None, side=side, view=view, label=label)
    return drawn, _("A standard figure at the measured angle")


def peak(pictures: Pictures, result: Result, side: Side, place: int) -> Shot | None:
    """The picture of a rep's peak."""
    picture, words = pictures.reps.get((side, place)), describe(result.test)
    if picture is None:
        return None
    angle = wording.degrees(words.value_deg(result.sides[side].reps[place]))
    return Shot(
        picture,
        alt=_(
            "Frame of the clip at the peak of repetition {number}, {leg}, {angle}, with trunk line, thigh line and"
            " arc.",
            number=place + 1,
            leg=wording.leg_name(side),
            angle=angle,
        ),
        caption=_("{angle} (repetition {number})", angle=angle, number=place + 1),
    )


def _standing(pictures: Pictures, side: Side) -> Shot | None:
    picture = pictures.neutral.get(side)
    if picture is None:
        return None
    return Shot(
        picture,
        alt=_("Frame of the clip with the person standing quietly before {leg} moves.", leg=wording.the_leg(side)),
        caption=_("the zero"),
    )


def people(data: ReportData) -> Shot | None:
    """Who was measured, where several people were in view."""
    picture, person = data.pictures.people, data.result.person
    if picture is None or person is None:
        return None
    caption = _("{count} people were in view; the one in the frame was measured.", count=person.of)
    return Shot(picture, alt=caption, caption=caption)


def pairs(data: ReportData) -> list[Pair]:
    """Standing and peak of each leg, of the earlier date beside this one where there are pictures of both."""
    found = []
    for side in SIDES:
        for name in ("standing", "peak"):
            now = _moment(data.pictures, data.result, side, name)
            before = _moment(data.earlier.pictures, data.earlier.result, side, name) if data.earlier else None
            if now:
                title = wording.capital(wording.leg_name(side))
                found.append(Pair(f"{title}, {_('standing') if name == 'standing' else _('peak')}", before, now))
    return found


def _moment(pictures: Pictures, result: Result, side: Side, name: str) -> Shot | None:
    if name == "standing":
        return _standing(pictures, side)
    place = shown_rep(result, side)
    return None if place is None else peak(pictures, result, side, place)


def curve_table(line: Timeline) -> list[tuple[str, ...]]:
    """The curves every half second, for those who cannot see the chart: time, left, right, trunk."""
    rows: list[tuple[str, ...]] = []
    due = -np.inf
    for i, t in enumerate(line.time_s):
        if not np.isfinite(t) or (due - 0.5 < t < due):
            continue
        due = t + 0.5
        values = (*(line.seen(s)[i] for s in SIDES), line.trunk[i])
        rows.append((number(t, 1), *(wording.degrees(float(x)) if np.isfinite(x) else "–" for x in values)))
    return rows


def progress_table(progress: Progress) -> list[tuple[str, str, str, str]]:
    """One row per session and leg, newest first: day, leg, score, interval."""
    rows = [
        (p.at, wording.side_word(side), wording.degrees(p.score_deg), wording.span(p.ci95_deg, of=p.score_deg))
        for side in SIDES
        for p in progress.legs.get(side, ())
    ]
    return [(at.date().isoformat(), *rest) for at, *rest in sorted(rows, reverse=True)]  # type: ignore[misc]


def bands(progress: Progress) -> str:
    """``left ± 3.4°, right ± 3.1°``: the smallest changes that are likely real."""
    limits = progress.mdc95_deg.items()
    return ", ".join(f"{wording.side_word(side)} ± {number(limit, 1)}°" for side, limit in limits)
