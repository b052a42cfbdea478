"""Kicks in a curve: two thresholds, limits in seconds, holds, and no surprise on flat or broken curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobility_check.kinematics.params import Reps
from mobility_check.kinematics.reps import _kept_level, find_hold, find_reps
from tests.kinematics.test_neutral import kick_curve

P = Reps()


def clock(seconds, fps=30.0):
    return np.arange(int(seconds * fps)) / fps


def test_three_kicks_with_their_holds():
    t = clock(15)
    x = sum(kick_curve(t, s, top=top) for s, top in ((1.0, 12.0), (5.5, 18.0), (10.0, 25.0)))
    kicks = find_reps(x, t, P)
    assert [round(x[k.peak]) for k in kicks] == [12, 18, 25]
    for k, start in zip(kicks, (1.0, 5.5, 10.0), strict=True):
        assert t[k.start] == pytest.approx(start + 0.2, abs=0.25)
        assert t[k.hold_start] == pytest.approx(start + 0.8, abs=0.25)
        assert t[k.hold_stop - 1] == pytest.approx(start + 2.3, abs=0.25)
        assert k.start < k.hold_start <= k.peak < k.hold_stop < k.stop
        assert not k.cut


@pytest.mark.parametrize("fps", [12.0, 24.0, 60.0, 240.0])
def test_the_frame_rate_changes_no_count_and_no_time(fps):
    t = clock(10, fps)
    x = kick_curve(t, 1.0) + kick_curve(t, 5.5)
    kicks = find_reps(x, t, P)
    assert len(kicks) == 2
    assert t[kicks[1].stop - 1] - t[kicks[1].start] == pytest.approx(2.7, abs=0.15)


def test_jitter_around_the_threshold_counts_nothing_twice():
    t = clock(8)
    x = kick_curve(t, 2.0, top=5.0) + np.random.default_rng(5).normal(0, 0.5, len(t))
    assert len(find_reps(x, t, P)) == 1


@pytest.mark.parametrize(
    ("x", "why"),
    [
        (np.zeros(200), "flat"),
        (np.full(200, np.nan), "nothing known"),
        (np.full(200, P.on_deg - 0.1), "below the upper threshold"),
        (-kick_curve(clock(200 / 30), 2.0), "forwards"),
        (kick_curve(clock(200 / 30), 2.0, rise=0.1, hold=0.1), "too short"),
        (np.empty(0), "empty"),
    ],
)
def test_what_is_no_kick(x, why):
    assert find_reps(x, np.arange(len(x)) / 30, P) == [], why


def test_a_swing_without_a_hold_has_an_empty_hold_at_its_peak():
    t = clock(6)
    x = kick_curve(t, 2.0, rise=0.7, hold=0.0)
    (kick,) = find_reps(x, t, P)
    assert kick.hold_start == kick.hold_stop == kick.peak
    assert x[kick.peak] == pytest.approx(20.0, abs=0.5)


def test_a_kick_at_the_edge_of_the_curve_is_cut():
    t = clock(6)
    assert find_reps(kick_curve(t, -1.0), t, P)[0].cut
    assert find_reps(kick_curve(t, 4.0), t, P)[0].cut


@pytest.mark.parametrize("gap_s", [0.1, 0.5])
def test_a_gap_keeps_a_kick_and_its_hold_in_one_piece(gap_s):
    t = clock(7)
    x = kick_curve(t, 2.0)
    x[(t >= 3.3) & (t < 3.3 + gap_s)] = np.nan
    (kick,) = find_reps(x, t, P)
    assert t[kick.hold_start] < 3.2
    assert t[kick.hold_stop - 1] > 3.3 + gap_s


def test_the_hold_is_the_longest_still_part_near_the_top():
    t = clock(6)
    x = np.interp(t, [0, 1, 2, 2.3, 2.5, 4.5, 5.5, 6], [0, 0, 21, 21, 20, 20, 0, 0])
    start, stop = find_hold(x, t, start=30, stop=165, params=P)
    assert t[start] == pytest.approx(2.0, abs=0.2)
    assert t[stop - 1] == pytest.approx(4.5, abs=0.2)


@settings(max_examples=200)
@given(
    st.lists(st.one_of(st.floats(-60, 60), st.just(float("nan"))), min_size=1, max_size=40).filter(
        lambda values: any(np.isfinite(values))
    ),
    st.floats(0.0, 0.6),
)
def test_the_kept_level_is_the_best_of_all_windows(values, kept_s):
    x, t = np.array(values), np.arange(len(values)) / 30
    windows = [x[(t >= start) & (t <= start + kept_s)] for start in t if t[-1] > start + kept_s]
    levels = [np.nanmin(w) for w in windows if np.isfinite(w).any()]
    assert _kept_level(x, t, kept_s) == (max(levels) if levels else np.nanmax(x))


@settings(max_examples=200)
@given(st.lists(st.one_of(st.floats(-60, 60), st.just(float("nan"))), min_size=0, max_size=120), st.floats(0.004, 0.2))
def test_any_curve_gives_ordered_kicks_within_it(values, step):
    x, t = np.array(values, dtype=float), np.arange(len(values)) * step
    last = 0
    for k in find_reps(x, t, P):
        assert last <= k.start <= k.hold_start <= k.hold_stop <= k.stop <= len(x)
        assert k.start <= k.peak < k.stop
        assert np.isfinite(x[k.peak])
        assert P.min_duration_s <= t[k.stop - 1] - t[k.start] <= P.max_duration_s
        last = k.stop
