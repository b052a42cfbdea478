"""Correction by hand: hip, knee and shoulder of a leg's two stills are dragged, and the angle follows from them.

The result is another session, marked ``manual``; the automatic one stays as it is. Its interval says how well a point
can be placed by hand, and its angle rule has a name of its own, so that a trend never mixes the two.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobility_check.app.store import Job
from mobility_check.app.words import text
from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import SIDES, Facing, Side, joint, other

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session
    from mobility_check.kinematics.track import Floats
    from mobility_check.results.result import Result

POINTS = ("shoulder", "hip", "knee")
MOMENTS = ("standing", "hold")
STILLS = ("people", *(f"{side}-{moment}" for side in SIDES for moment in MOMENTS))
PLACING_SHARE = 0.025
"""Standard error of a point placed by hand, as a share of the thigh's length: about a centimetre (our choice)."""
HEIGHT_PX = 720
KICK_BACK = "standing-kick-back"
MANUAL_RULE = "/manual"
Z95 = 1.96


def stills(folder: Path) -> dict[Side, Any]:
    """Of the legs of a job that can be corrected: facing, rep, and by moment the size and points of the stills."""
    file = folder / "manual.json"
    found: dict[Side, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def scores(folder: Path) -> list[tuple[Side, str]]:
    """The legs that were corrected, with their angles."""
    from mobility_check.results import wording
    from mobility_check.results.result import Result

    found = []
    for side in SIDES:
        file = folder / f"manual-{side}.json"
        if file.is_file():
            leg = Result.from_dict(json.loads(file.read_text(encoding="utf-8"))).sides[side]
            found.append((side, wording.with_margin(leg.score_deg, leg.ci95_deg)))
    return found


def keep_stills(session: Session, folder: Path) -> None:
    """Write the standing and hold stills of each leg that has a number, faces blurred, and the points found in them."""
    if session.result.test != KICK_BACK:
        return
    facts = {side: found for side in SIDES if (found := _keep_leg(session, side, folder))}
    (folder / "manual.json").write_text(json.dumps(facts), encoding="utf-8")


def _keep_leg(session: Session, side: Side, folder: Path) -> dict[str, Any] | None:
    from mobility_check.assessments import describe
    from mobility_check.report.data import shown_rep

    place = shown_rep(session.result, side)
    if place is None or session.result.sides[side].score_deg is None:
        return None
    rep = session.result.sides[side].reps[place]
    before = [(a + b) / 2 for a, b in session.clips[rep.clip].neutral_spans_s if a < rep.start_s]
    if not before:
        return None
    times = {"standing": before[-1], "hold": sum(describe(session.result.test).value_at_s(rep)) / 2}
    facing: Facing = side if rep.view == "near" else other(side)
    kept = {
        moment: _keep_still(session, rep.clip, side, time_s, folder / f"{side}-{moment}.jpg")
        for moment, time_s in times.items()
    }
    return {"facing": facing, "rep": place, "stills": kept}


def _keep_still(session: Session, clip: int, side: Side, time_s: float, target: Path) -> dict[str, Any]:
    import numpy as np

    from mobility_check.kinematics.geometry import mid_hip, mid_shoulder
    from mobility_check.video.blur import blur_in_place
    from mobility_check.video.jpeg import encode_jpeg
    from mobility_check.video.moments import ClipTimeline
    from mobility_check.video.source import ClipReader

    track = session.tracks[clip]
    reader = ClipReader(track.meta.path)
    frame = next(iter(reader.frames_at([int(np.abs(reader.time_s - time_s).argmin())], max_height_px=HEIGHT_PX)))
    scale = frame.image.shape[0] / track.meta.height_px
    row = int(np.abs(track.time_s - time_s).argmin())
    xy: Floats = track.xy_px[row] * scale
    image = np.array(frame.image)
    for head_px, current in ClipTimeline(session, clip).heads_at(time_s):
        blur_in_place(image, head_px * scale, stale=not current)  # an old place is covered more, shoulder and all
    jpeg, width, height = encode_jpeg(image)
    target.write_bytes(jpeg)
    found = (mid_shoulder(xy), mid_hip(xy), xy[joint("knee", side)])
    points = {name: [round(float(v), 1) for v in p] for name, p in zip(POINTS, found, strict=True)}
    return {"width": width, "height": height, "points": points}


def correct(folder: Path, job: Job, side: Side, fields: dict[str, str], *, database: str | None) -> None:
    """Keep the corrected result beside the automatic one, in the job and in the person's history.

    Raises:
        UsageError: a point is missing or lies outside its still.
        StoreError: the history cannot be written.
    """
    from mobility_check.results.result import Result

    facts = stills(folder)[side]
    points = {moment: _points(fields, moment, facts["stills"][moment]) for moment in MOMENTS}
    original = Result.from_dict(json.loads((folder / "session.json").read_text(encoding="utf-8"))["result"])
    result = corrected(original, side, facts["rep"], points, facing=facts["facing"])
    (folder / f"manual-{side}.json").write_text(json.dumps(result.to_dict()), encoding="utf-8")
    if job.subject:
        from mobility_check.history.store import HistoryStore

        note = text("correct.note", side=text(f"site.{side}"), session=job.session or "")
        with HistoryStore.open(database) as store:
            store.save(result, subject=job.subject, date=job.date, note=note)


def _points(fields: dict[str, str], moment: str, still: dict[str, Any]) -> dict[str, tuple[float, float]]:
    found = {}
    for name in POINTS:
        try:
            x, y = (float(v) for v in fields[f"{moment}-{name}"].split(","))
        except (KeyError, ValueError) as e:
            raise UsageError(text("errors.bad_form")) from e
        if not (0 <= x <= still["width"] and 0 <= y <= still["height"]):
            raise UsageError(text("errors.point_outside"))
        found[name] = (x, y)
    return found


def corrected(
    original: Result, side: Side, place: int, points: dict[str, dict[str, tuple[float, float]]], *, facing: Facing
) -> Result:
    """The result with one leg from points placed by hand; the other leg has no number in it."""
    from mobility_check.results.result import Asymmetry, SideResult

    angles = {moment: _apparent(points[moment], facing) for moment in MOMENTS}
    value = round(angles["hold"][0] - angles["standing"][0], 2)
    error = math.hypot(angles["hold"][1], angles["standing"][1])
    interval = (round(value - Z95 * error, 2), round(value + Z95 * error, 2))
    leg = original.sides[side]
    rep = dataclasses.replace(leg.reps[place], extension_deg=value, ci95_deg=interval, se_deg=error, manual=True)
    sides = {s: SideResult("not_scored") for s in SIDES}
    sides[side] = SideResult("limited", leg.reasons, leg.view, value, interval, value, (rep,), error)
    rule = original.provenance.angle_rule + MANUAL_RULE
    return dataclasses.replace(
        original,
        status="limited",
        sides=sides,
        asymmetry=Asymmetry(),
        provenance=dataclasses.replace(original.provenance, angle_rule=rule),
    )


def _apparent(points: dict[str, tuple[float, float]], facing: Facing) -> tuple[float, float]:
    """Thigh minus trunk in one still, in degrees, and its standard error from the placing of three points."""
    import numpy as np

    from mobility_check.kinematics.geometry import backward_angle_deg

    shoulder, hip, knee = (np.array(points[name]) for name in POINTS)
    thigh_px, trunk_px = (float(np.linalg.norm(v)) for v in (knee - hip, shoulder - hip))
    if min(thigh_px, trunk_px) < 1:
        raise UsageError(text("errors.points_together"))
    thigh, trunk = (float(backward_angle_deg(v, facing)) for v in (knee - hip, hip - shoulder))
    placing = PLACING_SHARE * thigh_px
    along = (thigh_px**-2 + trunk_px**-2, (1 / thigh_px + 1 / trunk_px) ** 2)
    # knee and shoulder each turn one line, the hip both: straight below each other these add up
    return thigh - trunk, math.degrees(placing * math.sqrt(sum(along)))
