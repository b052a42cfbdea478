"""A side's score is the mean of its valid near reps, with an interval that scatter and shared error widen."""

from __future__ import annotations

import math

import pytest

from mobility_check.assessments.gates import Fault
from mobility_check.assessments.scoring import (
    Z95,
    ScoredRep,
    clips_disagree,
    compare,
    interval,
    overall_status,
    score_side,
)
from mobility_check.kinematics.params import Params
from mobility_check.refinement.estimator import RepError
from mobility_check.results.result import SideResult
from synthetic.factories import make_rep

P = Params()
ERROR = RepError(shared_deg=1.0, own_deg=0.5)


LEANED = Fault("trunk_lean", False, 7.0, 5.0)
REJECTED = Fault("trunk_lean", True, 14.0, 10.0)


def scored(*values, error=ERROR, faults=(), **fields):
    return [ScoredRep(make_rep(v, n=i, **fields), error, tuple(faults)) for i, v in enumerate(values)]


def codes(side):
    return [r.code for r in side.reasons]


def test_the_score_is_the_mean_and_the_best_stands_beside_it():
    side, error = score_side(scored(16.0, 17.0, 19.5), P)
    assert (side.status, side.view, codes(side)) == ("scored", "near", [])
    assert side.score_deg == pytest.approx(17.5)
    assert side.best_deg == 19.5
    assert error is not None
    assert side.ci95_deg == pytest.approx(interval(17.5, error.total_deg))


def test_scatter_widens_the_interval_and_repetition_narrows_it():
    def width(*values):
        side, _ = score_side(scored(*values), P)
        return side.ci95_deg[1] - side.ci95_deg[0]

    assert width(15.0, 18.0, 21.0) > width(17.9, 18.0, 18.1)
    assert width(18.0, 18.0, 18.0, 18.0, 18.0, 18.0) < width(18.0, 18.0, 18.0) < width(18.0)


def test_what_all_reps_share_no_repetition_takes_away():
    side, error = score_side(scored(*[18.0] * 400), P)
    assert error.total_deg == pytest.approx(1.0, abs=0.01)
    assert side.ci95_deg == pytest.approx((18 - Z95, 18 + Z95), abs=0.02)


def test_reps_that_do_not_count_are_kept_but_do_not_move_the_score():
    reps = [*scored(18.0, 18.0, 18.0), *scored(45.0, valid=False)]
    side, _ = score_side(reps, P)
    assert side.score_deg == 18.0
    assert len(side.reps) == 4


def test_the_far_leg_only_counts_when_there_is_nothing_nearer():
    far, near = scored(25.0, 25.0, 25.0, view="far"), scored(18.0, 18.0, 18.0)
    assert score_side([*near, *far], P)[0].score_deg == 18.0
    side, _ = score_side(far, P)
    assert (side.status, side.view, codes(side)) == ("limited", "far", ["far_side_only"])


def test_few_reps_limit():
    side, _ = score_side(scored(18.0, 18.5), P)
    assert (side.status, codes(side)) == ("limited", ["few_reps"])
    assert "3" in side.reasons[0].message


def test_a_flag_on_most_reps_limits_and_on_one_does_not():
    assert score_side([*scored(18.0, 18.0, faults=[LEANED]), *scored(18.0)], P)[0].status == "limited"
    assert score_side([*scored(18.0, faults=[LEANED]), *scored(18.0, 18.0)], P)[0].status == "scored"


def test_a_reason_names_the_kicks_that_decided_and_not_the_first_flagged_one():
    faults = [Fault("trunk_lean", False, 8.0, 5.0), Fault("trunk_lean", True, 11.2, 10.0), REJECTED]
    side, _ = score_side([scored(18.0, valid=False, faults=[f])[0] for f in faults], P)
    assert codes(side) == ["no_valid_reps", "trunk_lean"]
    assert "leaned 11–14° with the kick (limit 10°)" in side.reasons[1].message
    flagged, _ = score_side([scored(18.0, faults=[Fault("yaw", False, v, 15.0)])[0] for v in (17.0, 17.2, 22.0)], P)
    assert "17–22° off the side view (limit 15°)" in flagged.reasons[0].message


