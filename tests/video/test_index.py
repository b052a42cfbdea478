from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_check.video.index import MAX_GAP_S, mean_fps, mend

STAMPS = st.lists(
    st.one_of(st.just(np.nan), st.floats(-1e9, 1e9), st.integers(0, 50).map(lambda i: i / 30)), max_size=60
)


@given(STAMPS, st.one_of(st.none(), st.floats(allow_nan=True)))
def test_times_start_at_zero_and_rise_whatever_the_stamps(stamps, fps):
    times, _ = mend(np.array(stamps, dtype=float), nominal_fps=fps)
    assert len(times) == len(stamps)
    if len(times):
        assert times[0] == 0
        assert np.all(np.diff(times) > 0)
        assert np.all(np.diff(times) <= MAX_GAP_S + 1e-6)


def test_sound_stamps_are_kept_with_their_varying_steps():
    stamps = np.cumsum([0.5, 0.033, 0.05, 0.02, 0.4, 0.033])
    times, repaired = mend(stamps, nominal_fps=30)
    assert not repaired
    np.testing.assert_allclose(times, stamps - 0.5, atol=1e-12)


@pytest.mark.parametrize(
    ("stamps", "mended"),
    [
        ([0, 1, 1, 3, 4], [0, 1, 2, 3, 4]),
        ([0, 1, np.nan, np.nan, 4], [0, 1, 2, 3, 4]),
        ([np.nan, 1, 2, 3, np.nan], [0, 1, 2, 3, 4]),
        ([-5, -4, -3, -2], [0, 1, 2, 3]),
        ([0, 1, -90, 3, 4, 5], [0, 1, 2, 3, 4, 5]),
        ([0, 1, 2, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]),
        ([0, 1, 2, 999, 1000, 1001], [0, 1, 2, 3, 4, 5]),
    ],
    ids=["repeated", "missing", "missing at the ends", "negative", "one glitch", "starts again", "jump"],
)
def test_broken_stamps_are_bridged(stamps, mended):
    times, repaired = mend(np.array(stamps, dtype=float) / 10, nominal_fps=None)
    np.testing.assert_allclose(times * 10, mended, atol=1e-9)
    assert repaired == (stamps[0] != -5)


@pytest.mark.parametrize("stamps", [[3.0] * 10, [np.nan] * 10, list(np.arange(10) * 1e-9)])
def test_useless_stamps_give_way_to_the_header_frame_rate(stamps):
    times, repaired = mend(np.array(stamps), nominal_fps=50)
    assert repaired
    np.testing.assert_allclose(times, np.arange(10) / 50)


@pytest.mark.parametrize("fps", [0.0, 1e9, float("nan"), None])
def test_a_nonsense_header_rate_is_not_believed(fps):
    times, _ = mend(np.zeros(4), nominal_fps=fps)
    assert mean_fps(times) == 30


def test_one_frame_has_no_rate():
    assert mean_fps(np.zeros(1)) == 0
