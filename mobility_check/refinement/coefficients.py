"""The fitted numbers of the estimator: read from ``coefficients.json``, which ``calibration/fit.py`` writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import numpy as np

from mobility_check.kinematics.landmarks import View
from mobility_check.kinematics.track import Floats

FILE = "coefficients.json"


@dataclass(frozen=True)
class FittedLegs:
    """The legs that a view was fitted on, each a place in the space of the standardised terms.

    Extension is a Gaussian process over these places: a constant, a slope per term and a smooth part, plus what each
    leg has of its own (Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, ch. 2).

    Attributes:
        middle, spread: (K,) of each term but the constant, to standardise it.
        places: (M, K) standardised terms of each leg.
        weights: (M,) of each leg, degrees.
        noise: (M,) variance of each leg's own, degrees squared.
        constant, slope, smooth: variances of the three parts, degrees squared.
        reach: over which the smooth part changes, root mean square of the standardised terms.
    """

    middle: Floats
    spread: Floats
    places: Floats
    weights: Floats
    noise: Floats
    constant: float
    slope: float
    smooth: float
    reach: float

    def smooth_part(self, places: Floats) -> Floats:
        """Covariance (..., M) of the smooth part at places (..., K) with each leg, degrees squared."""
        square = ((places[..., None, :] - self.places) ** 2).mean(axis=-1)
        return np.asarray(self.smooth * np.exp(-square / (2 * self.reach**2)))

    def straight_part(self, places: Floats) -> Floats:
        """Covariance (..., M) of constant and slopes with each leg, degrees squared."""
        return np.asarray(self.constant + self.slope * (places @ self.places.T) / places.shape[-1])

    def own_variance(self, places: Floats) -> Floats:
        """Variance (...) at places (..., K) before any leg was seen, degrees squared."""
        return np.asarray(self.constant + self.slope * (places**2).mean(axis=-1) + self.smooth)

    def covariance(self) -> Floats:
        """Covariance (M, M) of what was seen, degrees squared."""
        return self.straight_part(self.places) + self.smooth_part(self.places) + np.diag(self.noise)

    @cached_property
    def precision(self) -> Floats:
        """Inverse (M, M) of the covariance."""
        return np.asarray(np.linalg.inv(self.covariance()))


@dataclass(frozen=True, slots=True)
class ViewCoefficients:
    """Of one view of one model, one number per term of ``refinement.estimator``.

    Attributes:
        extension, trunk_lean, knee_flexion: corrections in degrees; that of extension has a smooth part beside.
        legs: the smooth part of extension, and how far a leg is from all that were fitted.
        log_error: natural logarithm of the standard error in degrees that all reps of a leg share.
        rep_error_deg: standard error that each rep has of its own.
    """

    extension: tuple[float, ...]
    trunk_lean: tuple[float, ...]
    knee_flexion: tuple[float, ...]
    legs: FittedLegs
    log_error: tuple[float, ...]
    rep_error_deg: float


@dataclass(frozen=True, slots=True)
class ModelCoefficients:
    """Of one pose model: both views, and how alike the errors of left and right leg are."""

    near: ViewCoefficients
    far: ViewCoefficients
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
            near=parse_view(m["near"]),
            far=parse_view(m["far"]),
            left_right_correlation=m["left_right_correlation"],
        )
        for name, m in data["models"].items()
    }
    return Coefficients(models, data["model_sha256"], data["other_model_factor"], sha256)


def parse_view(data: Mapping[str, Any]) -> ViewCoefficients:
    """One view, as the file has it."""
    named = {t: tuple(data[t].values()) for t in ("extension", "trunk_lean", "knee_flexion", "log_error")}
    return ViewCoefficients(**named, legs=parse_legs(data["legs"]), rep_error_deg=data["rep_error_deg"])


def parse_legs(data: Mapping[str, Any]) -> FittedLegs:
    """The legs of one view, as the file has them."""
    values: dict[str, Any] = {name: np.array(v) if isinstance(v, list) else v for name, v in data.items()}
    return FittedLegs(**values)
