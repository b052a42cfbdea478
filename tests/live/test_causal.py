from __future__ import annotations

import numpy as np
import pytest

from mobility_check.live.causal import FacingTracker, LegKeeper, Smoother
from tests.live.helpers import session
from tests.stickfigure import kicks


def test_facing_is_known_at_once_but_changes_only_when_steady() -> None:
    tracker = FacingTracker()
    assert tracker.update(0.0, 0.4)
    assert tracker.facing == "right"
    changes = [tracker.update(0.05 * n, -0.4 if n % 4 == 0 else 0.4) for n in range(1, 100)]
    assert not any(changes), "one wrong picture in four never turns the person round"
    turned = [n for n in range(100, 140) if tracker.update(0.05 * n, -0.4)]
    assert turned == [108]
    assert tracker.facing == "left"


def test_a_view_from_the_front_changes_nothing() -> None:
    tracker = FacingTracker()
    tracker.update(0.0, -0.5)
    assert not any(tracker.update(0.1 * n, 0.05) for n in range(1, 50))
    assert tracker.facing == "left"


def test_the_smoother_follows_a_step_and_ignores_a_single_jump() -> None:
    smooth = Smoother()
    for n in range(20):
        smooth.update(n / 30, 5.0)
    assert smooth.update(20 / 30, 60.0) == pytest.approx(5.0)
    assert smooth.update(21 / 30, 5.0) == pytest.approx(5.0)
    values = [smooth.update((22 + n) / 30, 25.0) for n in range(20)]
    assert values[-1] == pytest.approx(25.0, abs=0.5)
    assert values == sorted(values), "it never overshoots"


def test_swapped_legs_are_put_right_picture_by_picture() -> None:
    movements = kicks("right", first_s=1.0, count=1, hold_s=1.5)
    plain = session(movements, duration_s=5.0, turns_s=(), noise_px=0.0).track().xy_px
    swapped = session(movements, duration_s=5.0, turns_s=(), noise_px=0.0, swapped_s=((2.0, 2.6),)).track().xy_px
    assert not np.array_equal(plain, swapped)
    keeper = LegKeeper()
    assert np.array_equal(np.stack([keeper.update(xy) for xy in swapped]), plain)
