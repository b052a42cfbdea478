"""The fitted numbers of the estimator: read from ``coefficients.json``, which ``calibration/fit.py`` writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from mobility_check.kinematics.landmarks import View

FILE = "coefficients.json"


@dataclass(frozen=True, slots=True)
class ViewCoefficients:
    """Of one view of one model, one number per term of ``refinement.estimator``.

    Attributes:
        extension, trunk_lean, knee_flexion: corrections in degrees.
        log_error: natural logarithm of the standard error in degrees that all reps of a leg share.
        rep_error_deg: standard error that each rep has of its own.
    """

    extension: tuple[float, ...]
    trunk_lean: tuple[float, ...]
    knee_flexion: tuple[float, ...]
    log_error: tuple[float, ...]
    rep_error_deg: float


@dataclass(frozen=True, slots=True)
class ModelCoefficients:
    """Of one pose model: both views, the camera's yaw, and how alike the shared errors of left and right leg are."""

    near: ViewCoefficients
    far: ViewCoefficients
    yaw: tuple[float, ...]
    left_right_correlation: float

    def of(self, view: View) -> ViewCoefficients:
        """The coefficients of that view."""
        return self.near if view == "near" else self.far


@dataclass(frozen=True, slots=True)
class Coefficients:
    """All fitted numbers, and the SHA-256 of the file they are from.

    Attributes:
        models: by name of the refinement pass's first model.
        model_sha256: names by the SHA-256 of the bundles that were fitted or hold the same network.
        other_model_factor: by which a model that was not fitted widens the interval (E).
    """

    models: Mapping[str, ModelCoefficients]
    model_sha256: Mapping[str, str]
    other_model_factor: float
    sha256: str

    def for_model(self, name: str, sha256: str | None) -> tuple[ModelCoefficients, bool]:
        """The coefficients for a model, and whether they were fitted on it."""
        known = self.model_sha256.get(sha256 or "", name)
        return (self.models[known], True) if known in self.models else (self.models[min(self.models)], False)


@cache
def load_coefficients() -> Coefficients:
    """The numbers that this version ships."""
    data = resources.files(__package__).joinpath(FILE).read_bytes()
    return parse_coefficients(json.loads(data), sha256=hashlib.sha256(data).hexdigest())


def parse_coefficients(data: Mapping[str, Any], *, sha256: str) -> Coefficients:
    """From the file's content; the order of the terms is that of the file."""
    models = {
        name: ModelCoefficients(
            near=_view(m["near"]),
            far=_view(m["far"]),
            yaw=tuple(m["yaw"].values()),
            left_right_correlation=m["left_right_correlation"],
        )
        for name, m in data["models"].items()
    }
    return Coefficients(models, data["model_sha256"], data["other_model_factor"], sha256)


def _view(data: Mapping[str, Any]) -> ViewCoefficients:
    named = {t: tuple(data[t].values()) for t in ("extension", "trunk_lean", "knee_flexion", "log_error")}
    return ViewCoefficients(**named, rep_error_deg=data["rep_error_deg"])
