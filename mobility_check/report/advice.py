"""What to do next: advice from a data file that a clinic can replace, fitted to one result. Never a diagnosis."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import SIDES, other
from mobility_check.results import wording
from mobility_check.results.result import Result

SCHEMA = 1
FINDINGS = ("none", "possible", "clear", "unknown", "idea")


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise with its dose in words; ``sources`` are numbers in the advice's list of sources, from 1."""

    name: str
    how: str
    dose: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One half of the plan, e.g. stretching."""

    title: str
    why: str
    exercises: tuple[Exercise, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement or dose comes from."""

    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice for one result; ``plan`` is empty when nothing was measured, ``film`` when nothing has to be redone."""

    finding: str
    idea: str
    plan: tuple[Part, ...]
    tips: tuple[str, ...]
    habit: str
    film_title: str
    film: tuple[str, ...]
    retest_day: date | None
    retest_weeks: int
    retest_why: str
    safety: tuple[str, ...]
    sources: tuple[Source, ...]


def load_advice(path: Path | None = None) -> Mapping[str, Any]:
    """The advice file as plain values: ``path``, or the one that comes with the program.

    Raises:
        UsageError: the file cannot be read, is not TOML, or lacks something; one sentence that says what.
    """
    name = str(path) if path else "the built-in advice"
    try:
        place = path or resources.files("mobility_check.report").joinpath("advice.toml")
        text = place.read_text("utf-8")
        content = tomllib.loads(text)
    except OSError as e:
        raise UsageError(f"The advice file {name} cannot be read ({e.strerror}); check its name.") from e
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise UsageError(f"The advice file {name} cannot be read ({e}); give a TOML file in UTF-8.") from e
    problem = _problem(content)
    if problem:
        raise UsageError(f"The advice file {name} {problem}; copy the built-in advice.toml and change its texts.")
    return content


def advise(result: Result, content: Mapping[str, Any], *, day: date | None) -> Advice:
    """Fit the advice to a result: which leg first, which tips, whether to film again, when to measure again."""
    measured = any(result.sides[side].score_deg is not None for side in SIDES)
    weeks = content["retest_weeks"]
    film: Mapping[str, Any] = content["film"] if result.status != "scored" else {"title": "", "steps": ()}
    return Advice(
        finding=_finding(result, content["finding"]) if measured else "",
        idea=content["finding"]["idea"] if measured else "",
        plan=tuple(_part(p, result, _numbers(content)) for p in content["plan"]) if measured else (),
        tips=_tips(result, content.get("tips", {})) if measured else (),
        habit=content.get("habit", {}).get("text", "") if measured else "",
        film_title=film["title"],
        film=tuple(film["steps"]),
        retest_day=day + timedelta(weeks=weeks) if day and measured else None,
        retest_weeks=weeks,
        retest_why=content.get("retest_why", ""),
        safety=tuple(content["safety"]["sentences"]),
        sources=tuple(Source(s["text"], s.get("url")) for s in content.get("source", ())) if measured else (),
    )


def _finding(result: Result, texts: Mapping[str, str]) -> str:
    less = wording.less_mobile(result)
    kind = wording.difference_kind(result) if less else "none"
    if any(result.sides[side].score_deg is None for side in SIDES):
        kind = "unknown"
    size = wording.degrees(abs(result.asymmetry.difference_deg or 0.0))
    return _fill(texts[kind], less=less or "left", more=other(less or "left"), difference=size)


def _fill(text: str, **values: str) -> str:
    """Only the three known words are replaced: a brace in a clinic's text is no format language."""
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


def _numbers(content: Mapping[str, Any]) -> dict[str, int]:
    return {source["id"]: number for number, source in enumerate(content.get("source", ()), 1)}


def _part(part: Mapping[str, Any], result: Result, numbers: Mapping[str, int]) -> Part:
    return Part(part["title"], part["why"], tuple(_exercise(e, result, numbers) for e in part["exercise"]))


