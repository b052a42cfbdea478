from __future__ import annotations

import numpy as np
import pytest

from mobility_check.video.motion import CELL_PX, StillnessMeter, cells_of
from synthetic.stickfigure import Figure, Kick
from tests.drawnfigure import SIZE, drawn

STANDING = Figure(duration_s=2.0, fps=15.0, size=SIZE, leg_px=260.0, noise_px=0.0)
SWAY_PX = 0.6


def noisy(picture, rng, *, sd=6.0, gain=1.0):
    return np.clip(gain * picture + rng.normal(0.0, sd, picture.shape), 0, 255).astype(np.uint8)


def moved(figure, pictures):
    """Per picture after the first, whether the figure is said to have moved since then."""
    meter, out = StillnessMeter(), []
    for i, picture in enumerate(pictures):
        out.append(meter.moved(cells_of(picture)))
        if i == 0:
            meter.refer(cells_of(picture), [figure.track().xy_px[0] / CELL_PX])
    return np.array(out[1:])


def kicking(speed_deg_s):
    """A kick whose leg leaves the floor at time 0 with this mean speed."""
    kick = Kick("right", start_s=0.0, extension_deg=2.0 * speed_deg_s, rise_s=2.0, hold_s=0.0)
    return Figure([kick], duration_s=2.0, fps=15.0, size=SIZE, leg_px=260.0, noise_px=0.0)


@pytest.mark.parametrize("sd", [0.0, 3.0, 8.0])
def test_who_stands_in_a_noisy_picture_has_not_moved(sd):
    rng = np.random.default_rng(1)
    assert not moved(STANDING, [noisy(p, rng, sd=sd) for p in drawn(STANDING)]).any()


def test_flickering_light_is_no_movement():
    rng = np.random.default_rng(2)
    gains = 1.0 + 0.06 * np.sin(np.arange(30))
    assert not moved(STANDING, [noisy(p, rng, gain=g) for p, g in zip(drawn(STANDING), gains, strict=True)]).any()


@pytest.mark.parametrize("clothes", [90, 140])
@pytest.mark.parametrize("speed_deg_s", [2.0, 20.0])
def test_a_leg_that_moves_is_seen_before_it_has_moved_a_degree(speed_deg_s, clothes):
    figure, rng = kicking(speed_deg_s), np.random.default_rng(3)
    seen = moved(figure, [noisy(p, rng, sd=4.0) for p in drawn(figure, clothes=clothes)])
    knees = figure.track().xy_px[1:, 26, 0]
    turned_deg = np.degrees(np.abs(knees - figure.track().xy_px[0, 26, 0]) / (0.5 * figure.leg_px))
    assert seen[turned_deg > 1.0].all()
    assert (turned_deg > 1.0).any()


def test_a_shaking_hand_is_not_taken_for_noise():
    rng = np.random.default_rng(4)
    shaken = [np.roll(noisy(p, rng), shift, axis=1) for p, shift in zip(drawn(STANDING), [0, 5, -5] * 10, strict=True)]
    assert moved(STANDING, shaken)[[i % 3 != 2 for i in range(29)]].all()


def test_as_long_as_nobody_is_known_everything_counts():
    meter = StillnessMeter()
    cells = [cells_of(p) for p in drawn(STANDING)]
    meter.refer(cells[0], [])
    assert all(meter.moved(c) for c in cells)
