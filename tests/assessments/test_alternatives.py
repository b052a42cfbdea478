"""What was done instead of kicks to the back, on stick figures whose movement is known."""

from __future__ import annotations

import pytest

from mobility_check.pipeline import analyze_track
from synthetic.stickfigure import Bend, Figure, Kick, hinges, kicks, squats

ALTERNATELY = [
    k
    for i in range(4)
    for k in (
        Kick("left", 2.0 + 3.2 * i, 0.0, knee_deg=75.0, rise_s=0.5, hold_s=0.4),
        Kick("right", 3.6 + 3.2 * i, 0.0, knee_deg=75.0, rise_s=0.5, hold_s=0.4),
    )
]
"""Heels to the buttocks, one after the other."""


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (Figure(bends=squats()), "squats"),
        (Figure(bends=squats(depth_deg=40.0), facing="left"), "squats"),
        (Figure(bends=squats(first_s=0.0, every_s=2.4, count=6)), "squats"),
        (Figure(bends=hinges()), "hip_hinge"),
        (Figure(bends=hinges(lean_deg=45.0), facing="left"), "hip_hinge"),
        (Figure(bends=hinges(lean_deg=85.0, every_s=4.0)), "hip_hinge"),
        (Figure(kicks("right", extension_deg=0.0, knee_deg=60.0)), "heel_raised"),
        (Figure(kicks("left", extension_deg=-12.0, knee_deg=100.0)), "heel_raised"),
        (Figure(ALTERNATELY), "heel_raised"),
        (Figure(kicks("right", extension_deg=-30.0)), "kicks_forward"),
        (Figure(kicks("left", extension_deg=-18.0), facing="left"), "kicks_forward"),
        (Figure(kicks("right", extension_deg=-80.0, knee_deg=90.0)), "kicks_forward"),
        (Figure(duration_s=6.0, walk_speed=0.5, centre=(0.1, 0.5), size=(2400, 1600), leg_px=400.0), "not_kick_back"),
        (Figure(duration_s=6.0, walk_speed=-0.5, centre=(0.9, 0.5), size=(2400, 1600), leg_px=400.0), "not_kick_back"),
        (Figure(duration_s=8.0), "no_reps"),
    ],
)
def test_the_movement_is_told_by_its_name(figure, code):
    found = analyze_track(figure.track()).result
    assert found.status == "not_scored"
    assert found.reasons[0].code == code
    assert all(side.score_deg is None for side in found.sides.values())


@pytest.mark.parametrize("first_s", [-0.6, -1.5])
def test_a_clip_cut_to_kicks_to_the_back_is_never_told_as_kicking_forwards(first_s):
    cut = [Kick("right", first_s + 2.7 * i, 24.0, hold_s=0.9, rise_s=0.9) for i in range(4)]
    found = analyze_track(Figure(cut, duration_s=8.0).track()).result
    assert "kicks_forward" not in [r.code for r in found.reasons]


def test_a_deep_bow_between_kicks_changes_no_kick():
    figure = Figure(kicks("right"), bends=[Bend(14.5, 0.0, 0.0, 50.0)], duration_s=18.0)
    found = analyze_track(figure.track()).result
    assert found.sides["right"].score_deg == pytest.approx(20.0, abs=0.3)
