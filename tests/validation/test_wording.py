"""The sentences about agreement say what the numbers say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mobility_check.validation.agreement import Measurements, Reading, agreement
from mobility_check.validation.wording import sentences


def said(*pairs: Reading, incomplete_lines: Sequence[int] = ()) -> str:
    return "\n".join(sentences(agreement(pairs), Measurements(pairs, tuple(incomplete_lines))))


def people(count: int, *, slope: float = 0.0, bias_deg: float = 0.0, noise_deg: float = 0.3) -> list[Reading]:
    noise = np.random.default_rng(5).normal(0.0, noise_deg, count)
    true_deg = np.linspace(5.0, 30.0, count)
    tool_deg = true_deg + bias_deg + slope * (true_deg - 17.5) + noise
    return [Reading(f"P{i}", "left", tool, true) for i, (tool, true) in enumerate(zip(tool_deg, true_deg, strict=True))]


@pytest.mark.parametrize(
    ("bias_deg", "words"),
    [
        (0.0, "may be chance"),
        (0.4, "0.4° higher than the reference, too little to matter"),
        (-2.0, "2.0° lower than the reference."),
    ],
)
def test_a_bias_is_higher_lower_or_chance(bias_deg: float, words: str) -> None:
    found = people(20, bias_deg=bias_deg, noise_deg=0.2)
    centre = np.mean([p.tool_deg - p.reference_deg for p in found]) - bias_deg
    assert words in said(*[Reading(p.subject, p.side, p.tool_deg - centre, p.reference_deg) for p in found])


@pytest.mark.parametrize(("slope", "words"), [(0.2, "reads relatively higher"), (-0.2, "reads relatively lower")])
def test_an_error_that_grows_with_the_angle_is_told(slope: float, words: str) -> None:
    assert words in said(*people(20, slope=slope))
    assert "does not visibly grow" in said(*people(20))


def test_one_person_and_lines_left_out() -> None:
    text = said(*[Reading("P1", "left", 15.0 + x, 14.0) for x in (0.0, 0.5, -0.5)], incomplete_lines=list(range(2, 12)))
    assert "In this one person the tool reads 1.0° higher than the reference." in text
    assert "Only 1 person: the limits are a first impression" in text
    assert "line 2, 3, 4, 5, 6, 7, 8, 9 …" in text


def test_scatter_of_repeated_measurements() -> None:
    kicks = [Reading(f"P{i}", "left", 15.0 + i + x, 15.0 + i - x) for i in range(12) for x in (-0.6, 0.1, 0.5)]
    assert "From kick to kick of one leg the tool scatters by 0.6° (SD)" in said(*kicks)
    days = [
        Reading(f"P{i}", "left", 15.0 + i + x, 15.0 + i, date=f"2026-08-0{n}")
        for i in range(12)
        for n, x in enumerate((-1.0, 1.0), start=1)
    ]
    assert "From day to day the tool scatters by 1.4° (SEM): a change of one leg below 3.9° (MDC95)" in said(*days)
