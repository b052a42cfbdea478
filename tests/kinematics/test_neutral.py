"""Quiet standing is found by itself, never taken from a hold, and its absence is told."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.neutral import find_standing
from mobility_check.kinematics.params import Neutral

FPS = 30.0


def kick_curve(t, start, *, top=20.0, rise=0.8, hold=1.5):
    return top * (1 - np.cos(np.pi * np.clip(np.minimum(t - start, start + 2 * rise + hold - t) / rise, 0, 1))) / 2


def standing(right, *, left=None, trunk=None, t=None, yaw_deg=0.0):
    t = np.arange(len(right)) / FPS if t is None else t
    left = np.zeros_like(right) if left is None else left
    return find_standing(
        np.stack([left, right], axis=1), np.zeros_like(right) if trunk is None else trunk, t, Neutral(),
        yaw_deg=yaw_deg,
    )  # fmt: skip


def test_standing_before_and_between_kicks_but_not_the_holds():
    t = np.arange(300) / FPS
    right = 3.0 + kick_curve(t, 2.0) + kick_curve(t, 6.0)
    found = standing(right)
    assert found.found
    assert found.frames[:55].all()
    assert found.frames[170:175].all()
    assert right[found.frames].max() < 6.0
    assert found.seconds == pytest.approx(found.frames.sum() / FPS)


@pytest.mark.parametrize("yaw_deg", [20.0, -24.0])
def test_an_oblique_camera_spreads_the_thighs_of_somebody_who_stands(yaw_deg):
    t = np.arange(300) / FPS
    far = -15.0 + 15.0 / 20.0 * kick_curve(t, 2.0)  # in its hold the far thigh hangs straight down in the picture
    found = standing(np.full_like(t, 2.0), left=far, yaw_deg=yaw_deg)
    assert found.found
    assert found.frames[:50].all()
    assert far[found.frames].max() < -11.0


def test_a_long_hold_is_no_standing_even_when_it_is_the_only_quiet_posture():
    t = np.arange(120) / FPS
    right = kick_curve(t, -0.4, hold=3.2)  # the clip begins in the rise and ends in the return
    found = standing(right)
    assert not found.found
    assert found.frames.any()
    assert right[found.frames].max() < 18.0


def test_always_moving_gives_the_most_upright_frames_and_says_so():
    t = np.arange(150) / FPS
    sway = 15.0 * np.sin(2 * np.pi * t)
    found = standing(sway, left=-sway)
    assert not found.found
    assert np.abs(sway[found.frames]).max() < 10.0


def test_a_swaying_trunk_is_not_quiet():
    t = np.arange(150) / FPS
    found = standing(np.zeros(150), trunk=np.where(t < 2.5, 8.0 * np.sin(2 * np.pi * t), 0.0))
    assert found.found
    assert found.frames[:60].mean() < 0.2, "only where it turns back"
    assert found.frames[85:].all()


@pytest.mark.parametrize("fps", [12.0, 30.0, 120.0])
def test_a_moment_of_rest_shorter_than_asked_for_is_not_enough(fps):
    t = np.arange(int(4 * fps)) / fps
    quiet = (t > 2.0) & (t < 2.0 + Neutral().min_s * 0.6)
    right = np.where(quiet, 0.0, 9.0 * np.sin(2 * np.pi * 1.3 * t))
    assert not standing(right, t=t).found


def test_nothing_known():
    found = standing(np.full(60, np.nan))
    assert not found.found
    assert not found.frames.any()
