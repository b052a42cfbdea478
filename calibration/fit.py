"""From the table of features to the coefficients: ``python -m calibration.fit``; deterministic, a minute.

Model: extension = (mid-hip → knee) − (trunk's lean) + f(terms), and f is a Gaussian process over legs: a constant, a
slope per standardised term, a smooth part (squared exponential) and what each leg has of its own. Its variances
(``PROCESS``) were chosen by the likelihood of bodies and of families left out; the rest is one linear system. Lean and
knee bend: ridge regression on the same terms with Huber weights, every family with the same weight, and in it every
leg. The terms are those of ``mobility_check.refinement.estimator``.

Error: its logarithm is linear in that of the process's own and in the error terms, fitted by maximum likelihood to the
residuals of bodies left out and then raised by one factor so that 95 % of them lie within 1.96 standard errors
(conformal, per view).
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from mobility_check.kinematics.landmarks import View
from mobility_check.kinematics.track import Floats
from mobility_check.refinement import estimator
from mobility_check.refinement.coefficients import FittedLegs, ViewCoefficients, parse_legs, parse_view
from mobility_check.refinement.features import Features

TABLE = Path(__file__).with_name("features.parquet")
PACKAGED = Path(estimator.__file__).with_name("coefficients.json")
MODEL_SHA256 = {
    "c691c404891b4d8ab11d942f8217bfd661102ed3ccfbd64587776686e0829539": "pose_landmarker_heavy",
    "64437af838a65d18e5ba7a0d39b465540069bc8aae8308de3e318aad31fcbc7b": "pose_landmarker_heavy",
    "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad": "pose_landmarker_full",
    "5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1": "pose_landmarker_full",
}
"""Bundles with the networks that were fitted: those in ``models/`` and Google's own with the same contents."""
OTHER_MODEL_FACTOR = 2.0
"""Guess: how much less certain a model is that nothing was fitted on."""
RIDGE = 160.0
"""Of trunk lean and knee bend, by bodies and by families left out."""
PROCESS: dict[View, dict[str, float]] = {
    "near": {"constant": 4.0, "slope": 0.7, "smooth": 0.8, "reach": 0.5, "leg": 1.2, "rep": 0.1},
    "far": {"constant": 4.0, "slope": 2.0, "smooth": 0.5, "reach": 1.0, "leg": 2.0, "rep": 0.5},
}
"""Variances of the parts of f in degrees squared, and over which root mean square of the terms the smooth part changes.
Chosen by the likelihood of bodies and of families left out; little depends on them within a factor of 1.5."""
HUBER_DEG, FOLDS, ROUNDS = 1.0, 10, 20
ERROR_RIDGE = 0.3
USUAL_ERROR = (0.5, 1.0, 0.0)
"""Where the error in degrees and its growth with unlikeness and with the difference of the trunk's edges are drawn to:
legs that are all alike leave them open."""
FITTED = len(USUAL_ERROR)
GUESSED_ERROR = {"very_unlike": 1.0, "no_edge": 0.3, "models_differ": 0.03, "not_seen": 1.0}
"""Guesses: by how much these raise the error's logarithm, for the rendered clips hold few of them."""
GOOD_LEAN_DEG, GOOD_KNEE_DEG, LEAST_DEG = 8.0, 15.0, 2.0
"""Fitted on kicks in good form; the others are rejected by the gates."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Columns of the kicks of one model and view that were found.

    Attributes:
        x: features, each (N,).
        truth: (N, 3) extension, trunk lean and knee flexion.
        yaw: (N,) of the camera, + towards the front.
        family, body, leg: (N,) names.
    """

    view: View
    x: Features
    truth: Floats
    yaw: Floats
    family: NDArray[np.str_]
    body: NDArray[np.str_]
    leg: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.truth)

    def at(self, rows: NDArray[Any]) -> Table:
        """Some of the rows."""
        x = Features(*(getattr(self.x, f.name)[rows] for f in fields(Features)))
        return Table(self.view, x, self.truth[rows], self.yaw[rows], self.family[rows], self.body[rows], self.leg[rows])


def read(path: Path, *, model: str, near: bool, good_form: bool = True) -> Table:
    """The kicks of one model and view, in good form unless told otherwise."""
    import pyarrow.parquet as pq

    rows = [r for r in pq.read_table(path).to_pylist() if r["model"] == model and r["near"] == near and usable(r)]
    return table_of([r for r in rows if good(r)] if good_form else rows, "near" if near else "far")


