from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_check.kinematics.people_in_view import from_the_left
from mobility_check.pipeline import analyze_tracks
from mobility_check.video.moments import ECHO_S, MAX_GAP_S, ClipTimeline, between
from synthetic.stickfigure import Figure, kicks


@given(st.lists(st.floats(0.01, 0.5), min_size=1, max_size=30), st.floats(-1, 10))
def test_values_between_samples_are_joined_only_over_short_gaps(steps, t):
    times = np.cumsum(steps)
    value = float(between(times, 3 * times + 1, t))
    after = np.searchsorted(times, t)
    inside = 0 < after < len(times)
    if np.isfinite(value):
        assert value == pytest.approx(3 * t + 1, abs=1e-5) or t > times[-1]
        assert np.abs(times - t).min() <= MAX_GAP_S / 2 + 1e-9
    elif inside:
        assert times[after] - times[after - 1] > MAX_GAP_S


def test_a_session_with_a_turn_shows_the_leg_of_each_segment():
    figure = Figure([*kicks("right"), *kicks("left", first_s=19.0)], duration_s=33.0, turns_s=[16.0])
    timeline = ClipTimeline(analyze_tracks([figure.track()]), 0)
    assert [(k.side, k.number, k.total) for k in timeline.kicks] == [
        *(("right", i, 3) for i in (1, 2, 3)),
        *(("left", i, 3) for i in (1, 2, 3)),
    ]
    for kick in timeline.kicks:
        moment = timeline.at(kick.rep.peak_s)
        assert (moment.side, moment.kick) == (kick.side, kick)
        assert moment.curve_deg == pytest.approx(20, abs=1.5)
        assert moment.in_hold
        assert moment.angle_deg == kick.rep.extension_deg, "the number of the answer, not one near it"
        rising = timeline.at(kick.rep.start_s + 0.2)
        assert rising.angle_deg == rising.curve_deg
        assert not moment.ended
        after = timeline.at(kick.rep.end_s + 0.1)
        assert after.ended
        assert not after.in_hold
    assert timeline.at(0.5).side == "right"
    assert timeline.at(0.5).at_zero
    assert timeline.at(timeline.kicks[2].rep.end_s + ECHO_S + 0.1).kick is None


def test_the_far_leg_is_shown_while_it_is_the_one_that_kicks():
    timeline = ClipTimeline(
        analyze_tracks(
            [Figure([*kicks("right", count=2), *kicks("left", first_s=11, count=2)], duration_s=22).track()]
        ),
        0,
    )
    assert {k.side for k in timeline.kicks} == {"left", "right"}
    for kick in timeline.kicks:
        assert timeline.at(kick.rep.peak_s).side == kick.side


def test_an_empty_track_has_empty_moments():
    track = Figure(duration_s=1.0).track()
    empty = type(track)(
        **{name: getattr(track, name)[:0] if name not in KEPT else getattr(track, name) for name in FIELDS}
    )
    timeline = ClipTimeline(analyze_tracks([empty]), 0)
    moment = timeline.at(0.3)
    assert moment.side is None
    assert np.isnan(moment.xy_px).all()
    assert timeline.heads_at(0.3) == []


FIELDS = ("time_s", "frame", "xy_px", "visibility", "people", "luma", "meta", "backend", "model")
KEPT = ("meta", "backend", "model")


def test_bystanders_have_heads_to_blur_as_long_as_they_are_seen():
    track = Figure(duration_s=6.0).track()
    other = Figure(duration_s=6.0, centre=(0.2, 0.5), gaps_s=[(3.0, 9.0)]).track()
    measured = next(t for t in from_the_left([track, other]) if t.xy_px is track.xy_px)
    timeline = ClipTimeline(analyze_tracks([measured]), 0)
    (own, _), (theirs, current) = timeline.heads_at(1.0)
    assert own == pytest.approx(track.xy_px[30], abs=2.0)
    assert theirs == pytest.approx(other.xy_px[30], abs=2.0)
    assert current
    assert [current for _, current in timeline.heads_at(4.0)] == [True, False], "just gone: the place stays blurred"
    assert len(timeline.heads_at(5.9)) == 1
