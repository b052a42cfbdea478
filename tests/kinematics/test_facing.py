"""Facing is decided per segment: turns split a clip, one bad frame never does."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.facing import facing_segments, side_on
from mobility_check.kinematics.landmarks import joint
from synthetic.stickfigure import Figure


def segments(figure):
    track = figure.track()
    return [
        (s.facing, track.time_s[s.start], track.time_s[s.stop - 1]) for s in facing_segments(track.xy_px, track.time_s)
    ]


def test_one_way_all_the_time():
    assert [s[0] for s in segments(Figure(duration_s=4.0, facing="left", noise_px=2.0))] == ["left"]


def test_a_turn_round_splits_the_clip_and_is_left_out():
    found = segments(Figure(duration_s=12.0, turns_s=[5.0], turn_takes_s=1.5))
    assert [s[0] for s in found] == ["right", "left"]
    assert found[0][2] < 5.75 < found[1][1]
    assert found[0][2] == pytest.approx(5.0, abs=0.7)
    assert found[1][1] == pytest.approx(6.5, abs=0.7)


def test_turning_twice():
    assert [s[0] for s in segments(Figure(duration_s=18.0, turns_s=[5.0, 11.0]))] == ["right", "left", "right"]


def test_from_the_front_there_is_no_segment():
    track = Figure(duration_s=4.0, yaw_deg=85.0).track()
    assert facing_segments(track.xy_px, track.time_s) == ()
    assert not side_on(track.xy_px).any()


def test_a_flickering_far_heel_turns_nobody_round():
    track = Figure(duration_s=6.0, noise_px=1.0).track()
    xy = track.xy_px.copy()
    flicker = np.random.default_rng(3).random(len(track)) < 0.4
    xy[flicker, joint("heel", "left"), 0] += 400.0
    found = facing_segments(xy, track.time_s)
    assert [(s.facing, s.start, s.stop) for s in found] == [("right", 0, len(track))]


def test_somebody_gone_for_a_moment_keeps_the_segment_whole():
    assert len(segments(Figure(duration_s=8.0, gaps_s=[(3.0, 3.6)]))) == 1


def test_nothing_in_nothing_out():
    assert facing_segments(np.empty((0, 33, 2)), np.empty(0)) == ()
    assert segments(Figure(duration_s=3.0, gaps_s=[(0.0, 9.0)])) == []
