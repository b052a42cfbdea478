"""The figure at the top of the page: the person at the peak of the movement as a clean SVG, with arc and interval.

Positions come from the landmarks of the hold where they were kept; otherwise a standard body is posed at the angle.
Everything is drawn in units of the person's thigh, y down, x to the picture's right. Angles here are of the thigh
behind the trunk; a test that measures forwards (``curve_sign`` −1) is drawn with the leg in front.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from markupsafe import Markup

from mobility_check.kinematics.landmarks import Facing, Landmark, Side, View, other
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.results.result import Interval

Point = tuple[float, float]
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
FACE = "fig-near fig-chin"


@dataclass(frozen=True, slots=True)
class FigurePose:
    """Joint positions of one moment, any unit; names as ``head``, ``shoulder``, ``near_knee``, ``kick_ankle`` …"""

    points: Mapping[str, Point]
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


def pose_from_track(track: PoseTrack, span_s: Interval, *, side: Side, facing: Facing) -> FigurePose | None:
    """The median pose of a time, or ``None`` if a joint was not seen or the pose is no standing body."""
    seen = track.xy_px[(track.time_s >= span_s[0]) & (track.time_s <= span_s[1])]
    points = {
        f"{role}_{name}": _median(seen, name, s)
        for role, s in (("kick", side), ("stand", other(side)))
        for name in ("ear", "shoulder", "hip", "knee", "ankle", *LIMB_BEFORE)
    }
    for name, joint in (("head", "ear"), ("shoulder", "shoulder"), ("hip", "hip")):
        points[name] = _toward(points[f"kick_{joint}"], points[f"stand_{joint}"], 0.5)
    points["nose"] = _place(seen, Landmark.NOSE)
    whole = all(map(math.isfinite, chain.from_iterable(points.values())))
    return FigurePose(points, facing) if whole and _stands(points) else None


def _stands(p: Mapping[str, Point]) -> bool:
    """Head, shoulder, hip, knee and ankle of the standing leg lie one below the other."""
    heights = [p[name][1] for name in ("head", "shoulder", "hip", "stand_knee", "stand_ankle")]
    return all(a < b for a, b in pairwise(heights))


def _median(seen: Floats, name: str, side: Side) -> Point:
    """Of a joint, or of the one before it on its limb where that may stand in for one that was never seen."""
    found = _place(seen, Landmark[f"{side}_{name}".upper()])
    return _median(seen, LIMB_BEFORE[name], side) if math.isnan(found[0]) and name in LIMB_BEFORE else found


def _place(seen: Floats, landmark: Landmark) -> Point:
    """Median place of a landmark, NaN where it was never seen."""
    found = seen[np.isfinite(seen[:, landmark]).all(axis=1), landmark]
    x, y = np.median(found, axis=0) if len(found) else (math.nan, math.nan)
    return float(x), float(y)


def standard_pose(back_deg: float, *, facing: Facing, trunk_lean_deg: float = 0.0) -> FigurePose:
    """A standard body with the moving thigh ``back_deg`` behind its trunk line; a thigh in front has a bent knee."""
    lean, thigh = trunk_lean_deg, back_deg + trunk_lean_deg
    shank = thigh + 4 if back_deg >= 0 else 0.15 * thigh
    hip = (0.0, 0.0)
    shoulder = _step(hip, 180 - lean, 1.2)
    head = _step(shoulder, 172 - lean, 0.48)
    kick_knee, stand_knee = _step(hip, -thigh, 1.0), _step(hip, 1.5, 1.0)
    points = {
        "hip": hip,
        "shoulder": shoulder,
        "head": head,
        "nose": _step(head, 90, 0.2),
        "kick_knee": kick_knee,
        "kick_ankle": _step(kick_knee, -shank, 0.98),
        "stand_knee": stand_knee,
        "stand_ankle": _step(stand_knee, -1.0, 0.98),
    }
    for role, tilt in (("kick", -shank), ("stand", 0.0)):
        points[f"{role}_heel"] = _step(points[f"{role}_ankle"], tilt - 35, 0.2)
        points[f"{role}_foot_index"] = _step(points[f"{role}_ankle"], tilt + 62, 0.5)
        points[f"{role}_elbow"] = _step(shoulder, 38 if role == "stand" else 30, 0.66)
        points[f"{role}_wrist"] = _step(points[f"{role}_elbow"], 74, 0.55)
    flip = 1 if facing == "right" else -1
    return FigurePose({k: (x * flip, y) for k, (x, y) in points.items()}, facing)


def _step(start: Point, angle_deg: float, length: float) -> Point:
    """``length`` from ``start``; 0° points down, positive turns towards the person's front (picture right)."""
    a = math.radians(angle_deg)
    return start[0] + length * math.sin(a), start[1] + length * math.cos(a)


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


def _turned(pose: FigurePose, turn_deg: float) -> dict[str, Point]:
    """The kicking leg turned backwards by ``turn_deg`` around the mid-hip."""
    a = math.radians(turn_deg if pose.facing == "right" else -turn_deg)
    hx, hy = pose.points["hip"]
    turned = dict(pose.points)
    for name in ("kick_knee", "kick_ankle", "kick_heel", "kick_foot_index"):
        dx, dy = turned[name][0] - hx, turned[name][1] - hy
        turned[name] = hx + dx * math.cos(a) - dy * math.sin(a), hy + dx * math.sin(a) + dy * math.cos(a)
    return turned


