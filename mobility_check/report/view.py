"""What the templates show, worked out beforehand: the templates hold words and layout, no arithmetic."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from mobility_check.kinematics.landmarks import SIDES, Facing, Side, View, other
from mobility_check.kinematics.params import Params
from mobility_check.report import checks, figure
from mobility_check.report.data import Picture, Progress, ReportData, shown_rep
from mobility_check.report.timeline import Timeline, kicks
from mobility_check.results import wording
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
class KickRow:
    """One kick, in words. ``id`` is what the chart, the buttons and the panels call it."""

    id: str
    side: Side
    number: int
    time: str
    angle: str
    margin: str
    interval: str
    thigh: str
    trunk: str
    knee: str
    view: str
    valid: bool
    reasons: tuple[str, ...]
    shot: Shot | None
    clip: int
    seek_s: float


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg at the top of the page."""

    side: Side
    status: str
    status_words: str
    score: str
    margin: str
    interval: str
    best: str
    kicks: str
    reasons: tuple[str, ...]
    figure: Markup | None
    figure_note: str
    peak: Shot | None
    neutral: Shot | None


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
    leg = data.result.sides[side]
    place = shown_rep(data.result, side)
    drawing, note = _figure(data, side, place)
    counted = sum(r.valid for r in leg.reps)
    return Leg(
        side=side,
        status=leg.status,
        status_words=wording.STATUS_WORDS[leg.status],
        score=wording.degrees(leg.score_deg),
        margin=wording.plus_minus(leg.ci95_deg),
        interval=wording.span(leg.ci95_deg),
        best=wording.degrees(leg.best_deg),
        kicks=f"{counted} of {len(leg.reps)} kicks counted" if leg.reps else "no kicks found",
        reasons=tuple(r.message for r in leg.reasons),
        figure=drawing,
        figure_note=note,
        peak=None if place is None else _peak_shot(data, side, place),
        neutral=_neutral_shot(data, side),
    )


def _figure(data: ReportData, side: Side, place: int | None) -> tuple[Markup | None, str]:
    leg = data.result.sides[side]
    if leg.score_deg is None:
        return None, ""
    rep = leg.reps[place] if place is not None else None
    angle = figure.Angle(leg.score_deg, leg.ci95_deg)
    view: View = rep.view if rep else "near"
    facing: Facing = side if view == "near" else other(side)
    pose = None
    if rep and rep.clip < len(data.tracks):
        pose = figure.pose_from_track(data.tracks[rep.clip], rep, side=side, facing=facing)
    if pose:
        return figure.draw(
            pose, angle, rep_deg=rep.extension_deg if rep else None, side=side, view=view
        ), f"Drawn from the hold of kick {(place or 0) + 1}"
    lean = rep.trunk_lean_deg if rep and rep.trunk_lean_deg is not None else 0.0
    pose = figure.standard_pose(leg.score_deg, facing=facing, trunk_lean_deg=lean)
    return figure.draw(pose, angle, rep_deg=None, side=side, view=view), "A standard figure posed at the measured angle"


def _shot(picture: Picture, *, alt: str, caption: str) -> Shot:
    src = "data:image/jpeg;base64," + base64.b64encode(picture.jpeg).decode("ascii")
    return Shot(src, picture.width_px, picture.height_px, alt, caption)


def _peak_shot(data: ReportData, side: Side, place: int) -> Shot | None:
    picture = data.pictures.reps.get((side, place))
    if picture is None:
        return None
    rep = data.result.sides[side].reps[place]
    angle = wording.degrees(rep.extension_deg)
    drawn = ", with trunk line, thigh line and arc" if picture.lines_drawn else ""
    return _shot(
        picture,
        alt=f"Frame of the clip at the peak of kick {place + 1} with the {side} leg, {angle}{drawn}.",
        caption=f"Peak of kick {place + 1}: {angle} at {wording.seconds(picture.time_s)}",
    )


