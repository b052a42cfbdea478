"""Poses of single frames become one track per person."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.person_tracking import Seen, link_people
from tests.stickfigure import Figure, Kick, kicks


def poses(figure):
    track = figure.track()
    return [Seen(xy, np.full(33, 0.9)) if np.isfinite(xy).all() else None for xy in track.xy_px]


def linked(*figures, order_seed=None):
    rows = [[p for p in row if p is not None] for row in zip(*(poses(f) for f in figures), strict=True)]
    if order_seed is not None:
        rng = np.random.default_rng(order_seed)
        rows = [[row[i] for i in rng.permutation(len(row))] for row in rows]
    return link_people(rows, figures[0].time_s)


KICKER = Figure(kicks("right", count=2), duration_s=10.0, fps=15.0, leg_px=400.0, centre=(0.3, 0.5), noise_px=1.0)
BYSTANDER = Figure(duration_s=10.0, fps=15.0, leg_px=400.0, centre=(0.8, 0.5), noise_px=1.0, seed=9)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_people_in_any_order_stay_two_people(seed):
    people = linked(KICKER, BYSTANDER, order_seed=seed)
    assert len(people) == 2
    found = sorted((xy for xy, _ in people), key=lambda xy: xy[0, 0, 0])
    assert np.array_equal(found[0], KICKER.track().xy_px)
    assert np.array_equal(found[1], BYSTANDER.track().xy_px)


def test_one_person_seen_twice_by_the_model_is_one():
    twin = Figure(KICKER.movements, duration_s=10.0, fps=15.0, leg_px=400.0, centre=(0.305, 0.5), noise_px=1.0)
    assert len(linked(KICKER, twin)) == 1


def test_somebody_who_leaves_and_comes_back_is_the_same_person_with_a_gap():
    figure = Figure([Kick("right", 1.0)], duration_s=6.0, fps=15.0, leg_px=400.0, gaps_s=[(2.0, 2.6)])
    ((xy, visibility),) = linked(figure)
    gone = (figure.time_s >= 2.0) & (figure.time_s < 2.6)
    assert np.isnan(xy[gone]).all()
    assert np.isnan(visibility[gone]).all()
    assert np.isfinite(xy[~gone]).all()


def test_a_passer_by_is_a_person_of_their_own():
    walker = Figure(duration_s=10.0, fps=15.0, leg_px=380.0, walk_speed=0.6, centre=(-0.5, 0.5))
    people = linked(KICKER, walker)
    kicker = max(people, key=lambda p: np.isfinite(p[0][:, 0, 0]).sum())[0]
    seen = np.isfinite(kicker[:, 0, 0])
    assert seen.mean() > 0.95
    assert np.abs(kicker[seen] - KICKER.track().xy_px[seen]).max() < 1e-9


def test_nobody():
    assert link_people([[], [], []], np.arange(3.0)) == []