def _fitted(points: Mapping[str, Point]) -> dict[str, Point]:
    """Scaled and moved into the drawing: the ground at the bottom, the hip in the middle."""
    head_room = 0.42 * math.dist(points["shoulder"], points["head"])
    top = min(y for _, y in points.values()) - head_room
    bottom = max(points[f"stand_{name}"][1] for name in ("heel", "foot_index", "ankle"))
    scale = (HEIGHT - 2 * MARGIN) / (bottom - top)
    hip_x = points["hip"][0]
    return {k: ((x - hip_x) * scale + WIDTH / 2, (y - top) * scale + MARGIN) for k, (x, y) in points.items()}


def _body(p: Mapping[str, Point], *, view: View) -> str:
    unit = math.dist(p["hip"], p["shoulder"])
    near, far = ("kick", "stand") if view == "near" else ("stand", "kick")
    ground = max(p["stand_heel"][1], p["stand_foot_index"][1]) + 0.05 * unit
    torso = _taper(_toward(p["shoulder"], p["hip"], 0.06), p["hip"], 0.215 * unit, 0.19 * unit, "fig-near")
    back, front = (
        {"arm": _limb(p, role, ARM, unit, css), "leg": _limb(p, role, LEG, unit, "fig-kick" if role == "kick" else css)}
        for role, css in ((far, "fig-far"), (near, "fig-near"))
    )
    line = f'<line class="fig-ground" x1="18" x2="{WIDTH - 18}" y1="{ground:.1f}" y2="{ground:.1f}"/>'
    return line + back["arm"] + back["leg"] + _head(p, unit) + torso + front["leg"] + front["arm"]


def _limb(p: Mapping[str, Point], role: str, parts: tuple[Part, ...], unit: float, css: str) -> str:
    shared = {"hip": p["hip"], "armpit": _toward(p["shoulder"], p["hip"], 0.09)}
    ends = [[shared.get(name) or p[f"{role}_{name}"] for name in part[:2]] for part in parts]
    return "".join(_taper(a, b, ra * unit, rb * unit, css) for (a, b), (*_, ra, rb) in zip(ends, parts, strict=True))


def _head(p: Mapping[str, Point], unit: float) -> str:
    x, y = p["head"]
    front = unit if p["nose"][0] > x else -unit
    neck = _taper(p["shoulder"], (x, y), 0.1 * unit, 0.09 * unit, "fig-near")
    skull = f'<circle class="fig-near" cx="{x:.1f}" cy="{y:.1f}" r="{0.195 * unit:.1f}"/>'
    chin, nose = (
        _taper((x + ax * front, y + ay * unit), (x + bx * front, y + by * unit), ra * unit, rb * unit, FACE)
        for ax, ay, bx, by, ra, rb in ((0.05, 0.1, 0.1, 0.05, 0.115, 0.105), (0.16, 0.02, 0.225, 0.06, 0.05, 0.022))
    )
    return f"{neck}{skull}{chin}{nose}"


def _toward(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _taper(a: Point, b: Point, ra: float, rb: float, css: str) -> str:
    """A limb: two circles and the band between them."""
    length = max(math.dist(a, b), 1e-6)
    nx, ny = -(b[1] - a[1]) / length, (b[0] - a[0]) / length
    corner = [
        (a[0] + nx * ra, a[1] + ny * ra),
        (b[0] + nx * rb, b[1] + ny * rb),
        (b[0] - nx * rb, b[1] - ny * rb),
        (a[0] - nx * ra, a[1] - ny * ra),
    ]
    c = [f"{x:.1f} {y:.1f}" for x, y in corner]
    return (
        f'<path class="{css}" d="M{c[0]}L{c[1]}A{rb:.1f} {rb:.1f} 0 0 0 {c[2]}'
        f'L{c[3]}A{ra:.1f} {ra:.1f} 0 0 0 {c[0]}Z"/>'
    )


def _angle_lines(p: Mapping[str, Point], angle: Angle, facing: Facing) -> str:
    hip, knee = p["hip"], p["kick_knee"]
    reach = 1.34 * math.dist(hip, knee)
    back = 1 if facing == "left" else -1
    thigh_deg = back * math.degrees(math.atan2(knee[0] - hip[0], knee[1] - hip[1]))
    zero_deg = thigh_deg - angle.back_deg

    def at(deg: float, share: float = 1.0) -> Point:
        return _step(hip, back * deg, reach * share)

    parts = [_line(hip, p["shoulder"], "fig-trunk"), _line(hip, at(zero_deg), "fig-zero")]
    if angle.ci95_deg:
        low, high = (at(zero_deg + x, 1.35) for x in sorted(angle.ci95_deg))
        parts.append(_interval(hip, low, high, 1.35 * reach, sweep=back < 0))
    arc_from, arc_to, radius = at(zero_deg, 0.82), at(thigh_deg, 0.82), reach * 0.82
    sweep = (back < 0) == (angle.back_deg > 0)
    parts += [
        _line(hip, at(thigh_deg, 1.05), "fig-thigh"),
        f'<path class="fig-arc" d="M{_xy(arc_from)}A{radius:.1f} {radius:.1f} 0 0 {int(sweep)} {_xy(arc_to)}"/>',
        *(f'<circle class="fig-joint" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>' for x, y in (hip, p["shoulder"], knee)),
    ]
    return "".join(parts)


def _line(a: Point, b: Point, css: str) -> str:
    return f'<line class="{css}" x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"/>'


def _interval(centre: Point, low: Point, high: Point, radius: float, *, sweep: bool) -> str:
    """A faint sector from the hip, and a bar along its rim."""
    rim = f"A{radius:.1f} {radius:.1f} 0 0 {int(sweep)} {_xy(high)}"
    return f'<path class="fig-fan" d="M{_xy(centre)}L{_xy(low)}{rim}Z"/><path class="fig-bar" d="M{_xy(low)}{rim}"/>'


def _xy(p: Point) -> str:
    return f"{p[0]:.1f} {p[1]:.1f}"
