"""The camera check and the form check."""

from __future__ import annotations

import dataclasses

import pytest

from mobility_check.assessments.descriptions import KICK_BACK, KNEE_DRIVE
from mobility_check.kinematics.params import Params
from mobility_check.report import checks
from mobility_check.results.result import Quality
from synthetic.factories import make_rep, make_result, make_side


def test_yaw_formula_and_the_difference_it_can_fake() -> None:
    assert checks.seen_from(0.0, 18.0) == pytest.approx(18.0)
    assert 18.0 - checks.seen_from(15.0, 18.0) == pytest.approx(0.58, abs=0.02)
    assert checks.faked_by_abduction(15.0, 20.0) == pytest.approx(4.7, abs=0.1)
    assert checks.faked_by_abduction(0.0, 20.0) == pytest.approx(0.0)


def _check(name: str, **fields: object) -> checks.Check:
    rows = checks.camera_checks(make_result(**fields), Params())  # type: ignore[arg-type]
    return next(row for row in rows if row.name == name)


@pytest.mark.parametrize(("yaw", "level"), [(4.0, "good"), (-20.0, "warn"), (35.0, "bad")])
def test_camera_turned_away(yaw: float, level: str) -> None:
    row = _check("Side view", quality=Quality(camera_yaw_deg=yaw))
    assert row.level == level
    assert f"{abs(yaw):.0f}°" in row.found


def test_camera_check_says_what_was_not_found() -> None:
    row = _check("Quiet standing", quality=Quality())
    assert row.found == "none found"
    assert row.level == "warn"
    names = [r.name for r in checks.camera_checks(make_result(quality=Quality()), Params())]
    assert "Side view" not in names


def test_far_leg_and_slow_camera_are_marked() -> None:
    result = make_result()
    far = dataclasses.replace(result.sides["right"], view="far")
    slow = dataclasses.replace(result.inputs[0], fps=8.0)
    rows = checks.camera_checks(
        dataclasses.replace(result, sides={**result.sides, "right": far}, inputs=(slow,)), Params()
    )
    levels = {row.name: row.level for row in rows}
    assert levels["Near leg"] == "warn"
    assert levels["Frame rate"] == "warn"


def test_gauges_use_the_kicks_that_counted() -> None:
    side = make_side(18.0)
    reps = (*side.reps, make_rep(25.0, n=3, valid=False, trunk_lean_deg=40.0))
    result = make_result(sides={"left": dataclasses.replace(side, reps=reps), "right": make_side(None)})
    rows = {g.name: g for g in checks.gauges(result, KICK_BACK, Params())}
    assert rows["Trunk lean"].value_deg == pytest.approx(2.0)
    assert rows["Trunk lean"].text == "2.0° forwards, fine"
    assert rows["Kicking knee"].text.endswith("fine")


def test_a_backward_lean_past_the_limit_is_too_much() -> None:
    rep = make_rep(18.0, valid=False, trunk_lean_deg=-30.0)
    side = dataclasses.replace(make_side(None), reps=(rep,))
    gauge = checks.gauges(make_result(sides={"left": side, "right": make_side(None)}), KICK_BACK, Params())[0]
    assert gauge.text == "30.0° backwards, too much to count"


def test_limits_are_those_of_the_measurement() -> None:
    result = make_result()
    made = dataclasses.replace(result.provenance, parameters={"gates": {"trunk_lean_warn_deg": 3.0}, "model": "full"})
    params = checks.params_of(dataclasses.replace(result, provenance=made))
    assert params.gates.trunk_lean_warn_deg == 3.0
    assert params.gates.yaw_warn_deg == Params().gates.yaw_warn_deg


def test_a_bent_knee_is_no_fault_of_a_knee_drive() -> None:
    result = make_result(test="standing-knee-drive")
    assert {g.name for g in checks.gauges(result, KNEE_DRIVE, Params())} == {"Trunk lean", "Standing knee"}