def _exercise(exercise: Mapping[str, Any], result: Result, numbers: Mapping[str, int]) -> Exercise:
    work = f"{exercise['seconds']} seconds" if "seconds" in exercise else f"{exercise['reps']} repetitions"
    each = " with each leg" if exercise.get("each_leg", True) else ""
    dose = f"{exercise['sets']} × {work}{each}, {exercise['days_per_week']} days a week"
    less = wording.less_mobile(result)
    if exercise.get("extra_set_for_less") and less and wording.difference_kind(result) in ("possible", "clear"):
        dose += f"; {exercise['sets'] + 1} × with the {less} leg"
    return Exercise(exercise["name"], exercise["how"], dose, tuple(numbers[s] for s in exercise.get("sources", ())))


def _tips(result: Result, texts: Mapping[str, str]) -> tuple[str, ...]:
    codes = {reason.code for leg in result.sides.values() for rep in leg.reps for reason in rep.reasons}
    return tuple(text for code, text in texts.items() if code in codes)


def _problem(content: Mapping[str, Any]) -> str | None:
    """What is wrong with an advice file, as the end of a sentence, or ``None``."""
    if content.get("schema") != SCHEMA:
        return f"has schema {content.get('schema')!r}, this program reads {SCHEMA}"
    weeks = content.get("retest_weeks")
    if not isinstance(weeks, int) or isinstance(weeks, bool) or not 1 <= weeks <= 520:
        return "needs retest_weeks, a whole number from 1 to 520"
    texts = {"finding": FINDINGS, "film": ("title",)}
    for table, keys in texts.items():
        for key in keys:
            if not isinstance(_table(content, table).get(key), str):
                return f"lacks the text {table}.{key}"
    for table, key in (("film", "steps"), ("safety", "sentences")):
        if not _texts(_table(content, table).get(key)):
            return f"needs {table}.{key}, a list of sentences"
    return _optional_problem(content) or _source_problem(content) or _plan_problem(content)


def _optional_problem(content: Mapping[str, Any]) -> str | None:
    for table in ("tips", "habit"):
        if not all(isinstance(x, str) for x in _table(content, table).values()):
            return f"has something in [{table}] that is not a text"
    return None if isinstance(content.get("retest_why", ""), str) else "has a retest_why that is not a text"


def _source_problem(content: Mapping[str, Any]) -> str | None:
    for source in _tables(content.get("source")):
        if not isinstance(source.get("id"), str) or not isinstance(source.get("text"), str):
            return "has a [[source]] without id or text"
        url = source.get("url", "https://")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            return f"has a source ({source['id']}) whose url is no web address"
    return None


def _plan_problem(content: Mapping[str, Any]) -> str | None:
    plan = _tables(content.get("plan"))
    if not plan:
        return "has no [[plan]]"
    known = {s["id"] for s in _tables(content.get("source"))}
    for part in plan:
        if not all(isinstance(part.get(key), str) for key in ("title", "why")) or not _tables(part.get("exercise")):
            return "has a [[plan]] without title, why or exercise"
        for exercise in _tables(part["exercise"]):
            problem = _exercise_problem(exercise, known)
            if problem:
                return problem
    return None


def _exercise_problem(exercise: Mapping[str, Any], known: set[str]) -> str | None:
    name = exercise.get("name")
    if not isinstance(name, str) or not isinstance(exercise.get("how"), str):
        return "has an exercise without name or how"
    numbers = {"sets": 20, "days_per_week": 7}
    if any(not isinstance(exercise.get(k), int) or not 1 <= exercise[k] <= most for k, most in numbers.items()):
        return f"has an exercise ({name}) without sensible sets or days_per_week"
    if isinstance(exercise.get("seconds"), int) == isinstance(exercise.get("reps"), str):
        return f"has an exercise ({name}) that needs either seconds (a number) or reps (a text)"
    if missing := [s for s in exercise.get("sources", ()) if s not in known]:
        return f"names the source {missing[0]!r} in {name} but does not list it"
    return None


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, str) for x in value)
