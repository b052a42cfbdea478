from __future__ import annotations

import math
import random
import statistics
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from mobility_check.assessments.descriptions import KNEE_DRIVE
from mobility_check.history.present import progress_lines
from mobility_check.history.progress import (
    Difference,
    Point,
    SubjectPoints,
    leg_progress,
    progress_of,
    sem_of,
    trend_of,
    verdict_of,
)

START = datetime(2026, 8, 3)
SAMPLES_DAYS = (0, 42, 84)


def _points(scores: list[float], *, days: list[float] | None = None, series: str = "a", se: float | None = 1.0):
    when = days if days is not None else [7.0 * n for n in range(len(scores))]
    return [
        Point(f"s{n}", START + timedelta(days=d), x, (x - 2, x + 2), se, series)
        for n, (d, x) in enumerate(zip(when, scores, strict=True))
    ]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (0.0, "no change"),
        (2.0, "no change"),
        (-2.0, "no change"),
        (2.01, "within measurement error"),
        (-5.54, "within measurement error"),
        (5.55, "likely a real change"),
        (-5.55, "likely a real change"),
    ],
)
def test_the_three_wordings(change: float, verdict: str) -> None:
    assert verdict_of(change, sem_deg=2.0) == verdict


def test_the_samples_right_leg_really_changed_and_the_left_did_not() -> None:
    days = list(SAMPLES_DAYS)
    found = progress_of(
        SubjectPoints({"left": _points([18.0, 18.4, 19.8], days=days), "right": _points([12.2, 15.3, 19.3], days=days)})
    )
    right, left = found.legs["right"].first_to_last, found.legs["left"].first_to_last
    assert right is not None
    assert left is not None
    assert (right.verdict, left.verdict) == ("likely a real change", "within measurement error")
    assert right.change_deg == pytest.approx(7.1)
    assert left.change_deg == pytest.approx(1.8)


@pytest.mark.parametrize("n", [1, 2])
def test_sem_is_provisional_before_the_third_session(n: int) -> None:
    sem = sem_of(_points([10.0, 30.0][:n]))
    assert (sem.sem_deg, sem.provisional) == (2.0, True)


def test_own_sem_from_the_third_session_by_the_formula() -> None:
    # middle session 3° off the line between its neighbours: s2 = 9 / 1.5 = 6, v = 1, SEM = sqrt((4*4 + 6) / 5)
    sem = sem_of(_points([10.0, 14.0, 12.0]))
    assert not sem.provisional
    assert sem.sem_deg == pytest.approx(math.sqrt(22 / 5))


def test_uneven_intervals_are_taken_into_account() -> None:
    on_the_line = sem_of(_points([10.0, 11.0, 20.0], days=[0, 10, 100]))
    assert on_the_line.sem_deg == pytest.approx(math.sqrt(16 / 5))


@pytest.mark.parametrize("shape", [lambda n: 0.5 * n, lambda n: 10 * (1 - math.exp(-n / 8)), lambda n: 0.0])
def test_getting_better_does_not_look_like_measuring_badly(shape) -> None:
    rng = random.Random(3)
    found = [sem_of(_points([shape(n) + rng.gauss(0, 1.5) for n in range(30)])).sem_deg for _ in range(60)]
    assert statistics.mean(found) == pytest.approx(1.6, abs=0.12)


def test_sem_never_falls_below_its_floor() -> None:
    assert sem_of(_points([12.0] * 200)).sem_deg == 1.0


def test_several_sessions_on_one_day_are_no_problem() -> None:
    found = leg_progress(_points([12.0, 13.0, 12.5], days=[0, 0, 0]), goal_deg=20.0)
    assert found.trend is None
    assert found.goal is not None
    assert found.goal.state == "too few sessions"
    assert found.sem.sem_deg == pytest.approx(math.sqrt((16 + 0.75**2 / 1.5) / 5))


def test_false_alarms_are_rare_and_real_changes_are_found() -> None:
    rng = random.Random(1)

    def share_real(gain: float) -> float:
        verdicts = []
        for _ in range(400):
            points = _points([15 + gain * n / 5 + rng.gauss(0, 2.0) for n in range(6)])
            change = leg_progress(points).first_to_last
            assert change is not None
            verdicts.append(change.verdict == "likely a real change")
        return statistics.mean(verdicts)

    assert share_real(0.0) < 0.09
    assert share_real(12.0) > 0.9


def test_a_session_that_claims_a_larger_error_widens_the_comparison() -> None:
    change = leg_progress(_points([12.0, 18.0], se=3.0)).first_to_last
    assert change is not None
    assert change.mdc95_deg == pytest.approx(2.77 * 3.0)
    assert change.verdict == "within measurement error"


def test_another_series_is_never_compared() -> None:
    points = _points([5.0, 6.0], series="old") + _points([18.0, 18.5], days=[100, 110], series="new")
    found = leg_progress(points)
    assert (found.earlier, len(found.current), len(found.points)) == (2, 2, 4)
    assert found.first_to_last is not None
    assert found.first_to_last.change_deg == pytest.approx(0.5)
    assert found.sem.provisional
    alone = leg_progress(_points([5.0, 6.0, 7.0], series="old") + _points([18.0], days=[100], series="new"))
    assert (alone.first_to_last, alone.best_to_last, alone.trend) == (None, None, None)


