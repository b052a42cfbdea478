"""Left and right legs keep their labels although the model swaps them now and then."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.leg_swaps import steady_legs
from tests.stickfigure import Figure, Kick

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
