"""What the templates show, worked out beforehand: the templates hold words and layout, no arithmetic."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import SIDES, Facing, Side, View, other
from mobility_check.kinematics.params import Params
from mobility_check.language import N_, number
from mobility_check.language import gettext as _
from mobility_check.report import checks, figure
from mobility_check.report.data import Picture, Pictures, Progress, ReportData, shown_rep
from mobility_check.report.timeline import TimedRep, Timeline, timed_reps
from mobility_check.results import wording
from mobility_check.results.reasons import told
from mobility_check.results.result import Rep, Result


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture with its words; ``src`` is a data address."""

    src: str
    width_px: int
    height_px: int
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The same moment of a leg on two dates, or of one date where ``before`` is missing."""

    title: str
    before: Shot | None
    now: Shot


@dataclass(frozen=True, slots=True)
class RepRow:
    """One rep, in words. ``id`` is what the chart, the buttons and the pictures call it."""

    id: str
    side: Side
    number: int
    time: str
    margin: str
    cells: tuple[tuple[str, str], ...]
    view: str
    valid: bool
    reasons: tuple[str, ...]
    shot: Shot | None
    clip: int
    seek_s: float

    @property
    def value(self) -> str:
        """The measured angle."""
        return self.cells[0][1]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg at the top of the page."""

    side: Side
    name: str
    status: str
    status_words: str
    score: str
    margin: str
    best: str
    counted: str
    pain: str
    chips: tuple[str, ...]
    reasons: tuple[str, ...]
    figure: Markup | None
    figure_note: str


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


def legs(data: ReportData) -> list[Leg]:
    """Left, then right."""
    return [_leg(data, side) for side in SIDES]


def _leg(data: ReportData, side: Side) -> Leg:
    leg, words = data.result.sides[side], describe(data.result.test)
    drawing, note = _figure(data, side)
    history = data.progress.changes.get(side) if data.progress else None
    return Leg(
        side=side,
        status=leg.status,
        name=wording.capital(wording.leg_name(side)),
        status_words=wording.capital(wording.status_word(leg.status)),
        score=wording.degrees(leg.score_deg),
        margin=wording.margin(leg.score_deg, leg.ci95_deg),
        best=wording.degrees(leg.best_deg),
        counted=wording.counted(data.result, side, words),
        pain=wording.capital(wording.pain_word(data.pain[side])) if side in data.pain else "",
        chips=wording.chips(history, day=data.day) if data.day else (),
        reasons=tuple(map(told, leg.reasons)),
        figure=drawing,
        figure_note=note,
    )


def _figure(data: ReportData, side: Side) -> tuple[Markup | None, str]:
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


def _shot(picture: Picture, *, alt: str, caption: str) -> Shot:
    src = "data:image/jpeg;base64," + base64.b64encode(picture.jpeg).decode("ascii")
    return Shot(src, picture.width_px, picture.height_px, alt, caption)


def _peak(pictures: Pictures, result: Result, side: Side, place: int) -> Shot | None:
    picture, words = pictures.reps.get((side, place)), describe(result.test)
    if picture is None:
        return None
    angle = wording.degrees(words.value_deg(result.sides[side].reps[place]))
    return _shot(
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
    return _shot(
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
    return _shot(picture, alt=caption, caption=caption)


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
    return None if place is None else _peak(pictures, result, side, place)


def rep_rows(data: ReportData) -> list[RepRow]:
    """All reps in order of time."""
    return [_rep_row(data, r) for r in timed_reps(data.result)]


def _rep_row(data: ReportData, timed: TimedRep) -> RepRow:
    rep, words = timed.rep, describe(data.result.test)
    time = f"{number(rep.start_s, 1)}–{number(rep.end_s, 1)} s"
    many = len(data.result.inputs) > 1
    return RepRow(
        id=f"{timed.side}-{timed.place}",
        side=timed.side,
        number=timed.place + 1,
        time=_("clip {number}, {time}", number=rep.clip + 1, time=time) if many else time,
        margin=wording.plus_minus(rep.ci95_deg),
        cells=tuple((_(c.heading), wording.number(getattr(rep, c.name), c)) for c in words.columns),
        view=_(VIEWS[rep.view]),
        valid=rep.valid,
        reasons=tuple(map(told, rep.reasons)),
        shot=_peak(data.pictures, data.result, timed.side, timed.place),
        clip=rep.clip,
        seek_s=_seek_s(rep),
    )


def _seek_s(rep: Rep) -> float:
    return round(max((rep.hold_s or (rep.peak_s, 0.0))[0], 0.0), 2)


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


VIEWS: Mapping[View, str] = {"near": N_("near"), "far": N_("far")}
"""Whether the leg was the one nearest the camera."""


def provenance_rows(result: Result) -> list[tuple[str, str]]:
    """What made the numbers, as label and value."""
    made = result.provenance
    rows = [
        (_("Program"), f"mobility-check {made.mobility_check}"),
        (_("Pose model"), f"{made.model} ({made.backend})"),
        (_("Angle rule"), made.angle_rule),
    ]
    if made.model_sha256:
        rows.append((_("Model checksum"), made.model_sha256))
    for i, clip in enumerate(result.inputs, 1):
        size = _(
            "{width} × {height}, {fps:.4g} frames a second, {duration}",
            width=clip.width_px,
            height=clip.height_px,
            fps=clip.fps,
            duration=wording.seconds(clip.duration_s),
        )
        rows.append((_("Clip {number}", number=i), f"{_(_file_name(clip.path))} ({size})"))
        if clip.sha256:
            rows.append((_("Clip {number} checksum", number=i), clip.sha256))
    return rows


def _file_name(path: str) -> str:
    """Only the name: a report that is passed on should not tell where its maker keeps files."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def form_and_camera(result: Result) -> dict[str, Any]:
    """The camera check, the rows of it that need care, and the form check of each leg."""
    params = params_of(result)
    rows = checks.camera_checks(result, params)
    gauges = checks.gauges(result, describe(result.test), params)
    by_side = {side: [g for g in gauges if g.side == side] for side in SIDES}
    return {
        "camera": rows,
        "camera_care": [row for row in rows if row.level != "good"],
        "gauges": {s: g for s, g in by_side.items() if g},
    }