def test_best_to_last() -> None:
    found = leg_progress(_points([12.0, 21.0, 14.0])).best_to_last
    assert found is not None
    assert (found.start, found.end, found.change_deg) == ("s1", "s2", -7.0)


def test_trend_of_two_sessions_is_real_exactly_when_their_change_is() -> None:
    for gain in (5.5, 5.6):
        points = _points([10.0, 10.0 + gain])
        trend = trend_of(points, sem_deg=2.0)
        assert trend is not None
        assert trend.deg_per_week == pytest.approx(gain)
        assert trend.real == (verdict_of(gain, sem_deg=2.0) == "likely a real change")


def test_no_trend_from_sessions_within_a_week() -> None:
    assert trend_of(_points([10.0, 30.0], days=[0, 6]), sem_deg=2.0) is None


def test_goal_date_when_the_trend_is_real() -> None:
    goal = leg_progress(_points([10.0, 14.0, 18.0, 22.0]), goal_deg=28.0).goal
    assert goal is not None
    assert goal.state == "expected"
    assert goal.expected == date(2026, 9, 4)  # 4° a week from 22° on 24 August: 10.5 days
    assert goal.earliest is not None
    assert goal.latest is not None
    assert goal.earliest < goal.expected < goal.latest


@pytest.mark.parametrize(
    ("scores", "goal_deg", "state"),
    [
        ([10.0, 12.0, 21.0], 20.0, "reached"),
        ([10.0, 16.0], 20.0, "too few sessions"),
        ([15.0, 15.5, 15.2], 20.0, "no real trend"),
        ([20.0, 16.0, 11.0], 22.0, "moving away"),
        ([10.0, 12.0, 14.0, 16.0], 60.0, "too far ahead"),
    ],
)
def test_no_goal_date_without_good_reason(scores: list[float], goal_deg: float, state: str) -> None:
    goal = leg_progress(_points(scores), goal_deg=goal_deg).goal
    assert goal is not None
    assert (goal.state, goal.expected, goal.latest) == (state, None, None)


def test_a_goal_is_never_dated_more_than_a_year_ahead() -> None:
    points = _points([10.0 + 0.1 * n for n in range(120)])
    near, far = (leg_progress(points, goal_deg=g).goal for g in (24.0, 35.0))
    assert near is not None
    assert near.expected is not None
    assert near.expected - points[-1].at.date() <= timedelta(days=365)
    assert far is not None
    assert far.state == "too far ahead"


@pytest.mark.parametrize(
    ("value", "interval", "verdict"),
    [
        (3.0, (-1.0, 7.0), "no detectable difference"),
        (3.0, None, "error not known"),
        (-5.0, (-8.0, -2.0), "possible"),
        (12.0, (8.0, 16.0), "clear"),
        (12.0, (-1.0, 25.0), "no detectable difference"),
    ],
)
def test_difference_wordings(value: float, interval: tuple[float, float] | None, verdict: str) -> None:
    assert Difference("s", START, value, interval, "a").verdict == verdict


def test_change_of_the_difference_carries_the_error_of_both_legs() -> None:
    points = _points([18.0, 18.0]), _points([12.0, 17.0])
    differences = [Difference(p.session, p.at, d, None, "a") for p, d in zip(points[0], (6.0, 1.0), strict=True)]
    found = progress_of(SubjectPoints({"left": points[0], "right": points[1]}, differences)).difference_change
    assert found is not None
    assert found.change_deg == -5.0
    assert found.sem_deg == pytest.approx(2.0 * math.sqrt(2))


def test_a_leg_that_was_never_scored_is_left_out() -> None:
    found = progress_of(SubjectPoints({"left": _points([18.0]), "right": []}))
    assert list(found.legs) == ["left"]
    assert found.difference_change is None
    assert progress_of(SubjectPoints({"left": [], "right": []})).legs == {}


def test_a_test_whose_error_is_not_known_has_changes_but_no_grades() -> None:
    points = [replace(p, ci95_deg=None, se_deg=None, error_known=False) for p in _points([60.0, 61.0, 75.0, 76.0])]
    found = leg_progress(points, goal_deg=80.0)
    assert found.first_to_last is not None
    assert (found.first_to_last.change_deg, found.first_to_last.verdict) == (16.0, "error not known")
    assert (found.first_to_last.sem_deg, found.first_to_last.mdc95_deg) == (None, None)
    assert (found.sem, found.trend) == (None, None)
    assert found.goal is not None
    assert found.goal.state == "error not known"
    assert Difference("s", START, 6.0, None, "a").verdict == "error not known"
    lines = progress_lines(progress_of(SubjectPoints({"left": points})), KNEE_DRIVE)
    assert "  first to last +16.0°: error not known" in lines
    assert not any("MDC95" in line or "a week" in line for line in lines)
