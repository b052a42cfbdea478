"""Draws the figure of one moment into the picture: skeleton, trunk, zero line, thigh, and the angle as an arc."""

from __future__ import annotations

import math

import numpy as np

from mobility_check.kinematics.geometry import mid_hip, mid_shoulder
from mobility_check.kinematics.landmarks import SKELETON, Side, joint, near_side
from mobility_check.kinematics.track import Floats
from mobility_check.results.description import Description
from mobility_check.results.result import Rep
from mobility_check.results.wording import whole
from mobility_check.video.canvas import LEG_COLOURS, PAPER, Canvas, Point, drawable, text_width
from mobility_check.video.moments import Moment

NEAR_LIMB = (226, 231, 237)
FAR_LIMB = (140, 148, 158)
ARC_REACH, ZERO_REACH = 1.12, 1.32
"""Radius of the arc and length of the zero line, in lengths of the thigh as seen."""
USUAL_TRUNK = 200.0
"""Length in units of the trunk of a person who fills the picture as usual."""
MIN_VISIBILITY = 0.4
"""Limbs that the model itself doubts are left out."""


def draw_figure(canvas: Canvas, moment: Moment, *, scale: float, words: Description) -> None:
    """Draw one moment of a test; ``scale`` is the picture's size over the clip's. Nothing seen, nothing drawn."""
    xy = moment.xy_px * scale
    canvas = canvas.scaled(_person_size(canvas, xy))
    near = near_side(moment.facing) if moment.facing else None
    _skeleton(canvas, xy, moment.visibility, near=near, measured=moment.side)
    if moment.side is None:
        _trunk(canvas, xy, mid_hip(xy))
        return
    hip, knee = mid_hip(xy), xy[joint("knee", moment.side)]
    if not drawable(hip, knee):
        return
    _trunk(canvas, xy, hip)
    if moment.angle_deg is not None and moment.facing is not None:
        _angle(canvas, moment, hip, knee, words)
    _leg(canvas, xy, moment.side, hip)
    if moment.angle_deg is not None and moment.facing is not None:
        _number(canvas, moment, hip, knee)


def draw_body(canvas: Canvas, xy: Floats, *, leg: Side | None) -> None:
    """Draw somebody at (33, 2) pixels of the picture, without an angle; ``leg``, the nearest one, in its colour."""
    canvas, hip = canvas.scaled(_person_size(canvas, xy)), mid_hip(xy)
    _skeleton(canvas, xy, np.ones(len(xy)), near=leg, measured=leg)
    _trunk(canvas, xy, hip)
    if leg is not None:
        _leg(canvas, xy, leg, hip)


def _person_size(canvas: Canvas, xy: Floats) -> float:
    """Factor for line widths and type, so that the figure suits a person who is small in the picture."""
    hip, shoulder = mid_hip(xy), mid_shoulder(xy)
    if not drawable(hip, shoulder):
        return 1.0
    return min(1.1, max(0.62, math.dist(hip, shoulder) / (USUAL_TRUNK * canvas.unit)))


def _skeleton(canvas: Canvas, xy: Floats, visibility: Floats, *, near: Side | None, measured: Side | None) -> None:
    """Thin lines, the side away from the camera first and darker; the measured leg is drawn later."""
    far_first = sorted(SKELETON, key=lambda pair: _is_of(pair, near))
    skip = set(_leg_joints(measured)) if measured else set()
    for a, b in far_first:
        if (a in skip and b in skip) or min(visibility[a], visibility[b]) < MIN_VISIBILITY:
            continue
        near_limb = near is None or _is_of((a, b), near)
        canvas.line(xy[a], xy[b], colour=NEAR_LIMB if near_limb else FAR_LIMB, width=3)


def _is_of(pair: tuple[int, int], side: Side | None) -> bool:
    """Whether both joints belong to that side (left joints have odd numbers)."""
    return side is not None and all(j % 2 == (side == "left") for j in pair)


def _leg_joints(side: Side) -> list[int]:
    return [
        joint("hip", side),
        joint("knee", side),
        joint("ankle", side),
        joint("heel", side),
        joint("foot_index", side),
    ]


def _trunk(canvas: Canvas, xy: Floats, hip: Point) -> None:
    shoulder = mid_shoulder(xy)
    canvas.line(hip, shoulder, colour=PAPER, width=5)
    canvas.dot(shoulder, colour=PAPER, radius=6)


def _angle(canvas: Canvas, moment: Moment, hip: Point, knee: Point, words: Description) -> None:
    """The zero line (where the thigh is in quiet standing, carried along by the trunk) and the arc from it."""
    assert moment.side is not None
    assert moment.angle_deg is not None
    thigh_px = math.dist(hip, knee)
    if thigh_px < 4:
        return
    to_rad = math.atan2(knee[1] - hip[1], knee[0] - hip[0])
    # backwards is clockwise for somebody who looks to the right
    clockwise = words.curve_sign * (1 if moment.facing == "right" else -1)
    from_rad = to_rad - math.radians(moment.angle_deg) * clockwise
    zero = (hip[0] + ZERO_REACH * thigh_px * math.cos(from_rad), hip[1] + ZERO_REACH * thigh_px * math.sin(from_rad))
    canvas.sector(
        hip,
        radius_px=ARC_REACH * thigh_px,
        from_rad=from_rad,
        to_rad=to_rad,
        colour=LEG_COLOURS[moment.side],
        opacity=0.66 if moment.in_hold else 0.45,
    )
    canvas.dashed(hip, zero, colour=PAPER, width=3)


def _leg(canvas: Canvas, xy: Floats, side: Side, hip: Point) -> None:
    colour = LEG_COLOURS[side]
    knee, ankle, heel, toe = xy[_leg_joints(side)[1:]]
    for a, b in ((ankle, heel), (heel, toe), (ankle, toe)):
        canvas.line(a, b, colour=colour, width=3)
    canvas.line(knee, ankle, colour=colour, width=6)
    canvas.line(hip, knee, colour=colour, width=8)
    for p, radius in ((hip, 8), (knee, 7), (ankle, 5)):
        canvas.dot(p, colour=PAPER, radius=radius)


def _number(canvas: Canvas, moment: Moment, hip: Point, knee: Point) -> None:
    """The angle in large figures behind the hip, kept inside the picture; its margin stands where it was measured."""
    assert moment.angle_deg is not None
    back = -1 if moment.facing == "right" else 1
    thigh_px = math.dist(hip, knee)
    figures = f"{whole(moment.angle_deg)}°"
    margin = plus_minus(moment.kick.rep) if moment.kick and moment.in_hold else None
    width = text_width(figures, 64 * canvas.unit, bold=True)
    height, picture_width = canvas.image.shape[:2]
    edge = 0.55 * width + 12 * canvas.unit
    x = min(max(hip[0] + back * (0.55 * thigh_px + 0.75 * width), edge), picture_width - edge)
    y = min(max(hip[1] + 0.1 * thigh_px, 70 * canvas.unit), height - 60 * canvas.unit)
    canvas.text((x, y), figures, colour=PAPER, size=64, bold=True, align="centre", outline=True)
    if margin is not None:
        canvas.text((x, y + 38 * canvas.unit), margin, colour=PAPER, size=32, bold=True, align="centre", outline=True)


def plus_minus(rep: Rep) -> str | None:
    """Half of the 95 % interval, e.g. ``±2°``."""
    if rep.ci95_deg is None:
        return None
    return f"±{max(1, round((rep.ci95_deg[1] - rep.ci95_deg[0]) / 2))}°"