def table_of(rows: list[dict[str, Any]], view: View) -> Table:
    """From rows as ``calibration.features`` writes them."""
    names = [f.name for f in fields(Features)]
    columns: list[Any] = [np.array([np.nan if r[n] is None else r[n] for r in rows]) for n in names]
    truth = ("true_extension_deg", "true_trunk_lean_deg", "true_knee_deg")
    return Table(
        view,
        Features(*columns),
        np.array([[r[n] for n in truth] for r in rows]),
        np.array([float(r["yaw"]) for r in rows]),
        np.array([r["family"] for r in rows]),
        np.array([r["clip"] for r in rows]),
        np.array([f"{r['clip']} {r['side']}" for r in rows]),
    )


def usable(row: dict[str, Any]) -> bool:
    """Whether the kick was found, from a sure stance, and refined."""
    return bool(row["found"] and row["grade"] == "seen" and row["hip_gap"] is not None)


def good(row: dict[str, Any]) -> bool:
    """Whether the kick was done in good form, and is large enough to be one."""
    straight = abs(row["true_trunk_lean_deg"]) < GOOD_LEAN_DEG and row["true_knee_deg"] < GOOD_KNEE_DEG
    return straight and bool(row["true_extension_deg"] >= LEAST_DEG)


def fit(path: Path) -> dict[str, Any]:
    """The content of ``coefficients.json``."""
    models = {}
    for setting, name in (("heavy", "pose_landmarker_heavy"), ("full", "pose_landmarker_full")):
        near = read(path, model=setting, near=True)
        far = read(path, model=setting, near=False, good_form=False)
        if len(near):
            views = {v: fit_view(t) for v, t in (("near", near), ("far", far))}
            models[name] = {
                **views,
                "left_right_correlation": fit_left_right(sides_left_out(near, parse_view(views["near"]))),
            }
    return {"model_sha256": MODEL_SHA256, "other_model_factor": OTHER_MODEL_FACTOR, "models": models}


def fit_view(table: Table) -> dict[str, Any]:
    """All coefficients of one view."""
    terms, base = design(table)
    slopes, legs = fit_extension(table, terms, table.truth[:, 0] - base[:, 0])
    others = [ridge(terms, table.truth[:, k] - base[:, k], _weights(table)) for k in (1, 2)]
    value, unlike = cross_validated(table, folds_of(table.body))
    left_out = value - table.truth[:, 0]
    named = [dict(zip(estimator.TERMS, s.tolist(), strict=True)) for s in (slopes, *others)]
    own = _own_error(left_out, table.leg)
    log_error = fit_error(table, left_out, unlike, own)
    return {
        "extension": named[0],
        "trunk_lean": named[1],
        "knee_flexion": named[2],
        "legs": legs,
        "log_error": dict(zip(estimator.ERROR_TERMS, log_error.tolist(), strict=True)),
        "rep_error_deg": own,
    }


def fit_extension(table: Table, terms: Floats, target: Floats) -> tuple[Floats, dict[str, Any]]:
    """The process over the table's legs: coefficients (K + 1,) of its constant and slopes, and its legs.

    Args:
        terms: (N, K + 1) of the reps.
        target: (N,) what the terms have to add to the landmarks' own extension, degrees.
    """
    rows, p = list(_legs(table.leg)), PROCESS[table.view]
    mean = np.array([terms[r, 1:].mean(axis=0) for r in rows])
    middle, spread = mean.mean(axis=0).round(5), np.maximum(mean.std(axis=0), 1e-4).round(5)
    noise = np.array([p["leg"] + p["rep"] / len(r) for r in rows]).round(5)
    variances = {name: p[name] for name in ("constant", "slope", "smooth", "reach")}
    legs = FittedLegs(middle, spread, ((mean - middle) / spread).round(4), np.empty(0), noise, **variances)
    weights = np.linalg.solve(legs.covariance(), np.array([target[r].mean() for r in rows]))
    slopes = p["slope"] * (weights @ legs.places) / len(middle) / spread
    constant = p["constant"] * weights.sum() - slopes @ middle
    arrays = {"middle": middle, "spread": spread, "places": legs.places, "weights": weights, "noise": noise}
    return np.array([constant, *slopes]), {k: v.tolist() for k, v in arrays.items()} | variances


def design(table: Table) -> tuple[Floats, Floats]:
    """Terms (N, K), and the landmarks' own extension, lean and knee bend (N, 3)."""
    mid = estimator.mid_of(table.x)
    lean = np.asarray(table.x.lean_landmarks)
    base = np.stack([mid - lean, lean, np.nan_to_num(np.asarray(table.x.shank) - mid)], axis=1)
    return estimator.terms(table.x), base


