"""What to do next: advice from a data file that a clinic can replace, fitted to one result. Never a diagnosis."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from mobility_check.errors import UsageError
from mobility_check.files import read_file
from mobility_check.kinematics.landmarks import other
from mobility_check.language import N_, gettext
from mobility_check.report.data import data_address
from mobility_check.results import wording
from mobility_check.results.description import Description
from mobility_check.results.result import Result

MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
BUILT_IN = Path(__file__).with_name("advice.toml")
MAX_LOGO_BYTES, MAX_BYTES = 300_000, 1_000_000
Text = Annotated[str, Meta(max_length=2000)]
Texts = Annotated[tuple[Text, ...], Meta(min_length=1, max_length=20)]


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a statement or dose comes from."""

    id: Text
    text: Text
    url: Annotated[str, Meta(pattern="^https?://")] | None = None


class Exercise(Struct, frozen=True, forbid_unknown_fields=True):
    """One exercise of the file; the drawing is the built-in one of that id, if there is one."""

    id: Text
    name: Text
    aim: Text
    why: Text
    how: Text
    sets: Annotated[int, Meta(ge=1, le=20)]
    days_per_week: Annotated[int, Meta(ge=1, le=7)]
    seconds: Annotated[int, Meta(ge=1, le=600)] | None = None
    reps: Text | None = None
    each_leg: bool = True
    extra_set_for_less: bool = False
    sources: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        """Seconds or repetitions, not both."""
        if (self.seconds is None) == (self.reps is None):
            raise ValueError(N_("{name} needs either seconds (a number) or reps (a text)").format(name=self.name))


class DifferenceAdvice(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do about the difference between the legs, and the idea behind the plan."""

    none: Text
    possible: Text
    clear: Text
    unknown: Text
    idea: Text


class Film(Struct, frozen=True, forbid_unknown_fields=True):
    """How to film again."""

    title: Text
    steps: Texts


class Safety(Struct, frozen=True, forbid_unknown_fields=True):
    """What to know before exercising."""

    sentences: Texts


class Habit(Struct, frozen=True, forbid_unknown_fields=True):
    """A habit for every day."""

    text: Text = ""


class Clinic(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose page it is; the logo is a picture beside the advice file."""

    name: Text = ""
    logo: Text | None = None


class AdviceFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole advice file; ``logo_address`` is filled in when it is loaded."""

    schema: Literal[2]
    retest_weeks: Annotated[int, Meta(ge=1, le=520)]
    finding: DifferenceAdvice
    exercise: Annotated[tuple[Exercise, ...], Meta(min_length=1)]
    film: Film
    safety: Safety
    language: Text = "en"
    retest_why: Text = ""
    exercises: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=3)] | None = None
    clinic: Clinic = Clinic()
    habit: Habit = Habit()
    tips: Mapping[str, Text] = {}
    source: tuple[Source, ...] = ()
    logo_address: str = ""

    def __post_init__(self) -> None:
        """Every name must be listed."""
        sources, ids = {s.id for s in self.source}, {e.id for e in self.exercise}
        for exercise in self.exercise:
            if unknown := [s for s in exercise.sources if s not in sources]:
                raise ValueError(
                    N_("{name} names the source '{source}', which is not listed").format(
                        name=exercise.name, source=unknown[0]
                    )
                )
        if unknown := [e for e in self.exercises or () if e not in ids]:
            raise ValueError(N_("exercises names '{name}', which is not listed").format(name=unknown[0]))


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice for one result; no exercises when nothing was measured, no ``film`` when nothing has to be redone.

    ``shown`` are the ids of the exercises that stand on the sheet; the others can be chosen instead.
    """

    content: AdviceFile
    finding: str
    exercises: tuple[Exercise, ...]
    shown: tuple[str, ...]
    tips: tuple[str, ...]
    film: Film | None
    retest_day: date | None


def load_advice(path: Path | None = None) -> AdviceFile:
    """The advice file: ``path``, or the one that comes with the program.

    Raises:
        UsageError: the file cannot be read, is not TOML, or lacks something; one sentence that says what.
    """
    name = str(path) if path else gettext("the built-in advice")
    try:
        data = read_file(path or BUILT_IN, noun=N_("advice file"), max_bytes=MAX_BYTES, error=UsageError)
        content = tomllib.loads(data.decode("utf-8"))
        content = content if path else _in_language(content)
        advice = msgspec.convert({**content, "logo_address": ""}, AdviceFile)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise UsageError(
            "The advice file {name} cannot be read ({why}); give a TOML file in UTF-8.", name=name, why=e
        ) from e
    except msgspec.ValidationError as e:
        raise UsageError(
            "The advice file {name} has a mistake ({why}); copy the built-in advice.toml and change its texts.",
            name=name,
            why=e.__cause__ or e,
        ) from e
    if path is None or advice.clinic.logo is None:
        return advice
    return msgspec.structs.replace(advice, logo_address=_logo_address(path.parent / advice.clinic.logo))


NO_WORDS = ("id", "url", "sources", "language", "exercises")
"""Fields of an advice file that are no text to be read."""


def _in_language(content: Any) -> Any:
    """The built-in advice in the user's language."""
    if isinstance(content, dict):
        return {name: value if name in NO_WORDS else _in_language(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_in_language(value) for value in content]
    return gettext(content) if isinstance(content, str) else content


def _logo_address(path: Path) -> str:
    """A clinic's logo as an address that a page can hold.

    Raises:
        UsageError: it is no picture of a known kind, too large, or cannot be read.
    """
    if (kind := MEDIA_TYPES.get(path.suffix.lower())) is None:
        raise UsageError("The logo '{path}' is not a PNG, JPEG or SVG file.", path=path)
    return data_address(kind, read_file(path, noun=N_("logo"), max_bytes=MAX_LOGO_BYTES, error=UsageError))


def advise(result: Result, words: Description, content: AdviceFile, *, day: date | None) -> Advice:
    """Fit the advice to a result: which leg first, which tips, whether to film again, when to measure again."""
    measured = bool(wording.measured_sides(result))
    shown = content.exercises or words.exercises
    ordered = sorted(content.exercise, key=lambda e: shown.index(e.id) if e.id in shown else len(shown))
    seen = {reason.code for leg in result.sides.values() for rep in leg.reps for reason in rep.reasons}
    steps = tuple(_fill(step, movement=gettext(words.movement)) for step in content.film.steps)
    return Advice(
        content,
        finding=_finding(result, content.finding) if measured else "",
        exercises=tuple(ordered) if measured else (),
        shown=shown,
        tips=tuple(text for code, text in content.tips.items() if measured and code in seen),
        film=Film(content.film.title, steps) if result.status != "scored" else None,
        retest_day=day + timedelta(weeks=content.retest_weeks) if day and measured else None,
    )


def _finding(result: Result, texts: DifferenceAdvice) -> str:
    kind, less = wording.difference_kind(result), wording.less_mobile(result) or "left"
    return _fill(getattr(texts, kind), less=wording.side_word(less), more=wording.side_word(other(less)))


def _fill(text: str, **values: str) -> str:
    """Only known words are replaced: a brace in a clinic's text is no format language."""
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text
