"""All settings of a run in one frozen object, made and validated in this one place (defaults, TOML file, options)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobility_check.assessments import TESTS
from mobility_check.errors import UsageError
from mobility_check.kinematics.params import Params

PERSON = re.compile("left|right|[1-9]")
DENSE = 3
"""Frames of the refinement pass with ``every_frame``: nine a hold."""
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
    model: str = "heavy"
    every_frame: bool = False
    workers: int | None = None
    test: str = "kick-back"
    person: str | None = None

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
        return {**top, **dataclasses.asdict(self.params)}

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
    values = dict(_read(Path(path))) if path is not None else {}
    values |= {k: v for k, v in overrides.items() if v is not None}
    tops = {f.name for f in dataclasses.fields(Settings)} - {"params"}
    groups = {f.name for f in dataclasses.fields(Params)}
    for name in values:
        if name not in tops | groups:
            raise UsageError(f"There is no setting '{name}'; known are {', '.join(sorted(tops | groups))}.")
    params = Params(**{g: _group(g, values[g]) for g in groups if g in values})
    settings = Settings(params=params, **{k: v for k, v in values.items() if k in tops})
    _validate(settings)
    return settings


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UsageError(f"The settings file '{path}' is larger than {MAX_BYTES // 1000} kB; name the right file.")
        return tomllib.loads(data.decode())
    except OSError as e:
        raise UsageError(f"The settings file '{path}' cannot be read ({e.strerror}); check its name.") from e
    except (ValueError, RecursionError) as e:
        raise UsageError(f"The settings file '{path}' is not valid TOML: {e}.") from e


def _group(group: str, table: Any) -> Any:
    default = getattr(Params(), group)
    if not isinstance(table, Mapping):
        raise UsageError(f"The setting '{group}' is a table: write its values below a line [{group}].")
    for name, value in table.items():
        _check_number(f"{group}.{name}", value, getattr(default, name, None))
    return dataclasses.replace(default, **table)


def _check_number(name: str, value: Any, default: Any) -> None:
    if default is None:
        raise UsageError(f"There is no setting '{name}'; see docs/settings.md for all of them.")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise UsageError(f"The setting '{name}' takes a number of 0 or more, not {value!r}.")
    if isinstance(default, int) and not isinstance(value, int):
        raise UsageError(f"The setting '{name}' takes a whole number, not {value!r}.")


def _validate(settings: Settings) -> None:
    if not isinstance(settings.model, str) or not settings.model:
        raise UsageError("The setting 'model' takes full, heavy, lite or the path of a model bundle.")
    if settings.test not in TESTS:
        raise UsageError(f"There is no test '{settings.test}'; known are {', '.join(TESTS)}.")
    if not isinstance(settings.every_frame, bool):
        raise UsageError("The setting 'every_frame' takes true or false.")
    workers = settings.workers
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 64):
        raise UsageError("The setting 'workers' takes a whole number from 1 to 64.")
    if settings.person is not None and not PERSON.fullmatch(str(settings.person)):
        raise UsageError("The setting 'person' takes left, right or a number from the left, such as 2.")
    gates, reps = settings.params.gates, settings.params.reps
    for name in ("trunk_lean", "knee_flexion", "yaw", "hold_sd"):
        if getattr(gates, f"{name}_warn_deg") > getattr(gates, f"{name}_reject_deg"):
            raise UsageError(f"The setting 'gates.{name}_warn_deg' is above 'gates.{name}_reject_deg'; swap them.")
    if reps.off_deg >= reps.on_deg:
        raise UsageError("The setting 'reps.off_deg' must be smaller than 'reps.on_deg'.")
    if reps.wanted < 1:
        raise UsageError("The setting 'reps.wanted' must be at least 1.")