def ridge(terms: Floats, target: Floats, weights: Floats, *, strength: float = RIDGE) -> Floats:
    """Coefficients (K,) of the terms as they are, drawn to 0; the first, the constant, is free."""
    middle, scale = terms[:, 1:].mean(axis=0), np.maximum(terms[:, 1:].std(axis=0), 1e-6)
    z = np.column_stack([np.ones(len(terms)), (terms[:, 1:] - middle) / scale])
    penalty = strength * np.diag([0.0, *np.ones(z.shape[1] - 1)])
    robust = weights
    for _ in range(ROUNDS):
        solved = np.linalg.solve((z * robust[:, None]).T @ z + penalty, (z * robust[:, None]).T @ target)
        robust = weights * np.minimum(1.0, HUBER_DEG / np.maximum(np.abs(target - z @ solved), 1e-9))
    slopes = solved[1:] / scale
    return np.array([solved[0] - slopes @ middle, *slopes])


def cross_validated(table: Table, groups: Ints | NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Extension (N,) of each row by a fit without its group, and the variance (N,) of what is unlike its legs."""
    terms, base = design(table)
    value, unlike = np.empty(len(table)), np.empty(len(table))
    for group in np.unique(groups):
        left = groups == group
        slopes, data = fit_extension(table.at(~left), terms[~left], (table.truth[:, 0] - base[:, 0])[~left])
        legs = parse_legs(data)
        value[left] = base[left, 0] + terms[left] @ slopes + estimator.smooth_correction(terms[left], legs)
        unlike[left] = estimator.unlike_variance(terms[left], legs)
    return value, unlike


def folds_of(body: NDArray[np.str_]) -> Ints:
    """A fold for each body, the same in every run."""
    names = np.unique(body)
    order = np.random.default_rng(0).permutation(len(names))
    fold = dict(zip(names.tolist(), (order % FOLDS).tolist(), strict=True))
    return np.array([fold[b] for b in body.tolist()])


def fit_error(table: Table, residual_deg: Floats, unlike: Floats, own_deg: float) -> Floats:
    """Coefficients of the error's logarithm, raised until 95 % of the residuals lie within 1.96 standard errors.

    Args:
        residual_deg: (N,) of bodies left out.
        unlike: (N,) the process's own variance, degrees squared.
        own_deg: standard error that each rep has of its own.
    """
    terms, weights = estimator.error_terms(table.x, unlike), _weights(table)
    guessed = np.array([GUESSED_ERROR[t] for t in estimator.ERROR_TERMS[FITTED:]])
    known, fitted = terms[:, FITTED:] @ guessed, terms[:, :FITTED]
    wanted: Floats = np.array([np.log(USUAL_ERROR[0]), *USUAL_ERROR[1:]])
    scale = np.array([1.0, *fitted[:, 1:].std(axis=0)])
    squares, least_variance = np.minimum(residual_deg**2, 16.0), estimator.LEAST_ERROR_DEG**2 + own_deg**2

    def loss(c: Floats) -> float:
        """Minus the log-likelihood, drawn to the usual error."""
        variance = least_variance + np.exp(2 * (fitted @ c + known))
        drawn = ERROR_RIDGE * (((c - wanted) * scale) ** 2).sum()
        return float((weights * (np.log(variance) + squares / variance)).sum() / 2 + drawn)

    def slope(c: Floats) -> Floats:
        """Gradient (3,) of the loss."""
        shared = np.exp(2 * (fitted @ c + known))
        variance = least_variance + shared
        by_row = weights * (1 / variance - squares / variance**2) * shared
        return np.asarray(by_row @ fitted + 2 * ERROR_RIDGE * (c - wanted) * scale**2)

    bounds: list[tuple[float | None, float | None]] = [(None, None), (0.0, None), (0.0, None)]
    found = minimize(
        loss,
        wanted,
        jac=slope,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-16, "gtol": 1e-10, "maxiter": 10_000},
    )
    solved = np.array([*found.x, *guessed])
    families = np.unique(table.family)

    def beyond(more: float) -> float:
        """By how much the quantile of the errors in standard errors lies beyond 1.96: of kicks or of whole legs, in the
        family where it lies furthest."""
        shared = estimator.shared_variance(terms, solved + np.array([more, *np.zeros(len(solved) - 1)]))
        sides = sides_of(table, residual_deg, np.sqrt(shared), own_deg)
        legs = np.abs(sides.error_deg) / np.hypot(sides.shared_deg, sides.own_deg)
        kicks = np.abs(residual_deg) / np.sqrt(shared + own_deg**2)
        return (
            max(_quantile(z[f == name]) for z, f in ((legs, sides.family), (kicks, table.family)) for name in families)
            - 1.96
        )

    solved[0] += brentq(beyond, -3.0, 3.0, xtol=1e-12) if beyond(-3.0) > 0 else -3.0
    return solved


def _quantile(values: Floats) -> float:
    """95 % of so few values lie below it (Vovk et al., 2005, ch. 2)."""
    return float(np.quantile(values, min(0.95 * (1 + 1 / len(values)), 1.0)))


def _own_error(residual_deg: Floats, leg: NDArray[np.str_]) -> float:
    """Scatter of the residuals within a leg, degrees."""
    groups = [residual_deg[rows] for rows in _legs(leg) if len(rows) > 1]
    return float(np.sqrt(sum(((g - g.mean()) ** 2).sum() for g in groups) / sum(len(g) - 1 for g in groups)))


def _legs(leg: NDArray[np.str_]) -> Iterator[Ints]:
    for name in np.unique(leg):
        yield np.flatnonzero(leg == name)


def _weights(table: Table) -> Floats:
    """Every family alike, and in it every leg; mean 1."""
    _, which, reps = np.unique(table.leg, return_inverse=True, return_counts=True)
    weights = 1.0 / reps[which]
    for family in np.unique(table.family):
        rows = table.family == family
        weights[rows] /= weights[rows].sum()
    return np.asarray(weights / weights.mean())


def sides_left_out(table: Table, view: ViewCoefficients) -> Sides:
    """The legs with their errors by fits without their bodies, and standard errors of the view's error model."""
    value, unlike = cross_validated(table, folds_of(table.body))
    shared = np.sqrt(estimator.shared_variance(estimator.error_terms(table.x, unlike), view.log_error))
    return sides_of(table, value - table.truth[:, 0], shared, view.rep_error_deg)


@dataclass(frozen=True)
class Sides:
    """Legs of a table: mean error of their reps and its standard errors, all (L,) in degrees; ``body`` of each."""

    body: NDArray[np.str_]
    family: NDArray[np.str_]
    error_deg: Floats
    shared_deg: Floats
    own_deg: Floats

    def pairs(self) -> list[tuple[int, int]]:
        """Which two legs are of one body."""
        both = [np.flatnonzero(self.body == name) for name in np.unique(self.body)]
        return [(int(p[0]), int(p[1])) for p in both if len(p) == 2]

    def difference_se_deg(self, correlation: float) -> Floats:
        """Standard errors of left minus right, per pair."""
        a, b = np.array(self.pairs()).T
        x, y = self.shared_deg[a], self.shared_deg[b]
        variance = x**2 + y**2 - 2 * correlation * x * y + self.own_deg[a] ** 2 + self.own_deg[b] ** 2
        return np.asarray(np.sqrt(variance))

    def difference_error_deg(self) -> Floats:
        """Errors of left minus right, per pair."""
        a, b = np.array(self.pairs()).T
        return np.asarray(self.error_deg[a] - self.error_deg[b])


def sides_of(table: Table, error_deg: Floats, shared_deg: Floats, own_deg: float) -> Sides:
    """The legs of a table from the errors (N,) and shared standard errors (N,) of its reps; the scatter of a leg's reps
    is taken to be the person's, as far as it exceeds ``own_deg``."""
    rows = list(_legs(table.leg))
    first = [r[0] for r in rows]
    mean, shared = (np.array([v[r].mean() for r in rows]) for v in (error_deg, shared_deg))
    own = own_deg / np.sqrt([len(r) for r in rows])
    return Sides(table.body[first], table.family[first], mean, shared, own)


def fit_left_right(sides: Sides) -> float:
    """Correlation of the two legs' errors in a session, each in standard errors.

    Less its own standard error, for taken too high it makes the interval of left minus right too narrow.
    """
    if len(sides.pairs()) < 10:
        return 0.0
    a, b = np.array(sides.pairs()).T
    z = sides.error_deg / np.hypot(sides.shared_deg, sides.own_deg)
    found = (z[a] * z[b]).sum() / ((z[a] ** 2).sum() + (z[b] ** 2).sum()) * 2
    return float(np.clip(found - (1 - found**2) / np.sqrt(len(a)), 0.0, 0.9))


def main() -> None:
    """Fit, and write the coefficients into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--out", type=Path, default=PACKAGED)
    given = parser.parse_args()
    text = json.dumps(fit(given.table), indent=1)
    text = re.sub(r"\[\s+([^\[\]]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)  # a leg in a line
    given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
