from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.results.reasons import MESSAGES, reason, reason_measured
from synthetic.stickfigure import Figure

TRACK = Figure(duration_s=1.0).track()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"xy_px": np.zeros((30, 17, 2))}, "xy_px"),
        ({"visibility": np.zeros((29, 33))}, "visibility"),
        ({"luma": np.zeros((30, 1))}, "luma"),
        ({"time_s": np.zeros(30)}, "rise"),
        ({"time_s": np.arange(30)[::-1] / 30.0}, "rise"),
    ],
)
def test_a_track_of_the_wrong_form_cannot_be_made(change, word):
    with pytest.raises(ValueError, match=word):
        replace(TRACK, **change)


def test_the_length_is_the_number_of_frames():
    assert len(TRACK) == 30


def test_reasons_are_filled_in_from_the_one_table():
    assert reason("few_reps", wanted=3).message == MESSAGES["few_reps"].format(wanted=3)
    assert "bent 23° (limit 20°)" in reason_measured("knee_bent", [23.4], limit=20.0).message
    assert "leaned 11–14° with" in reason_measured("trunk_lean", [-13.6, 11.2], limit=10.0).message
    assert "10.3°" in reason_measured("trunk_lean", [10.3], limit=10.0).message, "10° would not cross the limit of 10°"
    assert "by 2.4° during" in reason_measured("unsteady_hold", [2.4], limit=2.0).message
    with pytest.raises(KeyError):
        reason("bad_luck")
