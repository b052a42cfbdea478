"""Known posture in, known angle out."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics import geometry
from mobility_check.kinematics.landmarks import SIDES, Landmark, joint, near_side, other
from synthetic.stickfigure import Figure, Kick

HELD = Kick("right", 0.0, extension_deg=24.0, trunk_lean_deg=6.0, knee_deg=15.0, rise_s=0.2, hold_s=2.0)
UPRIGHT = (0.0, 0.0, 0.0, 0.0)


def held(**fields):
    figure = Figure([HELD], duration_s=2.4, rest_deg=UPRIGHT, noise_px=0.0, **fields)
    return figure.track().xy_px[36]


@pytest.mark.parametrize("facing", ["left", "right"])
@pytest.mark.parametrize("leg_px", [90.0, 700.0])
def test_angles_of_a_held_kick(facing, leg_px):
    xy = held(facing=facing, leg_px=leg_px)
    assert geometry.trunk_angle_deg(xy, facing) == pytest.approx(6.0, abs=1e-6)
    assert geometry.thigh_angle_deg(xy, "right", facing) == pytest.approx(30.0, abs=1e-6)
    assert geometry.thigh_angle_deg(xy, "left", facing) == pytest.approx(0.0, abs=1e-6)
    assert geometry.knee_angle_deg(xy, "right", facing) == pytest.approx(15.0, abs=1e-6)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (640, 640)])
def test_the_shape_of_the_picture_changes_no_angle(size):
    assert geometry.thigh_angle_deg(held(size=size), "right", "right") == pytest.approx(30.0, abs=1e-6)


def test_normalised_landmarks_would_give_another_angle():
    """Why landmarks come in pixels: the same 30° read from 0..1 coordinates of a landscape picture."""
    wrong = held(size=(1920, 1080)) / np.array([1920, 1080])
    assert geometry.thigh_angle_deg(wrong, "right", "right") < 20.0


@pytest.mark.parametrize("roll", [-7.0, 3.0])
def test_camera_roll_turns_thigh_and_trunk_alike(roll):
    xy = held(roll_deg=roll)
    thigh, trunk = geometry.thigh_angle_deg(xy, "right", "right"), geometry.trunk_angle_deg(xy, "right")
    assert thigh - trunk == pytest.approx(24.0, abs=1e-6)
    assert abs(thigh - 30.0) == pytest.approx(abs(roll), abs=1e-6)


@pytest.mark.parametrize("yaw", [-40.0, -15.0, 0.0, 10.0, 40.0])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_yaw_is_found_with_its_sign_whichever_way_the_person_faces(yaw, facing):
    xy = Figure(duration_s=0.1, yaw_deg=yaw, facing=facing, rest_deg=UPRIGHT, noise_px=0.0).track().xy_px
    assert geometry.yaw_deg(xy) == pytest.approx(yaw, abs=0.1)


def test_a_hip_point_that_slides_with_the_leg_does_not_reach_the_thigh():
    """The model drags the kicking hip back and pushes the other forward; their middle stays."""
    xy = held()
    slid = xy.copy()
    slid[Landmark.RIGHT_HIP, 0] -= 12.0
    slid[Landmark.LEFT_HIP, 0] += 12.0
    assert geometry.thigh_angle_deg(slid, "right", "right") == pytest.approx(
        float(geometry.thigh_angle_deg(xy, "right", "right")), abs=1e-9
    )


def test_lengths():
    xy = Figure(duration_s=0.1, leg_px=400.0, rest_deg=UPRIGHT, noise_px=0.0).track().xy_px
    assert geometry.leg_length_px(xy, "left") == pytest.approx(400.0)
    assert geometry.thigh_length_px(xy, "left") == pytest.approx(200.0)
    assert geometry.trunk_length_px(xy) == pytest.approx(0.58 * 400.0)


def test_facing_signal_survives_one_lost_or_turned_heel():
    xy = Figure(duration_s=0.1, facing="left").track().xy_px
    clear = geometry.facing_signal(xy)
    assert (clear < -0.3).all()
    turned = xy.copy()
    turned[:, joint("heel", "right"), 0] -= 300.0
    assert (geometry.facing_signal(turned) < -0.3).all()


def test_knee_angle_wraps():
    xy = np.zeros((33, 2))
    xy[joint("knee", "left")] = (0.0, 100.0)
    xy[joint("ankle", "left")] = (1.0, 0.0)
    assert abs(geometry.knee_angle_deg(xy, "left", "left")) == pytest.approx(179.4, abs=0.1)


def test_sides_are_the_persons_own():
    assert near_side("right") == "right"
    assert [other(s) for s in SIDES] == ["right", "left"]
    assert joint("knee", "left") == 25
    assert joint("foot_index", "right") == 32