def clip_reps(*scores):
    return {"left": [r for clip, v in enumerate(scores) for r in scored(v, v, v, clip=clip)], "right": []}


@pytest.mark.parametrize(
    ("scores", "disagree"), [((18.4, 17.2), False), ((29.0, 4.0), True), ((18.0, 19.0, 25.0), True)]
)
def test_one_leg_far_apart_in_two_clips_is_not_one_person_on_one_day(scores, disagree):
    assert [r.code for r in clips_disagree(clip_reps(*scores), P)] == ["clips_disagree"] * disagree


def test_the_disagreement_names_the_leg_and_both_numbers():
    (told,) = clips_disagree(clip_reps(29.0, 4.0), P)
    assert "The left leg measured 4° and 29°" in told.message


def test_the_far_leg_of_one_clip_contradicts_nothing():
    reps = [*scored(18.0, 18.0, 18.0), *scored(29.0, 29.0, clip=1, view="far")]
    assert clips_disagree({"left": reps, "right": []}, P) == []


def test_no_kick_and_no_valid_kick_are_told_apart():
    nothing, error = score_side([], P)
    assert (nothing.status, codes(nothing), nothing.score_deg, error) == ("not_scored", ["leg_not_kicked"], None, None)
    bad, _ = score_side(scored(18.0, 19.0, valid=False, faults=[REJECTED]), P)
    assert (bad.status, codes(bad), bad.score_deg) == ("not_scored", ["no_valid_reps", "trunk_lean"], None)
    assert len(bad.reps) == 2


def test_the_difference_is_left_minus_right_in_degrees():
    left, right = score_side(scored(20.0, 20.0, 20.0), P), score_side(scored(12.0, 12.0, 12.0), P)
    both = compare(left, right, shared_correlation=0.0)
    assert both.difference_deg == 8.0
    assert both.detectable is True
    swapped = compare(right, left, shared_correlation=0.0)
    assert swapped.difference_deg == -8.0
    assert swapped.ci95_deg == pytest.approx((-both.ci95_deg[1], -both.ci95_deg[0]))


def test_a_difference_within_its_interval_is_not_detectable():
    left, right = score_side(scored(18.5, 18.5, 18.5), P), score_side(scored(18.0, 18.0, 18.0), P)
    assert compare(left, right, shared_correlation=0.0).detectable is False


def test_errors_that_both_legs_share_cancel_only_in_the_same_view():
    left, right = score_side(scored(20.0, 20.0, 20.0), P), score_side(scored(16.0, 16.0, 16.0), P)
    far = score_side(scored(16.0, 16.0, 16.0, view="far"), P)

    def half(a, b, rho):
        both = compare(a, b, shared_correlation=rho)
        return both.ci95_deg[1] - both.difference_deg

    assert half(left, right, 0.8) < half(left, right, 0.0)
    assert half(left, far, 0.8) == pytest.approx(half(left, far, 0.0))
    own = 0.5 / math.sqrt(3)
    assert half(left, right, 0.0) == pytest.approx(Z95 * math.sqrt(2 + 2 * own**2))


def test_one_leg_alone_has_no_difference():
    both = compare(score_side(scored(18.0, 18.0, 18.0), P), score_side([], P), shared_correlation=0.0)
    assert (both.difference_deg, both.ci95_deg, both.detectable) == (None, None, None)


@pytest.mark.parametrize(
    ("left", "right", "overall"),
    [
        ("scored", "not_scored", "scored"),
        ("limited", "not_scored", "limited"),
        ("limited", "scored", "scored"),
        ("not_scored", "not_scored", "not_scored"),
    ],
)
def test_overall_status_is_that_of_the_better_leg(left, right, overall):
    assert overall_status([SideResult(left), SideResult(right)]) == overall
