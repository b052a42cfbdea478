"""Numbers and verdicts in words."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from mobility_check.assessments import describe
from mobility_check.assessments.descriptions import KICK_BACK, KNEE_DRIVE
from mobility_check.results import wording
from mobility_check.results.result import Asymmetry
from mobility_check.results.wording import Change, LegHistory, Verdict
from synthetic.factories import make_result

TODAY = date(2026, 10, 26)


def change(before: float, now: float, verdict: Verdict, *, since: date = date(2026, 8, 3)) -> LegHistory:
    found = Change(since, before, now, verdict, 5.5)
    return LegHistory(found, found)


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [(17.24, False, "17.2°"), (-3.0, False, "−3.0°"), (-0.04, True, "0.0°"), (2.0, True, "+2.0°"), (None, False, "–")],
)
def test_degrees(value: float | None, signed: bool, text: str) -> None:
    assert wording.degrees(value, signed=signed) == text


@pytest.mark.parametrize(("value", "spoken"), [(19.46, 20), (18.5, 19), (-0.4, 0), (0.04, 0), (-1.6, -2)])
def test_a_spoken_angle_is_the_written_one_rounded(value: float, spoken: int) -> None:
    assert wording.whole(value) == spoken


def test_interval_words() -> None:
    assert wording.plus_minus((15.6, 18.8)) == "± 1.6°"
    assert wording.span((15.6, 18.8), of=17.2) == "15.6° to 18.8°"
    assert wording.plus_minus(None) == ""


def test_a_number_without_an_interval_says_so() -> None:
    assert wording.with_margin(65.2, None) == "65.2° (error not known)"
    assert (wording.span(None, of=65.2), wording.span(None, of=None)) == ("error not known", "–")
    assert (wording.margin(65.2, None), wording.margin(None, None)) == ("error not known", "")


def test_without_an_error_a_difference_and_a_change_are_told_but_not_judged() -> None:
    result = dataclasses.replace(make_result(66.0, 60.0), asymmetry=Asymmetry(6.0))
    assert wording.headline(result, KNEE_DRIVE) == "Left and right differ by 6.0°; the error is not known."
    assert wording.meaning(result) == "Between left and right: 6.0° (error not known), so it cannot be judged."
    found: wording.History = {"left": change(60.0, 66.0, "error not known")}
    assert wording.progress_sentence(found, day=TODAY) == "Left hip: 60.0° → 66.0° since August, error not known."


@pytest.mark.parametrize(
    ("left", "right", "kind", "headline"),
    [
        (18.0, 12.2, "possible", "The right leg goes back 5.8° less, a possible difference."),
        (8.0, 20.0, "clear", "The left leg goes back 12.0° less, a clear difference."),
        (18.0, 17.0, "none", "Left and right are alike."),
        (18.0, 18.0, "none", "Left and right are alike."),
        (18.0, None, "unknown", "Only the left leg was measured."),
        (None, None, "unknown", "No angle could be measured in this session."),
    ],
)
def test_the_answer_in_one_line(left: float | None, right: float | None, kind: str, headline: str) -> None:
    result = make_result(left, right)
    assert wording.difference_kind(result) == kind
    assert wording.headline(result, KICK_BACK) == headline
    assert wording.meaning(result).endswith(".")


def test_each_test_compares_in_its_own_words() -> None:
    assert "rises 5.8° less" in wording.headline(make_result(18.0, 12.2), KNEE_DRIVE)


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        (
            {"left": change(18.4, 20.2, "no change"), "right": change(12.2, 19.3, "likely a real change")},
            "Right hip: 12.2° → 19.3° since August, likely a real change. Left and right are now alike.",
        ),
        (
            {
                "left": change(24.0, 20.2, "within measurement error"),
                "right": change(26.0, 19.3, "likely a real change"),
            },
            "Right hip: 26.0° → 19.3° since August, likely a real loss. Left and right are now alike.",
        ),
        (
            {"left": change(20.0, 20.2, "no change"), "right": change(19.0, 19.3, "no change")},
            "No change since August. Left and right are now alike.",
        ),
        (
            {"left": change(17.0, 20.2, "within measurement error"), "right": change(19.0, 19.3, "no change")},
            "No change beyond measurement error since August. Left and right are now alike.",
        ),
        (
            {"right": change(19.0, 19.3, "no change", since=date(2025, 10, 20))},
            "Right hip: no change since 20 October 2025. Left and right are now alike.",
        ),
    ],
)
def test_with_a_history_the_change_comes_first(legs: wording.History, says: str) -> None:
    assert wording.headline(make_result(20.2, 19.3), KICK_BACK, legs, day=TODAY) == says


@pytest.mark.parametrize(
    ("earlier", "says"),
    [
        (date(2026, 8, 3), "since August"),
        (date(2026, 10, 5), "since 5 October"),
        (date(2026, 9, 30), "since 30 September"),
        (date(2025, 8, 3), "since August 2025"),
        (date(2025, 10, 3), "since 3 October 2025"),
        (TODAY, "since earlier that day"),
    ],
)
def test_since_is_as_short_as_it_is_clear(earlier: date, says: str) -> None:
    assert wording.since(earlier, TODAY) == says


def test_chips_tell_the_last_and_the_first_session_once() -> None:
    twice = change(12.2, 19.3, "likely a real change")
    assert wording.chips(twice, day=TODAY) == ("+7.1° since August: likely a real change",)
    three = LegHistory(twice.since_first, Change(date(2026, 10, 12), 19.5, 19.3, "no change", 5.5))
    assert wording.chips(three, day=TODAY)[0] == "−0.2° since 12 October: no change"
    assert wording.chips(None, day=TODAY) == ()


def test_words_never_diagnose() -> None:
    for pair in ((18.0, 12.2), (8.0, 20.0), (18.0, 17.0), (None, None)):
        result = make_result(*pair)
        text = f"{wording.headline(result, KICK_BACK)} {wording.meaning(result)}".lower()
        assert not any(word in text for word in ("normal", "abnormal", "diagnos", "disease", "percent"))


def test_every_description_names_fields_that_a_rep_has() -> None:
    rep = make_result(18.0, 12.0).sides["left"].reps[0]
    for words in (KICK_BACK, KNEE_DRIVE):
        assert describe(words.test) is words
        assert words.columns[0].name == words.measured_field
        assert all(hasattr(rep, column.name) for column in words.columns)
