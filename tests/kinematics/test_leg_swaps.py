"""Left and right legs keep their labels although the model swaps them now and then."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.leg_swaps import legs_by_standing_foot, steady_legs
from synthetic.stickfigure import Figure, Kick

KICK = [Kick("right", 1.0, extension_deg=22.0)]
LEGS = slice(25, 33)


def error_px(figure, *, true):
    fixed = steady_legs(figure.track().xy_px)
    return np.abs(fixed[:, LEGS] - true.track().xy_px[:, LEGS]).max(axis=(1, 2))


@pytest.mark.parametrize("span", [(2.1, 2.14), (2.0, 2.6), (2.0, 3.0)])
def test_swaps_in_a_kick_are_undone(span):
    true = Figure(KICK, duration_s=6.0)
    assert error_px(Figure(KICK, duration_s=6.0, swapped_s=[span]), true=true).max() < 1e-9


def test_legs_that_were_never_swapped_stay_as_they_are():
    track = Figure(KICK, duration_s=6.0, noise_px=3.0).track()
    assert np.array_equal(steady_legs(track.xy_px), track.xy_px)


def test_the_given_track_is_not_changed():
    track = Figure(KICK, duration_s=6.0, swapped_s=[(2.0, 2.5)]).track()
    before = track.xy_px.copy()
    steady_legs(track.xy_px)
    assert np.array_equal(track.xy_px, before)


def test_gaps_and_nothing_at_all():
    figure = Figure(KICK, duration_s=6.0, gaps_s=[(2.0, 2.4)], swapped_s=[(2.4, 2.8)])
    fixed, given = steady_legs(figure.track().xy_px), figure.track().xy_px
    assert np.array_equal(np.isnan(fixed), np.isnan(given))
    true = Figure(KICK, duration_s=6.0).track().xy_px
    assert np.nanmax(np.abs(fixed - true)) < 1e-9
    assert np.isnan(steady_legs(np.full((5, 33, 2), np.nan))).all()


def on_the_floor(kick, *, gap_px=25.0):
    """Landmarks of a person facing right whose far (left) foot stands further up in the picture."""
    xy = Figure([kick], duration_s=6.0, noise_px=0.5, leg_px=400.0).track().xy_px
    xy[:, [27, 29, 31], 1] -= gap_px
    return xy


@pytest.mark.parametrize("extension_deg", [12.0, 25.0])
def test_a_whole_kick_under_the_wrong_leg_is_the_near_legs_when_the_far_foot_stands(extension_deg):
    true = on_the_floor(Kick("right", 1.0, extension_deg=extension_deg))
    seen = true.copy()
    apart = np.abs(true[:, 28, 0] - true[:, 27, 0]) > 45.0
    seen[apart, 25:33] = true[apart][:, [26, 25, 28, 27, 30, 29, 32, 31]]
    assert np.abs(legs_by_standing_foot(seen, "right") - true)[apart].max() == 0.0


def test_kicks_of_either_leg_under_their_own_names_stay():
    for side in ("left", "right"):
        xy = on_the_floor(Kick(side, 1.0, extension_deg=20.0))
        assert np.array_equal(legs_by_standing_foot(xy, "right"), xy)


def test_a_kick_forwards_never_becomes_one_backwards():
    for side in ("left", "right"):
        xy = on_the_floor(Kick(side, 1.0, extension_deg=-25.0))
        assert np.array_equal(legs_by_standing_foot(xy, "right"), xy)


def test_a_camera_at_the_floor_tells_nothing():
    xy = on_the_floor(Kick("left", 1.0, extension_deg=20.0), gap_px=0.0)
    assert np.array_equal(legs_by_standing_foot(xy, "right"), xy)
