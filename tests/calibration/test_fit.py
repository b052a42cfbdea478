"""The committed table gives the shipped coefficients again, and stored real features the published accuracy."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from calibration import fit, page
from mobility_check.refinement import estimator
from mobility_check.refinement.coefficients import load_coefficients

SHIPPED = json.loads(fit.PACKAGED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def refitted():
    return fit.fit(fit.TABLE)


def flat(tree, path=()):
    if isinstance(tree, dict):
        return {k: v for name, branch in tree.items() for k, v in flat(branch, (*path, name)).items()}
    if isinstance(tree, list):
        return flat(dict(enumerate(tree)), path)
    return {path: tree}


def test_the_committed_table_gives_the_shipped_coefficients(refitted):
    made, kept = flat(refitted), flat(SHIPPED)
    assert made.keys() == kept.keys()
    numbers = {k for k, v in kept.items() if isinstance(v, float)}
    assert len(numbers) > 5000
    assert {k: made[k] for k in numbers} == pytest.approx({k: kept[k] for k in numbers}, abs=1e-6)
    assert {k: v for k, v in made.items() if k not in numbers} == {k: v for k, v in kept.items() if k not in numbers}


def errors_deg(model, name, table=page.JUDGED):
    """Near kicks in good form, of the bodies that nothing was fitted on unless told otherwise."""
    table, fitted = fit.read(table, model=model, near=True), load_coefficients().models[name]
    found = [estimator.estimate(x, fitted, near=True).extension_deg for x in page.one_by_one(table)]
    return np.array(found) - table.truth[:, 0]


PUBLISHED_MAE_DEG = {("heavy", "pose_landmarker_heavy"): 0.644, ("full", "pose_landmarker_full"): 0.675}
"""Both families together; docs/accuracy.md has them apart."""
MAE_TOLERANCE_DEG = 0.005


@pytest.mark.parametrize(("setting", "name"), PUBLISHED_MAE_DEG)
def test_stored_features_of_real_clips_give_the_published_error(setting, name):
    found = np.abs(errors_deg(setting, name)).mean()
    assert found == pytest.approx(PUBLISHED_MAE_DEG[setting, name], abs=MAE_TOLERANCE_DEG)


@pytest.mark.parametrize(("setting", "name"), PUBLISHED_MAE_DEG)
def test_models_cannot_be_exchanged_unseen(setting, name):
    """A model's landmarks in the other's coefficients read otherwise by more than the published error may differ."""
    (other,) = {n for _, n in PUBLISHED_MAE_DEG} - {name}
    right, exchanged = errors_deg(setting, name), errors_deg(setting, other)
    fitted, fitted_exchanged = (errors_deg(setting, n, fit.TABLE) for n in (name, other))
    assert np.abs(fitted_exchanged).mean() > np.abs(fitted).mean() + 0.02
    assert np.abs(exchanged - right).mean() > 0.15
    assert abs(exchanged.mean() - right.mean()) > 10 * MAE_TOLERANCE_DEG
    assert abs(np.abs(exchanged).mean() - PUBLISHED_MAE_DEG[setting, name]) > 3 * MAE_TOLERANCE_DEG


def test_an_interval_knows_how_unlike_a_leg_is():
    """A leg that was fitted is surer than fresh ones of its family, and these surer than one like no other."""
    table, fitted = fit.read(fit.TABLE, model="heavy", near=True), load_coefficients().models["pose_landmarker_heavy"]
    fresh = fit.read(page.JUDGED, model="heavy", near=True)
    known, new = (
        [estimator.estimate(x, fitted, near=True).error.shared_deg for x in page.one_by_one(t)] for t in (table, fresh)
    )
    odd = replace(next(page.one_by_one(table)), hip_gap=20.0, shoulder_gap=-20.0, slip_back=6.0, support_mid=8.0)
    assert np.mean(known) < np.mean(new) < estimator.estimate(odd, fitted, near=True).error.shared_deg


@pytest.mark.parametrize("view", ["near", "far"])
def test_an_interval_never_narrows_as_a_leg_grows_more_unlike(view):
    table, fitted = fit.read(fit.TABLE, model="heavy", near=True), load_coefficients().models["pose_landmarker_heavy"]
    unlike = np.geomspace(0.01, 20.0, 200)[:, None]
    error = estimator.error_terms(table.x, unlike)
    assert (np.diff(estimator.shared_variance(error, fitted.of(view).log_error), axis=0) >= 0.0).all()


def test_bundles_are_known_by_their_content_and_others_are_not():
    coefficients = load_coefficients()
    for sha256, name in coefficients.model_sha256.items():
        assert coefficients.for_model("some/path.task", sha256) == (coefficients.models[name], True)
    assert coefficients.for_model("another", "0" * 64)[1] is False


def test_the_table_names_every_family_and_holds_every_kick():
    import pyarrow.parquet as pq

    rows = pq.read_table(fit.TABLE).to_pylist()
    assert {r["family"] for r in rows} == {"makehuman", "valid"}
    near = [r for r in rows if r["near"] and r["model"] == "heavy" and r["true_extension_deg"] >= 4.0]
    assert sum(r["found"] for r in near) >= 0.985 * len(near)
    assert fit.TABLE.stat().st_size < 5_000_000


def test_the_page_of_accuracy_is_up_to_date():
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run: python -m calibration.page"
