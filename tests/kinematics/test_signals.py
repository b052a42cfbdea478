from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from mobility_check.kinematics.signals import (
    fill_gaps,
    frame_step_s,
    known_median,
    known_sd,
    longest_gap_s,
    median,
    nan_median,
    running_median,
    runs,
    smooth,
    speed,
)

T = np.arange(90) / 30


@given(st.lists(st.booleans(), max_size=40))
def test_runs_cover_exactly_the_true_frames(mask):
    found = runs(np.array(mask, dtype=bool))
    covered = [i for a, b in found for i in range(a, b)]
    assert covered == [i for i, m in enumerate(mask) if m]
    assert all(b < a for (_, b), (a, _) in itertools.pairwise(found))


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=40))
def test_the_quick_median_and_spread_are_numpys(values):
    x = np.array(values, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's about empty arrays
        assert np.array_equal(median(x), np.median(x), equal_nan=True)
        assert np.array_equal(known_median(x), np.nanmedian(x), equal_nan=True)
        assert known_sd(x) == pytest.approx(np.nan_to_num(np.nanstd(x)))


def test_the_median_of_a_view_leaves_the_array_as_it_was():
    x = np.array([3.0, 1.0, 2.0])
    assert median(x[::-1]) == 2.0
    assert x.tolist() == [3.0, 1.0, 2.0]


def test_short_gaps_are_bridged_and_long_ones_are_not_invented():
    line = 3.0 * T
    holes = line.copy()
    holes[10:14] = np.nan  # 0.13 s
    holes[40:60] = np.nan  # 0.67 s
    filled = fill_gaps(holes, T, longest_s=0.2)
    assert filled[:40] == pytest.approx(line[:40])
    assert np.isnan(filled[40:60]).all()


def test_the_ends_of_a_signal_are_not_extrapolated():
    holes = 3.0 * T
    holes[:3] = np.nan
    holes[-2:] = np.nan
    filled = fill_gaps(holes, T, longest_s=1.0)
    assert np.isnan(filled[:3]).all()
    assert np.isnan(filled[-2:]).all()


@pytest.mark.parametrize("fps", [15, 30, 60, 240])
def test_smoothing_keeps_a_hold_and_its_place_at_any_rate(fps):
    t = np.arange(int(4 * fps)) / fps
    bump = 20.0 * (1 - np.cos(np.clip((t - 0.5) / 3.0, 0, 1) * 2 * np.pi)) / 2
    smoothed = smooth(bump, t, cutoff_hz=5.0)
    assert smoothed.max() == pytest.approx(20.0, abs=0.15)
    assert t[smoothed.argmax()] == pytest.approx(2.0, abs=1.5 / fps)


def test_smoothing_takes_out_noise_and_single_spikes():
    rng = np.random.default_rng(0)
    noisy = 10.0 + rng.normal(0, 1.0, len(T))
    noisy[45] += 60.0
    smoothed = smooth(noisy, T, cutoff_hz=5.0)
    assert smoothed[45] == pytest.approx(10.0, abs=1.5)
    assert smoothed[60:].std() < 0.75 * noisy[60:].std()


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_single_wrong_frames_leave_no_trace(spikes):
    x = np.zeros(3 * len(spikes) + 2)
    x[2::3] = spikes  # two right frames between any two
    assert np.all(smooth(x, np.arange(len(x)) / 10, cutoff_hz=2.0) == 0.0)


def test_smoothing_leaves_gaps_and_short_pieces_alone():
    x = np.full(90, 5.0)
    x[20:30] = np.nan
    x[88] = np.nan
    smoothed = smooth(x, T, cutoff_hz=5.0)
    assert np.array_equal(np.isnan(smoothed), np.isnan(x))
    assert smooth(np.array([4.0]), np.array([0.0]), cutoff_hz=5.0).tolist() == [4.0]


def test_speed_uses_the_real_times():
    t = np.array([0.0, 0.1, 0.3, 0.35, 0.5])
    assert speed(-7.0 * t, t) == pytest.approx(np.full(5, 7.0))
    assert np.isnan(speed(np.array([1.0]), np.array([0.0]))).all()


def test_longest_gap_counts_the_ends():
    known = np.ones(90, dtype=bool)
    assert longest_gap_s(known, T) == pytest.approx(1 / 30)
    known[80:] = False
    assert longest_gap_s(known, T) == pytest.approx(10 / 30)
    assert longest_gap_s(np.zeros(90, dtype=bool), T) == np.inf


def test_frame_step():
    assert frame_step_s(np.array([0.0, 0.04, 0.08, 0.4])) == pytest.approx(0.04)
    assert frame_step_s(np.array([1.0])) == 0.0


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_median_looks_through_what_is_unknown(axis):
    x = np.random.default_rng(3).normal(size=(7, 6, 5))
    x[x > 0.8] = np.nan
    x[:, 2, 3] = x[4, :, 1] = x[1, 5] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, where nothing is known
        wanted = np.nanmedian(x, axis=axis)
    assert np.isnan(wanted).any()
    assert np.array_equal(nan_median(x, axis=axis), wanted, equal_nan=True)


@given(st.lists(st.floats(-90, 90), min_size=1, max_size=40), st.sampled_from((1, 3, 7, 15)))
def test_the_running_median_is_scipys(values, size):
    x = np.array(values)
    assert np.array_equal(running_median(x, size), ndimage.median_filter(x, size=size, mode="nearest"))


@pytest.mark.parametrize("length", [1, 2, 3, 12, 90])
def test_smoothing_is_a_gaussian_whose_ends_go_on(length):
    x = T[:length] ** 2  # rises, so that the median of three changes nothing
    sigma = np.sqrt(np.log(2)) / (2 * np.pi * 3.0) / frame_step_s(T)
    by_scipy = ndimage.gaussian_filter1d(x, sigma, mode="nearest")
    if length > 1:
        assert smooth(x, T[:length], cutoff_hz=3.0) == pytest.approx(by_scipy, abs=1e-9)
