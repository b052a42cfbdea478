"""The figure shows the angle that is written beside it."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mobility_check.kinematics.landmarks import Facing, Landmark, Side, View, other
from mobility_check.kinematics.track import PoseTrack
from mobility_check.report.figure import Angle, draw, pose_from_track, standard_pose
from synthetic.factories import make_track

SIDES: tuple[Side, ...] = ("left", "right")
SPAN = (3.3, 4.3)


def _lines(svg: str) -> dict[str, tuple[float, float, float, float]]:
    root = ET.fromstring(svg)
    return {
        e.get("class", ""): tuple(float(e.get(k, "0")) for k in ("x1", "y1", "x2", "y2"))
        for e in root.iter()
        if e.tag.endswith("line")
    }  # type: ignore[misc]


def _drawn_angle(svg: str) -> float:
    lines = _lines(svg)
    directions = [
        math.degrees(math.atan2(lines[c][2] - lines[c][0], lines[c][3] - lines[c][1]))
        for c in ("fig-zero", "fig-thigh")
    ]
    return directions[1] - directions[0]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("score", [-4.0, 0.0, 12.5, 30.0])
def test_standard_figure_has_the_angle_on_the_right_side(side: Side, score: float) -> None:
    pose = standard_pose(score, facing=side, trunk_lean_deg=3.0)
    angle = Angle.measured(score, (score - 2, score + 2), sign=1)
    svg = str(draw(pose, angle, rep_back_deg=None, side=side, view="near", label="x"))
    backwards = 1 if side == "left" else -1  # who faces picture-left kicks to the picture's right
    assert backwards * _drawn_angle(svg) == pytest.approx(score, abs=0.3)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("score", [30.0, 85.0])
def test_a_knee_drive_is_drawn_in_front_of_the_trunk(side: Side, score: float) -> None:
    """Issue 15 D: the flexed leg was drawn behind the trunk."""
    angle = Angle.measured(score, (score - 4, score + 4), sign=-1)
    pose = standard_pose(angle.back_deg, facing=side)
    svg = str(draw(pose, angle, rep_back_deg=None, side=side, view="near", label="x"))
    forwards = 1 if side == "right" else -1
    assert forwards * _drawn_angle(svg) == pytest.approx(score, abs=0.3)
    assert forwards * (pose.points["kick_knee"] - pose.points["hip"]).real > 0.4
    assert not re.search("nan|inf", svg)


def _kicking_track(side: Side, facing: Facing, thigh_deg: float) -> PoseTrack:
    track = make_track()
    front = 1 if facing == "right" else -1
    xy = track.xy_px
    for s in SIDES:
        thigh = thigh_deg if s == side else 0.0
        a = math.radians(thigh)
        knee = np.array([540 - front * 200 * math.sin(a), 1000 + 200 * math.cos(a)])
        ankle = knee + np.array([-front * 200 * math.sin(a), 200 * math.cos(a)])
        heel, toe = ankle + np.array([-front * 20, 25]), ankle + np.array([front * 70, 30])
        places = {
            "SHOULDER": (540, 700),
            "HIP": (540, 1000),
            "KNEE": knee,
            "ANKLE": ankle,
            "HEEL": heel,
            "FOOT_INDEX": toe,
            "ELBOW": (540, 830),
            "WRIST": (560, 950),
            "EAR": (540, 600),
        }
        for name, place in places.items():
            xy[:, Landmark[f"{s.upper()}_{name}"]] = place
    xy[:, Landmark.NOSE] = (540 + front * 40, 610)
    return track


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("view", ["near", "far"])
def test_figure_from_landmarks_is_turned_to_the_score(side: Side, view: View) -> None:
    facing: Facing = side if view == "near" else other(side)
    pose = pose_from_track(_kicking_track(side, facing, 16.0), SPAN, side=side, facing=facing)
    assert pose is not None
    svg = str(draw(pose, Angle(18.0, (16.0, 20.0)), rep_back_deg=16.0, side=side, view=view, label="x"))
    backwards = 1 if facing == "left" else -1
    thigh = _lines(svg)["fig-thigh"]
    assert backwards * math.degrees(math.atan2(thigh[2] - thigh[0], thigh[3] - thigh[1])) == pytest.approx(
        18.0, abs=0.3
    )
    assert backwards * _drawn_angle(svg) == pytest.approx(18.0, abs=0.3)
    assert not re.search("nan|inf", svg)


def test_no_figure_from_landmarks_that_were_not_seen_or_are_no_body() -> None:
    assert pose_from_track(make_track(), SPAN, side="left", facing="left") is None
    track = _kicking_track("left", "left", 16.0)
    track.xy_px[:, Landmark.LEFT_KNEE] = np.nan
    assert pose_from_track(track, SPAN, side="left", facing="left") is None


def test_unseen_hands_and_toes_do_not_stop_the_figure() -> None:
    track = _kicking_track("left", "left", 16.0)
    for hidden in (Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST, Landmark.LEFT_FOOT_INDEX, Landmark.LEFT_THUMB):
        track.xy_px[:, hidden] = np.nan
    assert pose_from_track(track, SPAN, side="left", facing="left") is not None
