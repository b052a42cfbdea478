"""What to do next: the built-in file, its fitting to a result, and files of a clinic."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from pathlib import Path

import pytest

from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.errors import UsageError
from mobility_check.report import ReportData, render
from mobility_check.report.advice import advise, load_advice
from mobility_check.results.reasons import reason_measured
from synthetic.factories import make_rep, make_result, make_side

DAY = date(2026, 10, 26)
BUILT_IN = Path(__file__).parents[2] / "mobility_check" / "report" / "advice.toml"


def test_plan_has_both_halves_and_the_glutes_with_doses() -> None:
    advice = advise(make_result(), KICK_BACK, load_advice(), day=DAY)
    shown = [e for e in advice.exercises if e.id in advice.shown]
    assert [e.aim.split()[0] for e in shown] == ["Stretches", "Strengthens", "Keeps"]
    assert any("pain" in s for s in advice.content.safety.sentences)
    assert advice.retest_day == date(2026, 12, 7)
    assert advice.film is None


def test_every_exercise_is_drawn_and_those_on_the_sheet_name_their_sources() -> None:
    html, content = render(ReportData(make_result())), load_advice()
    cards = re.findall(r"data-exercise>(.*?)</article>", html, re.DOTALL)
    assert [card.count('<svg class="drawing"') for card in cards] == [1] * len(content.exercise)
    cited = re.findall(r"\[([\d, ]+)\]</li>", html)
    assert len(cited) == 3
    assert all(1 <= int(n) <= len(content.source) for numbers in cited for n in numbers.split(", "))


def test_an_exercise_of_a_clinic_has_no_drawing_wherever_its_name_points(tmp_path: Path) -> None:
    path = _changed(tmp_path, 'id = "lying-stretch"', 'id = "../exercises/bridge"')
    html = render(ReportData(make_result()), advice=load_advice(path))
    cards = re.findall(r"data-exercise>(.*?)</article>", html, re.DOTALL)
    assert sorted(card.count("<svg") for card in cards) == [0, 1, 1, 1, 1]


def _doses(left_deg: float, right_deg: float) -> list[str]:
    """The dose of each exercise on the page."""
    return re.findall(r'<p class="dose">(.*?)</p>', render(ReportData(make_result(left_deg, right_deg))))


def test_every_exercise_has_a_dose() -> None:
    doses = _doses(18.0, 12.2)
    assert len(doses) == len(load_advice().exercise)
    assert all("days a week" in dose for dose in doses)
    assert sum("with the right leg" in dose for dose in doses) == 2, "both stretches"


def test_the_less_mobile_leg_is_named_and_gets_one_more_stretch() -> None:
    advice = advise(make_result(18.0, 12.2), KICK_BACK, load_advice(), day=None)
    assert "Begin each exercise with the right leg" in advice.finding
    assert _doses(18.0, 12.2)[0] == "4 × 30 seconds with each leg, 5 days a week; 5 × with the right leg"
    assert advice.retest_day is None


def test_no_difference_no_side_is_favoured() -> None:
    advice = advise(make_result(18.0, 17.0), KICK_BACK, load_advice(), day=DAY)
    assert "both sides the same" in advice.finding
    assert not any("the right leg" in dose or "the left leg" in dose for dose in _doses(18.0, 17.0))


def test_one_leg_is_told_to_film_the_other() -> None:
    advice = advise(make_result(18.0, None), KICK_BACK, load_advice(), day=DAY)
    assert "film the other leg" in advice.finding
    assert advice.film
    assert advice.exercises


def test_nothing_scored_gives_only_how_to_film_again() -> None:
    advice = advise(make_result(None, None), KICK_BACK, load_advice(), day=DAY)
    assert advice.exercises == ()
    assert advice.finding == ""
    assert advice.retest_day is None
    assert advice.film is not None
    assert "Kick one straight leg back" in advice.film.steps[3]
    assert advice.content.safety.sentences


def test_a_tip_is_given_only_for_what_was_seen() -> None:
    assert advise(make_result(), KICK_BACK, load_advice(), day=DAY).tips == ()
    side = make_side(18.0)
    leaned = make_rep(18.0, reasons=(reason_measured("trunk_lean", [7.0], limit=5.0),))
    result = make_result(sides={"left": dataclasses.replace(side, reps=(leaned,)), "right": make_side(12.0)})
    assert len(advise(result, KICK_BACK, load_advice(), day=DAY).tips) == 1


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = BUILT_IN.read_text("utf-8")
    assert old in text
    path = tmp_path / "advice.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_a_clinic_replaces_the_texts(tmp_path: Path) -> None:
    path = _changed(tmp_path, "retest_weeks = 6", "retest_weeks = 4")
    assert advise(make_result(), KICK_BACK, load_advice(path), day=DAY).retest_day == date(2026, 11, 23)


def test_a_clinic_chooses_exercises_and_shows_its_name_and_logo(tmp_path: Path) -> None:
    own = 'exercises = ["slow-kick-back", "bridge"]\n[clinic]\nname = "Our practice"\nlogo = "logo.svg"'
    path = _changed(tmp_path, '# exercises = ["half-kneeling-stretch", "banded-knee-lift", "bridge"]', own)
    (tmp_path / "logo.svg").write_text("<svg/>")
    content = load_advice(path)
    advice = advise(make_result(), KICK_BACK, content, day=DAY)
    assert [e.id for e in advice.exercises][:2] == list(advice.shown) == ["slow-kick-back", "bridge"]
    assert content.logo_address.startswith("data:image/svg+xml;base64,")
    (tmp_path / "logo.svg").unlink()
    with pytest.raises(UsageError, match="logo"):
        load_advice(path)


def test_braces_in_a_clinics_text_are_only_text(tmp_path: Path) -> None:
    path = _changed(tmp_path, "Train both sides the same.", "{0.__class__} {less} {unknown}")
    assert advise(make_result(18.0, 17.5), KICK_BACK, load_advice(path), day=DAY).finding.startswith(
        "{0.__class__} left {unknown}"
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema = 2", "schema = 1", "schema"),
        ("schema = 2", "schema = ", "cannot be read"),
        ("retest_weeks = 6", "retest_weeks = true", "retest_weeks"),
        ("retest_weeks = 6", "retest_weeks = 9999", "retest_weeks"),
        ('clear = "', 'cleer = "', "finding"),
        ("[safety]\nsentences", "[safety]\nsentence", "safety"),
        ("sets = 4", "sets = 0", "sets"),
        ('# exercises = ["half-kneeling-stretch"', 'exercises = ["yoga"', "yoga"),
        ("seconds = 30", 'seconds = 30\nreps = "8"', "either seconds"),
        ('sources = ["thorborg"]', 'sources = ["thorberg"]', "thorberg"),
        ('url = "https://soar', 'url = "javascript:alert', "url"),
        ('id = "acsm"', 'ident = "acsm"', "source"),
        ("[habit]\ntext = ", "[habit]\ntext = 3 # ", "habit"),
        ('name = "Bridge"', "name = 3", "exercise"),
        ('why = "The glutes', 'wy = "The glutes', "wy"),
    ],
)
def test_a_wrong_file_is_refused_with_one_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as e:
        load_advice(_changed(tmp_path, old, new))
    assert "\n" not in str(e.value).replace(str(tmp_path), "")
    assert e.value.exit_code == 2


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_advice(Path("nowhere.toml"))


def test_words_never_diagnose() -> None:
    text = BUILT_IN.read_text("utf-8").lower()
    assert not any(word in text for word in ("detects", "diagnoses you", "monitors", "abnormal"))
