"""A camera that moves is told from feet that step."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.camera_motion import camera_motion
from mobility_check.kinematics.landmarks import SIDES, joint
from synthetic.stickfigure import Figure


def motion(figure, *, standing=None, change=None):
    track = figure.track()
    xy = track.xy_px if change is None else change(track.xy_px.copy(), track.time_s)
    standing = np.ones(len(track), dtype=bool) if standing is None else standing(track.time_s)
    return camera_motion(xy, standing, track.time_s, min_s=0.4)


def test_a_steady_pan_gives_its_velocity():
    found = motion(Figure(duration_s=4.0, leg_px=400.0, pan=(0.1, -0.05), noise_px=0.5))
    assert found.velocity_px_s == pytest.approx([40.0, -20.0], abs=1.0)
    assert found.travel_px == pytest.approx(160.0, abs=5.0)


def test_a_camera_on_something_firm_does_not_move():
    assert motion(Figure(duration_s=4.0, leg_px=400.0, noise_px=1.0)).travel_px < 0.02 * 400.0


def test_setting_one_foot_down_elsewhere_is_no_camera():
    def step(xy, t):
        xy[t > 2.0, joint("ankle", "left")] += (60.0, 0.0)
        return xy

    assert motion(Figure(duration_s=4.0, leg_px=400.0, noise_px=0.0), change=step).travel_px < 1.0


def test_a_hand_held_camera_that_sways_to_and_fro():
    def sway(xy, t):
        return xy + np.stack([40.0 * np.sin(2 * np.pi * t), np.zeros_like(t)], axis=1)[:, None]

    found = motion(Figure(duration_s=4.0, leg_px=400.0, noise_px=0.0), change=sway)
    assert found.travel_px == pytest.approx(80.0, abs=3.0)
    assert np.abs(found.velocity_px_s).max() < 10.0


def test_feet_that_travel_alone_are_seen_badly():
    """In the dark after a cut the model's feet slid down a body that stood still: "the camera moved"."""

    def slide(xy, t):
        xy[:, [joint("ankle", side) for side in SIDES], 1] -= np.where(t < 1.0, 50.0 * (1.0 - t), 0.0)[:, None]
        return xy

    assert motion(Figure(duration_s=4.0, leg_px=400.0, noise_px=0.0), change=slide).travel_px < 1.0


def test_without_standing_nothing_is_claimed():
    found = motion(Figure(duration_s=4.0, noise_px=0.0, pan=(0.3, 0.0)), standing=lambda t: np.sin(20 * t) > 0.9)
    assert found.travel_px == 0.0
    assert found.velocity_px_s.tolist() == [0.0, 0.0]


def test_frames_in_which_nobody_was_seen_are_left_out():
    """One such frame once made the velocity NaN, so no foot counted as planted and every kick was dropped."""

    def lost(xy, t):
        xy[[0, len(t) // 2, -1]] = np.nan
        return xy

    found = motion(Figure(duration_s=4.0, leg_px=400.0, pan=(0.1, -0.05), noise_px=0.5), change=lost)
    assert found.velocity_px_s == pytest.approx([40.0, -20.0], abs=1.0)
    assert found.travel_px == pytest.approx(160.0, abs=5.0)
