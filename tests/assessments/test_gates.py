"""Each gate by itself: kept below ``warn``, flagged up to ``reject``, not counted beyond."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mobility_check.assessments.gates import Form, judge
from mobility_check.kinematics.params import Gates

GOOD = Form(
    trunk_lean_deg=1.0,
    knee_flexion_deg=2.0,
    support_knee_flexion_deg=1.0,
    yaw_deg=3.0,
    hold_found=True,
    hold_sd_deg=0.4,
    seen_share=1.0,
    longest_gap_s=0.07,
    frozen_s=0.0,
    cut=False,
)


@pytest.mark.parametrize(("knee_deg", "valid"), [(29.0, False), (-15.0, True), (12.0, True), (3.0, True)])
def test_knees_above_guessed_feet_are_not_said_to_bend(knee_deg, valid):
    verdict = judge(replace(GOOD, feet_share=0.3, knee_flexion_deg=knee_deg, support_knee_flexion_deg=None), Gates())
    assert (verdict.valid, [r.code for r in verdict.reasons]) == (valid, ["feet_not_seen"])


def test_good_form_counts_without_a_word():
    verdict = judge(GOOD, Gates())
    assert verdict.valid
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("field", "code", "warn", "reject"),
    [
        ("trunk_lean_deg", "trunk_lean", 5.0, 10.0),
        ("knee_flexion_deg", "knee_bent", 10.0, 20.0),
        ("support_knee_flexion_deg", "support_knee_bent", 10.0, 20.0),
        ("yaw_deg", "yaw", 15.0, 30.0),
        ("hold_sd_deg", "unsteady_hold", 2.0, 4.0),
    ],
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_defaults_of_every_measured_gate(field, code, warn, reject, sign):
    for value, valid, flagged in (
        (warn, True, False),
        (warn + 0.1, True, True),
        (reject, True, True),
        (reject + 0.1, False, True),
    ):
        verdict = judge(replace(GOOD, **{field: sign * value}), Gates())
        expected = "bent_stance" if sign < 0 and "knee" in field else code
        assert (verdict.valid, [r.code for r in verdict.reasons]) == (valid, [expected] if flagged else [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cut": True}, "cut_off"),
        ({"hold_found": False}, "no_hold"),
        ({"seen_share": 0.6}, "not_seen"),
        ({"longest_gap_s": 0.3}, "gap_in_hold"),
        ({"frozen_s": 0.5}, "frozen_picture"),
    ],
)
def test_faults_of_the_picture_reject(change, code):
    verdict = judge(replace(GOOD, **change), Gates())
    assert not verdict.valid
    assert [r.code for r in verdict.reasons] == [code]


def test_the_edge_of_the_picture_is_the_cause_of_everything_else():
    verdict = judge(replace(GOOD, at_edge=True, cut=True, knee_flexion_deg=35.0, trunk_lean_deg=7.0), Gates())
    assert (verdict.valid, [r.code for r in verdict.reasons]) == (False, ["partial_body"])


def test_what_could_not_be_measured_rejects_nothing():
    blind = replace(GOOD, trunk_lean_deg=None, knee_flexion_deg=None, support_knee_flexion_deg=None, yaw_deg=None)
    assert judge(blind, Gates()).valid


def test_the_reason_that_rejects_comes_first_and_names_its_value():
    verdict = judge(replace(GOOD, yaw_deg=20.0, trunk_lean_deg=-14.2), Gates())
    assert [r.code for r in verdict.reasons] == ["trunk_lean", "yaw"]
    assert "14° with the kick (limit 10°)" in verdict.reasons[0].message


@pytest.mark.parametrize("field", ["knee_flexion_deg", "support_knee_flexion_deg"])
def test_a_knee_that_straightens_was_bent_while_standing(field):
    verdict = judge(replace(GOOD, **{field: -50.0}), Gates())
    assert not verdict.valid, "the neutral stance of a bent knee is no zero"
    assert "bent by 50° while standing (limit 20°)" in verdict.reasons[0].message


def test_thresholds_come_from_the_settings():
    lenient = Gates(trunk_lean_warn_deg=15.0, trunk_lean_reject_deg=25.0)
    assert judge(replace(GOOD, trunk_lean_deg=14.0), lenient).reasons == ()


def test_a_model_that_nothing_was_fitted_on_limits_the_number():
    verdict = judge(replace(GOOD, model_fitted=False), Gates())
    assert verdict.valid
    assert [f.code for f in verdict.faults] == ["other_model"]


def test_a_hold_of_few_frames_limits_the_number():
    verdict = judge(replace(GOOD, hardly_seen=True), Gates())
    assert verdict.valid
    assert [f.code for f in verdict.faults] == ["low_frame_rate"]
