from __future__ import annotations

import string
from typing import Any

import pytest

from mobility_check.errors import UsageError
from mobility_check.language import LANGUAGES, gettext, speaking
from mobility_check.live.prompts import count_word, load_texts, not_counted
from mobility_check.results.reasons import MESSAGES


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def texts_in(language: str) -> dict[str, dict[str, Any]]:
    """All texts in a language, by kind and code."""

    def told(text: Any) -> Any:
        return gettext(text) if isinstance(text, str) else {code: told(inner) for code, inner in text.items()}

    with speaking(language):
        return told(load_texts())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_blanks(language: str) -> None:
    english, other = texts_in("en"), texts_in(language)
    assert set(other["prompts"]) == set(english["prompts"])
    assert set(other["words"]) == set(english["words"])
    assert set(other["reasons"]) == set(english["reasons"])
    for code, row in english["prompts"].items():
        assert set(other["prompts"][code]) == set(row), code
        for kind, text in row.items():
            assert fields(other["prompts"][code][kind]) == fields(text), f"{code}.{kind}"
    for code, text in english["words"].items():
        assert fields(other["words"][code]) == fields(text), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_spoken_is_short_and_what_is_shown_can_be_read_from_afar(language: str) -> None:
    for code, row in texts_in(language)["prompts"].items():
        assert len(row.get("say", "").split()) <= 14, code
        assert len(row["show"]) <= 75, code


def test_everything_spoken_is_shown_too() -> None:
    for code, row in texts_in("en")["prompts"].items():
        assert row["show"], code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_for_a_kick_is_said_in_live_words(language: str) -> None:
    phrases = texts_in(language)
    per_kick = {
        "trunk_lean",
        "knee_bent",
        "support_knee_bent",
        "no_hold",
        "unsteady_hold",
        "yaw",
        "not_seen",
        "gap_in_hold",
        "frozen_picture",
        "kicks_forward",
        "leg_not_kicked",
        "no_reps",
    }
    assert per_kick <= set(phrases["reasons"])
    assert per_kick <= set(MESSAGES), "a code was renamed"
    for code, text in phrases["reasons"].items():
        assert len(text.split()) <= 10, code
        assert not {"clip", "film", "filmed"} & set(text.lower().split()), f"{code}: nobody handed in a clip"


def test_a_reason_without_words_of_its_own_is_still_told() -> None:
    with speaking("de"):
        told = not_counted("something_new")
    assert (told.code, told.show) == ("something_new", "Nicht gezählt: noch einmal, langsam")


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="en, de"), speaking("xx"):
        pass


def test_counts_are_words_as_far_as_they_go() -> None:
    with speaking("de"):
        assert count_word(2) == "Zwei."
        assert count_word(9) == "9."
