"""The neutral stance is found by itself, never taken from a hold, and its absence is told."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.curves import clip_curves
from mobility_check.kinematics.neutral import Directions, find_neutral
from mobility_check.kinematics.params import Neutral, Params
from synthetic.stickfigure import Figure, Kick, kicks

FPS = 30.0


def kick_curve(t, start, *, top=20.0, rise=0.8, hold=1.5):
    return top * (1 - np.cos(np.pi * np.clip(np.minimum(t - start, start + 2 * rise + hold - t) / rise, 0, 1))) / 2


def neutral(right, *, left=None, trunk=None, t=None, apart=None, yaw_deg=0.0):
    """Of somebody who faces left, so that the right leg is the far one and ``apart`` is left minus right."""
    t = np.arange(len(right)) / FPS if t is None else t
    left = np.zeros_like(right) if left is None else left
    legs = np.stack([left, right], axis=1)
    directions = Directions(
        trunk=np.zeros_like(right) if trunk is None else trunk,
        thighs=legs,
        legs=legs,
        apart=left - right if apart is None else apart,
        yaw=yaw_deg,
    )
    return find_neutral(directions, t, Neutral())


def test_standing_before_and_between_kicks_but_not_the_holds():
    t = np.arange(300) / FPS
    right = 3.0 + kick_curve(t, 2.0) + kick_curve(t, 6.0)
    found = neutral(right)
    assert found.grade == "seen"
    assert found.frames[:55].all()
    assert found.frames[170:175].all()
    assert right[found.frames].max() < 6.0
    assert found.seconds == pytest.approx(found.frames.sum() / FPS)


@pytest.mark.parametrize("roll_deg", [1.5, 4.0])
def test_a_camera_that_rolls_in_the_hand_does_not_hide_the_stance(roll_deg):
    t = np.arange(300) / FPS
    roll = roll_deg * np.sin(2 * np.pi * 1.3 * t)
    right = 2.0 + kick_curve(t, 3.0)
    found = neutral(right + roll, left=roll, trunk=roll, apart=2.0 - right)
    assert found.grade == "seen"
    assert found.frames[:80].mean() > 0.9
    assert right[found.frames].max() < 5.5


def test_a_far_knee_that_jitters_does_not_hide_the_stance():
    t = np.arange(300) / FPS
    rng = np.random.default_rng(3)
    legs = np.stack([kick_curve(t, 2.0), np.zeros(300)], axis=1)
    thighs = legs + np.stack([np.zeros(300), rng.normal(0.0, 3.0, 300)], axis=1)
    found = find_neutral(Directions(np.zeros(300), thighs, legs, legs[:, 0], 0.0), t, Neutral())
    assert found.grade == "seen"
    assert found.frames[:50].sum() > 20
    assert legs[found.frames, 0].max() < 3.0


def test_a_clip_that_begins_in_a_hold_takes_its_zero_from_the_feet_side_by_side():
    t = np.arange(300) / FPS
    right = kick_curve(t, -1.0, top=7.0) + kick_curve(t, 4.0, top=7.0)
    found = neutral(right)
    assert found.grade == "seen"
    assert right[found.frames].max() < 3.0


def test_a_long_hold_is_no_stance_even_when_it_is_the_only_quiet_posture():
    t = np.arange(120) / FPS
    right = kick_curve(t, -0.4, hold=3.2)  # the clip begins in the rise and ends in the return
    found = neutral(right)
    assert found.grade == "none"
    assert not found.frames.any()


def test_feet_that_stand_apart_give_a_doubtful_zero():
    found = neutral(np.full(90, 8.0))
    assert found.grade == "thin"
    assert found.found


def test_always_moving_gives_no_zero():
    t = np.arange(150) / FPS
    sway = 15.0 * np.sin(2 * np.pi * t)
    assert neutral(sway, left=-sway).grade == "none"


def test_a_swaying_trunk_is_not_quiet():
    t = np.arange(150) / FPS
    found = neutral(np.zeros(150), trunk=np.where(t < 2.5, 8.0 * np.sin(2 * np.pi * t), 0.0))
    assert found.found
    assert found.frames[:60].mean() < 0.2, "only where it turns back"
    assert found.frames[85:].all()


@pytest.mark.parametrize(
    ("fps", "share", "grade"), [(30.0, 0.75, "thin"), (120.0, 0.75, "thin"), (12.0, 0.2, "none"), (60.0, 0.2, "none")]
)
def test_a_moment_of_rest_is_a_thin_stance_or_none(fps, share, grade):
    t = np.arange(int(4 * fps)) / fps
    quiet = (t > 2.0) & (t < 2.0 + share * Neutral().min_s + 1.5 / fps)
    right = np.where(quiet, 0.0, 9.0 * np.sin(2 * np.pi * 1.3 * t))
    assert neutral(right, t=t).grade == grade


def test_nothing_known():
    found = neutral(np.full(60, np.nan))
    assert found.grade == "none"
    assert not found.frames.any()


@pytest.mark.parametrize("yaw_deg", [-24.0, -10.0, 0.0, 10.0, 24.0])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_an_oblique_camera_spreads_the_legs_of_somebody_who_stands(yaw_deg, facing):
    figure = Figure(kicks("left", extension_deg=9.0), yaw_deg=yaw_deg, facing=facing)
    (curves,) = clip_curves(figure.track(), Params())
    t = figure.time_s[curves.segment.start : curves.segment.stop]
    assert curves.neutral.grade == "seen"
    assert curves.neutral.frames[t < 1.9].mean() > 0.9
    for k in figure.movements:
        assert not curves.neutral.frames[(t > k.start_s + 0.9) & (t < k.end_s - 0.9)].any()


def test_the_whole_clip_of_kicks_without_standing_measures_nothing():
    figure = Figure([Kick("right", -1.0 + 3.0 * i, hold_s=1.0) for i in range(4)], duration_s=9.0)
    (curves,) = clip_curves(figure.track(), Params())
    assert curves.neutral.grade in ("none", "thin")
