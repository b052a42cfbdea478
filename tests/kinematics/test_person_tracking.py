"""Poses of single frames become one track per person."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.person_tracking import Seen, link_people
from synthetic.stickfigure import Figure, Kick, kicks


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
    found = sorted((p.xy_px for p in people), key=lambda xy: xy[0, 0, 0])
    assert np.array_equal(found[0], KICKER.track().xy_px)
    assert np.array_equal(found[1], BYSTANDER.track().xy_px)


def test_one_person_seen_twice_by_the_model_is_one():
    twin = Figure(KICKER.movements, duration_s=10.0, fps=15.0, leg_px=400.0, centre=(0.305, 0.5), noise_px=1.0)
    assert len(linked(KICKER, twin)) == 1


def test_somebody_who_leaves_and_comes_back_is_the_same_person_with_a_gap():
    figure = Figure([Kick("right", 1.0)], duration_s=6.0, fps=15.0, leg_px=400.0, gaps_s=[(2.0, 2.6)])
    (person,) = linked(figure)
    xy, visibility = person.xy_px, person.visibility
    gone = (figure.time_s >= 2.0) & (figure.time_s < 2.6)
    assert np.isnan(xy[gone]).all()
    assert np.isnan(visibility[gone]).all()
    assert np.isfinite(xy[~gone]).all()


def test_a_passer_by_is_a_person_of_their_own():
    walker = Figure(duration_s=10.0, fps=15.0, leg_px=380.0, walk_speed=0.6, centre=(-0.5, 0.5))
    people = linked(KICKER, walker)
    kicker = max((p.xy_px for p in people), key=lambda xy: np.isfinite(xy[:, 0, 0]).sum())
    seen = np.isfinite(kicker[:, 0, 0])
    assert seen.mean() > 0.95
    assert np.abs(kicker[seen] - KICKER.track().xy_px[seen]).max() < 1e-9


BLUE, RED = np.array([[60.0, 80.0, 180.0]] * 2), np.array([[190.0, 50.0, 40.0]] * 2)


def dressed(figure, clothes, *, hidden_s=(9e9, 9e9)):
    rng = np.random.default_rng(3)
    rows = [
        None
        if pose is None or hidden_s[0] <= t < hidden_s[1]
        else Seen(pose.xy_px, pose.visibility, clothes + rng.normal(0, 5, (2, 3)))
        for pose, t in zip(poses(figure), figure.time_s, strict=True)
    ]
    return rows


def linked_rows(*rows):
    frames = [[p for p in frame if p is not None] for frame in zip(*rows, strict=True)]
    return link_people(frames, KICKER.time_s)


def of(people, clothes):
    """The frames in which the person of these clothes was seen, and where."""
    return [p for p in people if np.nanmax(np.abs(p.clothes - clothes)) < 30]


@pytest.mark.parametrize("hidden_s", [(2.0, 4.0), (3.0, 7.5), (6.0, 6.5)])
def test_a_helper_who_hides_the_person_does_not_take_over_the_track(hidden_s):
    helper = Figure(duration_s=10.0, fps=15.0, leg_px=420.0, centre=(0.35, 0.5), noise_px=1.0, seed=4)
    people = linked_rows(dressed(KICKER, BLUE, hidden_s=hidden_s), dressed(helper, RED))
    assert len(people) == 2
    (kicker,) = of(people, BLUE)
    seen = np.isfinite(kicker.xy_px[:, 0, 0])
    assert np.array_equal(kicker.xy_px[seen], KICKER.track().xy_px[seen])
    gone = (KICKER.time_s >= hidden_s[0]) & (KICKER.time_s < hidden_s[1])
    assert np.array_equal(seen, ~gone)


@pytest.mark.parametrize("speed", [0.25, 0.6])
def test_two_who_cross_keep_their_tracks(speed):
    walker = Figure(duration_s=10.0, fps=15.0, leg_px=400.0, walk_speed=speed, centre=(-0.3, 0.5))
    people = linked_rows(dressed(KICKER, BLUE), dressed(walker, RED))
    (kicker,) = of(people, BLUE)
    seen = np.isfinite(kicker.xy_px[:, 0, 0])
    assert seen.mean() > 0.9
    assert np.array_equal(kicker.xy_px[seen], KICKER.track().xy_px[seen])


def test_somebody_known_by_their_clothes_may_come_back_anywhere():
    away = Figure(duration_s=10.0, fps=15.0, leg_px=400.0, centre=(0.8, 0.5), noise_px=1.0, seed=9)
    left = dressed(KICKER, BLUE, hidden_s=(4.0, 99.0))
    right = [p if t >= 6.0 else None for p, t in zip(dressed(away, BLUE), KICKER.time_s, strict=True)]
    assert len(linked_rows(left, right)) == 1
    other = [p if t >= 6.0 else None for p, t in zip(dressed(away, RED), KICKER.time_s, strict=True)]
    assert len(linked_rows(left, other)) == 2


def test_a_helper_much_smaller_or_larger_is_another_person():
    child = Figure(duration_s=10.0, fps=15.0, leg_px=200.0, centre=(0.3, 0.62), noise_px=1.0, seed=5)
    people = linked(KICKER, child, order_seed=3)
    assert sorted(np.isfinite(p.xy_px[:, 0, 0]).mean() for p in people) == [1.0, 1.0]


def test_nobody():
    assert link_people([[], [], []], np.arange(3.0)) == []
