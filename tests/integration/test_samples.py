"""The samples by way of the command line, with an empty home: within 1.5 degrees of their truth."""

from __future__ import annotations

import pytest

from mobility_check.kinematics.landmarks import SIDES
from tests.commandline import call_cold
from tests.footage import SAMPLES, truth_deg


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_measured_as_its_truth_says(sample, tmp_path):
    result = call_cold("analyze", sample, "--json", HOME=str(tmp_path), XDG_DATA_HOME="").result()
    assert (result["status"], result["reasons"]) == ("scored", [])
    truth = truth_deg(sample)
    for side in SIDES:
        leg = result["sides"][side]
        assert (leg["status"], leg["view"]) == ("scored", "near")
        assert [rep["valid"] for rep in leg["reps"]] == [True] * 3
        assert leg["score_deg"] == pytest.approx(truth[side], abs=1.5)
        low, high = leg["ci95_deg"]
        assert low <= truth[side] <= high
        assert high - low < 8.0
    assert result["quality"]["facing"] == ["right", "left"]
    assert not list(tmp_path.rglob("*mobility*")), "a measurement leaves nothing behind"
