"""The figure at the top of the page: the person at the peak of the movement as a clean SVG, with arc and interval.

Positions come from the landmarks of the hold where they were kept; otherwise a standard body is posed at the angle.
Everything is drawn in units of the person's thigh, y down, x to the picture's right. Angles here are of the thigh
behind the trunk; a test that measures forwards (``curve_sign`` −1) is drawn with the leg in front.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from mobility_check.assessments import describe
from mobility_check.kinematics.landmarks import Facing, Landmark, Side, View, other
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.language import gettext as _
from mobility_check.report.data import ReportData, shown_rep
from mobility_check.results.result import Interval

Part = tuple[str, str, float, float]
WIDTH, HEIGHT = 340, 400
MARGIN = 22
LIMB_BEFORE = {"elbow": "shoulder", "wrist": "elbow", "heel": "ankle", "foot_index": "heel"}
"""Joints that the figure can do without, and what stands in for each."""
ARM: tuple[Part, ...] = (("elbow", "wrist", 0.068, 0.055), ("armpit", "elbow", 0.1, 0.068))
LEG: tuple[Part, ...] = (
    ("heel", "foot_index", 0.07, 0.05),
    ("knee", "ankle", 0.112, 0.068),
    ("hip", "knee", 0.19, 0.112),
)
"""From joint to joint, with the radius at each in lengths of the trunk."""


@dataclass(frozen=True, slots=True)
class FigurePose:
    """Joints of one moment as x + y·i, any unit; names as ``head``, ``shoulder``, ``stand_knee``, ``kick_ankle`` …"""

    points: Mapping[str, complex]
    facing: Facing


@dataclass(frozen=True, slots=True)
class Angle:
    """What is drawn on the body: the thigh behind the trunk, from the zero, and the interval of it."""

    back_deg: float
    ci95_deg: Interval | None

    @classmethod
    def measured(cls, score_deg: float, ci95_deg: Interval | None, *, sign: int) -> Angle:
        """From a test's own angle; ``sign`` is its ``curve_sign``."""
        return cls(sign * score_deg, (sign * ci95_deg[0], sign * ci95_deg[1]) if ci95_deg else None)


def drawing(data: ReportData, side: Side, *, label: str) -> tuple[Markup | None, str]:
    """The figure at the top of a leg and a word on it; none where the leg has no number."""
    leg, words = data.result.sides[side], describe(data.result.test)
    if leg.score_deg is None:
        return None, ""
    place = shown_rep(data.result, side)
    rep = leg.reps[place] if place is not None else None
    angle = Angle.measured(leg.score_deg, leg.ci95_deg, sign=words.curve_sign)
    view: View = rep.view if rep else "near"
    facing: Facing = side if view == "near" else other(side)
    if rep and rep.clip < len(data.tracks):
        pose = pose_from_track(data.tracks[rep.clip], words.value_at_s(rep), side=side, facing=facing)
        value_deg = words.value_deg(rep)
        if pose and value_deg is not None:
            back_deg = words.curve_sign * value_deg
            drawn = draw(pose, angle, rep_back_deg=back_deg, side=side, view=view, label=label)
            return drawn, _("Drawn from repetition {number}", number=(place or 0) + 1)
    lean_deg = rep.trunk_lean_deg if rep else None
    pose = standard_pose(angle.back_deg, facing=facing, trunk_lean_deg=lean_deg or 0.0)
    drawn = draw(pose, angle, rep_back_deg=None, side=side, view=view, label=label)
    return drawn, _("A standard figure at the measured angle")


def pose_from_track(track: PoseTrack, span_s: Interval, *, side: Side, facing: Facing) -> FigurePose | None:
    """The median pose of a time, or ``None`` if a joint was not seen or the pose is no standing body."""
    seen = track.xy_px[(track.time_s >= span_s[0]) & (track.time_s <= span_s[1])]
    points = {
        f"{role}_{name}": _median(seen, name, s)
        for role, s in (("kick", side), ("stand", other(side)))
        for name in ("ear", "shoulder", "hip", "knee", "ankle", *LIMB_BEFORE)
    }
    for name, joint in (("head", "ear"), ("shoulder", "shoulder"), ("hip", "hip")):
        points[name] = (points[f"kick_{joint}"] + points[f"stand_{joint}"]) / 2
    points["nose"] = _place(seen, Landmark.NOSE)
    whole = all(map(cmath.isfinite, points.values()))
    return FigurePose(points, facing) if whole and _stands(points) else None


def _stands(p: Mapping[str, complex]) -> bool:
    """Head, shoulder, hip, knee and ankle of the standing leg lie one below the other."""
    joints = ("head", "shoulder", "hip", "stand_knee", "stand_ankle")
    return all(p[above].imag < p[below].imag for above, below in pairwise(joints))


