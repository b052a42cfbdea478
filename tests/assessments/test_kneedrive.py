"""The knee drive on stick figures: peak flexion and its speed, and what does not count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.pipeline import analyze_track
from mobility_check.settings import Settings
from synthetic.stickfigure import Figure, Kick, kicks, mirrored


def drives(side="right", *, height=75.0, rise_s=0.35, **fields):
    return [
        Kick(side, 2.0 + 2.5 * i, extension_deg=-height, knee_deg=85.0, rise_s=rise_s, hold_s=0.1, **fields)
        for i in range(3)
    ]


def measured(figure, side="right"):
    found = analyze_track(figure.track(), settings=Settings(test="knee-drive")).result
    return found, found.sides[side]


@pytest.mark.parametrize("height", [45.0, 75.0, 100.0])
def test_known_height_in_known_flexion_out(height):
    found, leg = measured(Figure(drives(height=height), duration_s=10.0, fps=60.0))
    assert found.test == "standing-knee-drive"
    assert (leg.status, leg.view) == ("scored", "near")
    assert [rep.flexion_deg for rep in leg.reps] == pytest.approx([height] * 3, abs=1.5)
    assert leg.reps[0].extension_deg is None


@pytest.mark.parametrize("rise_s", [0.3, 0.6])
def test_speed_is_the_fastest_rise(rise_s):
    _, leg = measured(Figure(drives(height=80.0, rise_s=rise_s), duration_s=10.0, fps=60.0))
    true_deg_s = 80.0 * np.pi / 2 / rise_s
    assert [rep.flexion_speed_deg_s for rep in leg.reps] == pytest.approx([true_deg_s] * 3, rel=0.08)


def test_a_mirror_swaps_the_legs():
    track = Figure(drives(), duration_s=10.0, fps=60.0).track()
    one, two = (analyze_track(t, settings=Settings(test="knee-drive")).result for t in (track, mirrored(track)))
    assert two.sides["left"].score_deg == pytest.approx(one.sides["right"].score_deg, abs=1e-6)


def test_leaning_back_does_not_count():
    _, leg = measured(Figure(drives(trunk_lean_deg=-16.0), duration_s=10.0, fps=60.0))
    assert not any(rep.valid for rep in leg.reps)
    assert {r.code for rep in leg.reps for r in rep.reasons} == {"trunk_lean"}


def test_kicks_to_the_back_are_no_knee_drives():
    found, _ = measured(Figure(kicks("right")))
    assert found.status == "not_scored"
    assert found.reasons[0].code == "no_reps"
    assert "knee drive" in found.reasons[0].message


def test_no_interval_is_given_because_the_error_was_never_measured():
    left = [replace(kick, side="left", start_s=kick.start_s + 11.5, extension_deg=-60.0) for kick in drives()]
    figure = Figure([*drives(), *left], duration_s=21.0, fps=60.0, turns_s=[10.5])
    found, _ = measured(figure)
    assert found.asymmetry.difference_deg == pytest.approx(-15.0, abs=3.0)
    assert (found.asymmetry.ci95_deg, found.asymmetry.detectable) == (None, None)
    for side in found.sides.values():
        assert side.score_deg is not None
        assert (side.ci95_deg, side.se_deg) == (None, None)
        assert {(rep.ci95_deg, rep.se_deg) for rep in side.reps} == {(None, None)}
