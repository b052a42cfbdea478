"""All settings of a run in one frozen object, made and validated in this one place (defaults, TOML file, options)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mobility_check.assessments import TESTS
from mobility_check.errors import UsageError
from mobility_check.files import read_file
from mobility_check.kinematics.params import Params
from mobility_check.language import N_
from mobility_check.refinement.coefficients import load_coefficients

DENSE = 3
"""Frames of the refinement pass with ``every_frame``: nine a hold."""
NUMBER = N_("a number of 0 or more, at most 100000")
KINDS = {"`int`": N_("a whole number"), "`object`": N_("a table")}
TAKES = {
    "workers": N_("a whole number from 1 to 64"),
    "every_frame": N_("true or false"),
    "test": N_("the name of a test"),
    "person": N_("left, right or a number from the left, such as 2"),
    "model": N_("full, heavy or the path of a model bundle"),
}
MAX_BYTES = 20_000
"""A settings file with every threshold is a tenth of it; a made-up one keeps the reader busy for hours."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a session is measured.

    Attributes:
        params: thresholds of the measurement.
        model: ``heavy`` (default: ``full`` tracks, ``heavy`` and ``full`` refine), ``full``, or a path to a bundle.
        every_frame: the tracking pass sees every frame, and the refinement pass ``DENSE`` times as many.
        workers: threads for one clip; None means one per core. It never changes a number.
        person: whom to measure among several: ``left``, ``right`` or a number from the left; None: who kicks.
        test: ``kick-back`` or another of ``assessments.TESTS``.
    """

    params: Params = field(default_factory=Params)
    model: Annotated[str, Meta(min_length=1, max_length=4096)] = "heavy"
    every_frame: bool = False
    workers: Annotated[int, Meta(ge=1, le=64)] | None = None
    test: str = "kick-back"
    person: Annotated[str, Meta(pattern="^(left|right|[1-9])$", max_length=5)] | None = None

    @property
    def tracking_model(self) -> str:
        """The model of the tracking pass, where things are found and the finest landmarks are not needed."""
        return "full" if self.model == "heavy" else self.model

    @property
    def refinement_models(self) -> tuple[str, str | None]:
        """The two models of the refinement pass; a run with another model than heavy uses that one alone."""
        return ("heavy", "full") if self.model == "heavy" else (self.model, None)

    @property
    def refinement_density(self) -> int:
        """How many times the usual number of frames the refinement pass takes."""
        return DENSE if self.every_frame else 1

    @property
    def threads(self) -> int:
        """How many threads work on one clip."""
        return self.workers or os.cpu_count() or 1

    def to_dict(self) -> dict[str, Any]:
        """All that can change a number, as plain JSON."""
        top = {"test": self.test, "person": self.person, "model": self.model, "every_frame": self.every_frame}
        return {**top, "coefficients": load_coefficients().sha256, **dataclasses.asdict(self.params)}

    def digest(self) -> str:
        """SHA-256 of :meth:`to_dict`: equal digests give equal numbers."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()


def load_settings(path: str | Path | None = None, **overrides: Any) -> Settings:
    """Settings from defaults, then a TOML file, then keyword overrides (``None`` means not given).

    A TOML file holds ``model``, ``every_frame``, ``workers`` and one table per group of ``kinematics.params``::

        model = "full"
        [gates]
        trunk_lean_reject_deg = 12.0

    Raises:
        UsageError: the file is missing or not TOML, or a name or value in it is wrong.
    """
    values: dict[str, Any] = {}
    if path is not None:
        data = read_file(path, noun=N_("settings file"), max_bytes=MAX_BYTES, error=UsageError)
        try:
            values = tomllib.loads(data.decode())
        except (ValueError, RecursionError) as e:
            raise UsageError("The settings file '{path}' is not valid TOML: {why}.", path=path, why=e) from e
    values |= {k: v for k, v in overrides.items() if v is not None}
    _refuse_unknown(values)
    groups = {f.name for f in dataclasses.fields(Params)}
    params = {name: values[name] for name in groups if name in values}
    given = {name: value for name, value in values.items() if name not in groups}
    try:
        settings = msgspec.convert({**given, "params": params}, Settings)
    except msgspec.ValidationError as e:
        raise _wrong(str(e), values) from e
    _validate(settings)
    return settings


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    known: dict[str, Any] = {f.name: None for f in dataclasses.fields(Settings) if f.name != "params"}
    known |= dataclasses.asdict(Params())
    for name, value in values.items():
        if name not in known:
            raise UsageError("There is no setting '{name}'; known are {known}.", name=name, known=", ".join(known))
        for inner in value if known[name] and isinstance(value, Mapping) else ():
            if inner not in known[name]:
                raise UsageError(
                    "There is no setting '{name}.{inner}'; see docs/settings.md for all of them.",
                    name=name,
                    inner=inner,
                )


def _wrong(problem: str, values: Mapping[str, Any]) -> UsageError:
    """What msgspec says (``Expected `float`, got `str` - at `$.params.gates.yaw_warn_deg```) in the user's words."""
    expected, _, place = problem.partition(" - at ")
    name = place.strip("`").removeprefix("$.").removeprefix("params.")
    value: Any = values
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    kind = KINDS.get(expected.removeprefix("Expected ").partition(",")[0], NUMBER)
    return UsageError(
        "The setting '{name}' takes {kind}, not {value}.", name=name, kind=TAKES.get(name, kind), value=f"{value!r:.60}"
    )


def _validate(settings: Settings) -> None:
    if settings.test not in TESTS:
        raise UsageError("There is no test '{test}'; known are {tests}.", test=settings.test, tests=", ".join(TESTS))
    gates, reps = settings.params.gates, settings.params.reps
    for name in ("trunk_lean", "knee_flexion", "yaw", "hold_sd"):
        if getattr(gates, f"{name}_warn_deg") > getattr(gates, f"{name}_reject_deg"):
            raise UsageError(
                "The setting 'gates.{name}_warn_deg' is above 'gates.{name}_reject_deg'; swap them.", name=name
            )
    if reps.off_deg >= reps.on_deg:
        raise UsageError("The setting 'reps.off_deg' must be smaller than 'reps.on_deg'.")
    if reps.wanted < 1:
        raise UsageError("The setting 'reps.wanted' must be at least 1.")