def _median(seen: Floats, name: str, side: Side) -> complex:
    """Of a joint, or of the one before it on its limb where that may stand in for one that was never seen."""
    found = _place(seen, Landmark[f"{side}_{name}".upper()])
    return _median(seen, LIMB_BEFORE[name], side) if cmath.isnan(found) and name in LIMB_BEFORE else found


def _place(seen: Floats, landmark: Landmark) -> complex:
    """Median place of a landmark, NaN where it was never seen."""
    found = seen[np.isfinite(seen[:, landmark]).all(axis=1), landmark]
    return complex(*np.median(found, axis=0)) if len(found) else complex(math.nan, math.nan)


def standard_pose(back_deg: float, *, facing: Facing, trunk_lean_deg: float = 0.0) -> FigurePose:
    """A standard body with the moving thigh ``back_deg`` behind its trunk line; a thigh in front has a bent knee."""
    lean, thigh = trunk_lean_deg, back_deg + trunk_lean_deg
    shank = thigh + 4 if back_deg >= 0 else 0.15 * thigh
    p = {"hip": 0j, "shoulder": _way(180 - lean, 1.2), "kick_knee": _way(-thigh, 1.0), "stand_knee": _way(1.5, 1.0)}
    p["head"] = p["shoulder"] + _way(172 - lean, 0.48)
    p["nose"] = p["head"] + _way(90, 0.2)
    for role, leg, arm in (("kick", -shank, 30), ("stand", -1.0, 38)):
        p[f"{role}_ankle"] = p[f"{role}_knee"] + _way(leg, 0.98)
        foot = leg if role == "kick" else 0.0
        p[f"{role}_heel"] = p[f"{role}_ankle"] + _way(foot - 35, 0.2)
        p[f"{role}_foot_index"] = p[f"{role}_ankle"] + _way(foot + 62, 0.5)
        p[f"{role}_elbow"] = p["shoulder"] + _way(arm, 0.66)
        p[f"{role}_wrist"] = p[f"{role}_elbow"] + _way(74, 0.55)
    mirror = facing == "left"
    return FigurePose({name: -at.conjugate() if mirror else at for name, at in p.items()}, facing)


def _way(angle_deg: float, length: float) -> complex:
    """A step of that length; 0° points down, positive turns towards the person's front (picture right)."""
    return cmath.rect(length, math.radians(90 - angle_deg))


def draw(pose: FigurePose, angle: Angle, *, rep_back_deg: float | None, side: Side, view: View, label: str) -> Markup:
    """The SVG of a pose with its angle, as safe markup (numbers and fixed words only).

    Args:
        pose: the body.
        angle: what is drawn.
        rep_back_deg: thigh behind the trunk in the rep that the pose is from; the leg is turned by what it differs from
            the score, so that the figure and the number say the same.
        side: the moving leg.
        view: whether that leg is the near one (drawn in front) or the far one (drawn behind).
        label: for those who cannot see it.
    """
    turn = angle.back_deg - (rep_back_deg if rep_back_deg is not None else angle.back_deg)
    points = _fitted(_turned(pose, turn))
    return Markup('<svg class="figure figure-{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        side, WIDTH, HEIGHT, label, Markup(_body(points, view=view)), Markup(_angle_lines(points, angle, pose.facing))
    )


def _turned(pose: FigurePose, turn_deg: float) -> dict[str, complex]:
    """The kicking leg turned backwards by ``turn_deg`` around the mid-hip."""
    turn = cmath.rect(1.0, math.radians(turn_deg if pose.facing == "right" else -turn_deg))
    hip = pose.points["hip"]
    leg = [f"kick_{name}" for name in ("knee", "ankle", "heel", "foot_index")]
    return {**pose.points, **{name: hip + (pose.points[name] - hip) * turn for name in leg}}


def _fitted(points: Mapping[str, complex]) -> dict[str, complex]:
    """Scaled and moved into the drawing: the ground at the bottom, the hip in the middle."""
    head_room = 0.42 * abs(points["shoulder"] - points["head"])
    top = min(p.imag for p in points.values()) - head_room
    bottom = max(points[f"stand_{name}"].imag for name in ("heel", "foot_index", "ankle"))
    scale = (HEIGHT - 2 * MARGIN) / (bottom - top)
    corner, place = complex(points["hip"].real, top), complex(WIDTH / 2, MARGIN)
    return {name: (p - corner) * scale + place for name, p in points.items()}


