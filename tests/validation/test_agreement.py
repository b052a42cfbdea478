"""Statistics of agreement against published data, hand-made cases and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.validation.agreement import (
    Reading,
    agreement,
    icc_agreement,
    limits_of_agreement,
    proportional_bias,
)

# Peak flow of 17 people with two meters, first readings (Bland and Altman, Lancet 1986).
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def pairs_of(tool: list[float], reference: list[float], **same: str) -> list[Reading]:
    rows = enumerate(zip(tool, reference, strict=True))
    return [Reading(same.get("subject", f"P{i}"), same.get("side", "left"), t, r) for i, (t, r) in rows]


def test_published_peak_flow_example() -> None:
    limits = limits_of_agreement(np.array(LARGE, float) - np.array(MINI, float))
    assert limits.bias_deg == pytest.approx(-2.1, abs=0.05)
    assert limits.sd_deg == pytest.approx(38.8, abs=0.05)
    assert (limits.lower_deg, limits.upper_deg) == pytest.approx((-78.1, 73.9), abs=0.2)
    assert limits.bias_ci95_deg == pytest.approx((-22.0, 17.8), abs=0.1)
    assert limits.lower_ci95_deg is not None
    low, high = limits.lower_ci95_deg
    assert low < limits.lower_deg < high
    assert limits.lower_deg - low > high - limits.lower_deg, "outwards is the less certain direction"


def test_several_pairs_of_one_person_do_not_make_the_bias_more_certain() -> None:
    error = np.array([-1.5, 0.2, 1.1, -0.4, 2.0, 0.9])
    once = limits_of_agreement(error, groups=list("abcdef"))
    copied = limits_of_agreement(np.repeat(error, 4), groups=np.repeat(list("abcdef"), 4).tolist())
    assert (once.subjects, copied.subjects, copied.n) == (6, 6, 24)
    assert copied.bias_ci95_deg == pytest.approx(once.bias_ci95_deg)
    assert copied.upper_ci95_deg == pytest.approx(once.upper_ci95_deg)


def test_one_person_has_limits_but_no_interval_for_them() -> None:
    limits = limits_of_agreement(np.array([0.5, 1.5, 1.0]), groups=["a", "a", "a"])
    assert limits.bias_deg == pytest.approx(1.0)
    assert limits.sd_deg > 0
    assert limits.bias_ci95_deg is None
    assert limits.upper_ci95_deg is None


def test_intervals_hold_what_they_promise_with_repeated_kicks() -> None:
    rng, people, kicks = np.random.default_rng(11), 15, 3
    between, within = 1.2, 0.7
    upper = 0.4 + 1.96 * np.hypot(between, within)
    groups = np.repeat(np.arange(people), kicks).tolist()
    bias_hits, limit_hits, rounds = 0, 0, 400
    for _ in range(rounds):
        error = 0.4 + np.repeat(rng.normal(0, between, people), kicks) + rng.normal(0, within, people * kicks)
        found = limits_of_agreement(error, groups=groups)
        assert found.bias_ci95_deg is not None
        assert found.upper_ci95_deg is not None
        bias_hits += found.bias_ci95_deg[0] <= 0.4 <= found.bias_ci95_deg[1]
        limit_hits += found.upper_ci95_deg[0] <= upper <= found.upper_ci95_deg[1]
    assert 0.92 <= bias_hits / rounds <= 0.98
    assert 0.92 <= limit_hits / rounds <= 0.98


def test_icc_of_a_case_worked_by_hand() -> None:
    # Means of rows 1.5, 4, 5.5, 9; of columns 4.5, 5.5. Mean squares: rows 2·29.5/3, columns 2, error 0.
    found = icc_agreement(np.array([1.0, 3.5, 5.0, 8.5]), np.array([2.0, 4.5, 6.0, 9.5]))
    rows, columns = 2 * 29.5 / 3, 2.0
    assert found is not None
    assert found.value == pytest.approx(rows / (rows + 2 * columns / 4))
    assert found.value < 1, "a constant difference counts against absolute agreement"


def test_icc_interval_covers_the_true_value() -> None:
    rng, hits = np.random.default_rng(5), 0
    truth = 16.0 / (16.0 + 4.0)
    for _ in range(300):
        person = rng.normal(17, 4, 20)
        found = icc_agreement(person + rng.normal(0, 2, 20), person + rng.normal(0, 2, 20))
        assert found is not None
        hits += found.ci95[0] <= truth <= found.ci95[1]
    assert 0.91 <= hits / 300 <= 0.99


@pytest.mark.parametrize("values", [[7.0, 7.0, 7.0], [1.0, 2.0]])
def test_icc_and_trend_say_nothing_where_nothing_can_be_said(values: list[float]) -> None:
    same = np.array(values)
    assert icc_agreement(same, same) is None
    assert proportional_bias(same, same) is None


def test_error_that_grows_with_the_angle_is_found_and_an_even_one_is_not() -> None:
    rng = np.random.default_rng(2)
    truth = np.linspace(5, 30, 24)
    noise = rng.normal(0, 0.5, (2, 24))
    growing = proportional_bias(1.1 * truth + noise[0], truth)
    even = proportional_bias(truth + 2 + noise[1], truth)
    assert growing is not None
    assert even is not None
    assert growing.real
    assert growing.slope_deg_per_deg == pytest.approx(0.1 / 1.05, abs=0.02)
    assert not even.real


def test_repeats_over_days_come_before_repeats_within_a_day() -> None:
    rows = [
        Reading("a", "left", tool, reference, date=date, rep=str(rep))
        for date, tool, reference in (("d1", 10.0, 10.0), ("d2", 12.0, 10.0))
        for rep in range(3)
    ]
    found = agreement(rows)
    assert found.repeat_tool is not None
    assert found.repeat_tool.over == "dates"
    assert found.repeat_tool.sem_deg == pytest.approx(np.sqrt(2.0))
    assert found.repeat_tool.mdc95_deg == pytest.approx(2.77 * np.sqrt(2.0), abs=0.01)
    assert found.repeat_reference is not None
    assert found.repeat_reference.sem_deg == 0.0


def test_kicks_of_one_day_give_the_scatter_from_kick_to_kick() -> None:
    found = agreement([Reading("a", "left", t, 10.0, rep=str(t)) for t in (9.0, 10.0, 11.0)])
    assert found.repeat_tool is not None
    assert (found.repeat_tool.over, found.repeat_tool.legs, found.repeat_tool.n) == ("reps", 1, 3)
    assert found.repeat_tool.sem_deg == pytest.approx(1.0)


def test_two_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="2 pairs"):
        agreement(pairs_of([1.0, 2.0], [1.0, 2.0]))


def test_mean_absolute_and_worst() -> None:
    found = agreement(pairs_of([10.0, 20.0, 30.0], [11.0, 18.0, 30.0]))
    assert found.mean_absolute_deg == pytest.approx(1.0)
    assert found.worst_deg == pytest.approx(2.0)