def _neutral_shot(data: ReportData, side: Side) -> Shot | None:
    picture = data.pictures.neutral.get(side)
    if picture is None:
        return None
    return _shot(
        picture,
        alt=f"Frame of the clip with the person standing quietly before the {side} leg's kicks.",
        caption=f"Quiet standing, the zero, at {wording.seconds(picture.time_s)}",
    )


def kick_rows(data: ReportData) -> list[KickRow]:
    """All kicks in order of time."""
    return [_kick_row(data, k.side, k.place, k.rep) for k in kicks(data.result)]


def _kick_row(data: ReportData, side: Side, place: int, rep: Rep) -> KickRow:
    where = f"clip {rep.clip + 1}, " if len(data.result.inputs) > 1 else ""
    return KickRow(
        id=f"{side}-{place}",
        side=side,
        number=place + 1,
        time=f"{where}{rep.start_s:.1f}–{rep.end_s:.1f} s",
        angle=wording.degrees(rep.extension_deg),
        margin=wording.plus_minus(rep.ci95_deg),
        interval=wording.span(rep.ci95_deg),
        thigh=wording.degrees(rep.thigh_deg),
        trunk=wording.degrees(rep.trunk_lean_deg, signed=True),
        knee=wording.degrees(rep.knee_flexion_deg),
        view=rep.view,
        valid=rep.valid,
        reasons=tuple(r.message for r in rep.reasons),
        shot=_peak_shot(data, side, place),
        clip=rep.clip,
        seek_s=round(max((rep.hold_s or (rep.peak_s, 0.0))[0], 0.0), 2),
    )


def curve_table(line: Timeline) -> list[tuple[str, str, str, str]]:
    """The curves every half second, for those who cannot see the chart: time, left, right, trunk."""
    rows: list[tuple[str, str, str, str]] = []
    due = -np.inf
    for i, t in enumerate(line.time_s):
        if not np.isfinite(t) or (due - 0.5 < t < due):
            continue
        due = t + 0.5
        legs = [line.near[s][i] if np.isfinite(line.near[s][i]) else line.far[s][i] for s in SIDES]
        cells = [wording.degrees(float(x)) if np.isfinite(x) else "–" for x in (*legs, line.trunk[i])]
        rows.append((f"{t:.1f}", *cells))  # type: ignore[arg-type]
    return rows


def progress_table(progress: Progress) -> list[tuple[str, str, str, str]]:
    """One row per day and leg: day, leg, score, interval."""
    rows = [
        (p.day.isoformat(), side, wording.degrees(p.score_deg), wording.span(p.ci95_deg))
        for side in SIDES
        for p in progress.legs.get(side, ())
    ]
    return sorted(rows)


def provenance_rows(result: Result) -> list[tuple[str, str]]:
    """What made the numbers, as label and value."""
    made = result.provenance
    rows = [
        ("Program", f"mobility-check {made.mobility_check}"),
        ("Pose model", f"{made.model} ({made.backend})"),
        ("Angle rule", made.angle_rule),
    ]
    if made.model_sha256:
        rows.append(("Model checksum", made.model_sha256))
    for i, clip in enumerate(result.inputs, 1):
        size = (
            f"{clip.width_px} × {clip.height_px}, {clip.fps:.4g} pictures a second, {wording.seconds(clip.duration_s)}"
        )
        rows.append((f"Clip {i}", f"{_file_name(clip.path)} ({size})"))
        if clip.sha256:
            rows.append((f"Clip {i} checksum", clip.sha256))
    return rows


def _file_name(path: str) -> str:
    """Only the name: a report that is passed on should not tell where its maker keeps files."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def checks_and_gauges(result: Result) -> dict[str, Any]:
    """The camera check and the form check of a result."""
    params = params_of(result)
    by_side: dict[Side, list[checks.Gauge]] = {side: [] for side in SIDES}
    for gauge in checks.gauges(result, params):
        by_side[gauge.side].append(gauge)
    return {"camera": checks.camera_checks(result, params), "gauges": {s: g for s, g in by_side.items() if g}}