def _body(p: Mapping[str, complex], *, view: View) -> str:
    trunk = p["hip"] - p["shoulder"]
    unit = abs(trunk)
    near, far = ("kick", "stand") if view == "near" else ("stand", "kick")
    y = max(p["stand_heel"].imag, p["stand_foot_index"].imag) + 0.05 * unit
    ground = f'<line class="fig-ground" x1="18" x2="{WIDTH - 18}" y1="{y:.1f}" y2="{y:.1f}"/>'
    torso = _taper(p["shoulder"] + 0.06 * trunk, p["hip"], 0.215 * unit, 0.19 * unit, "fig-near")
    (far_arm, far_leg), (near_arm, near_leg) = (
        (_limb(p, role, ARM, unit, css), _limb(p, role, LEG, unit, "fig-kick" if role == "kick" else css))
        for role, css in ((far, "fig-far"), (near, "fig-near"))
    )
    return ground + far_arm + far_leg + _head(p, unit) + torso + near_leg + near_arm


def _limb(p: Mapping[str, complex], role: str, parts: tuple[Part, ...], unit: float, css: str) -> str:
    own = {name: p[f"{role}_{name}"] for name in ("knee", "ankle", *LIMB_BEFORE)}
    joints = {**own, "hip": p["hip"], "armpit": p["shoulder"] + 0.09 * (p["hip"] - p["shoulder"])}
    return "".join(_taper(joints[a], joints[b], ra * unit, rb * unit, css) for a, b, ra, rb in parts)


def _head(p: Mapping[str, complex], unit: float) -> str:
    head, front = p["head"], 1 if p["nose"].real > p["head"].real else -1

    def at(forward: float, down: float) -> complex:
        return head + unit * complex(front * forward, down)

    neck = _taper(p["shoulder"], head, 0.1 * unit, 0.09 * unit, "fig-near")
    skull = f'<circle class="fig-near" cx="{head.real:.1f}" cy="{head.imag:.1f}" r="{0.195 * unit:.1f}"/>'
    chin = _taper(at(0.05, 0.1), at(0.1, 0.05), 0.115 * unit, 0.105 * unit, "fig-near fig-chin")
    nose = _taper(at(0.16, 0.02), at(0.225, 0.06), 0.05 * unit, 0.022 * unit, "fig-near fig-chin")
    return f"{neck}{skull}{chin}{nose}"


def _taper(a: complex, b: complex, ra: float, rb: float, css: str) -> str:
    """A limb: two circles and the band between them."""
    across = 1j * (b - a) / max(abs(b - a), 1e-6)
    corners = a + across * ra, b + across * rb, b - across * rb, a - across * ra
    first, second, third, fourth = map(_xy, corners)
    return f'<path class="{css}" d="M{first}L{second}{_arc(rb)}{third}L{fourth}{_arc(ra)}{first}Z"/>'


def _angle_lines(p: Mapping[str, complex], angle: Angle, facing: Facing) -> str:
    hip, knee, shoulder = p["hip"], p["kick_knee"], p["shoulder"]
    reach, back = 1.34 * abs(knee - hip), 1 if facing == "left" else -1
    thigh_deg = back * (90 - math.degrees(cmath.phase(knee - hip)))
    zero_deg = thigh_deg - angle.back_deg

    def at(deg: float, share: float) -> complex:
        return hip + _way(back * deg, share * reach)

    parts = [_line(hip, shoulder, "fig-trunk"), _line(hip, at(zero_deg, 1.0), "fig-zero")]
    if angle.ci95_deg:  # a faint sector from the hip, and a bar along its rim
        low, high = (_xy(at(zero_deg + x, 1.35)) for x in sorted(angle.ci95_deg))
        rim = f"{low}{_arc(1.35 * reach, clockwise=back < 0)}{high}"
        parts.append(f'<path class="fig-fan" d="M{_xy(hip)}L{rim}Z"/><path class="fig-bar" d="M{rim}"/>')
    arc = _arc(0.82 * reach, clockwise=(back < 0) == (angle.back_deg > 0))
    parts += [
        _line(hip, at(thigh_deg, 1.05), "fig-thigh"),
        f'<path class="fig-arc" d="M{_xy(at(zero_deg, 0.82))}{arc}{_xy(at(thigh_deg, 0.82))}"/>',
        *(f'<circle class="fig-joint" cx="{q.real:.1f}" cy="{q.imag:.1f}" r="4.5"/>' for q in (hip, shoulder, knee)),
    ]
    return "".join(parts)


def _line(a: complex, b: complex, css: str) -> str:
    return f'<line class="{css}" x1="{a.real:.1f}" y1="{a.imag:.1f}" x2="{b.real:.1f}" y2="{b.imag:.1f}"/>'


def _arc(radius: float, *, clockwise: bool = False) -> str:
    """The part of a path that goes in a circle to the point after it."""
    return f"A{radius:.1f} {radius:.1f} 0 0 {int(clockwise)} "


def _xy(p: complex) -> str:
    return f"{p.real:.1f} {p.imag:.1f}"
