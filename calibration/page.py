"""Writes docs/accuracy.md from the two tables: ``python -m calibration.page``. A test compares the two.

``features.parquet`` is what the coefficients are fitted on, each body and each family judged by a fit without it;
``judged.parquet`` holds bodies that nothing was fitted on, judged by the shipped coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import fit
from mobility_check.kinematics.track import Floats
from mobility_check.refinement import estimator
from mobility_check.refinement.coefficients import load_coefficients, parse_view
from mobility_check.refinement.features import Features

JUDGED = Path(__file__).with_name("judged.parquet")
PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
TEMPLATE = Path(__file__).with_name("accuracy.md")
COLUMNS = ("", "legs", "kicks", "mean absolute", "bias", "95th percentile", "worst", "interval holds", "half-width")
HEAD = f"| {' | '.join(COLUMNS)} |\n{len(COLUMNS) * '|---'}|"
SIZES = ((2.0, 6.0), (6.0, 10.0), (10.0, 18.0), (18.0, 25.0), (25.0, 45.0))
YAWS = ((0.0, 3.0), (3.0, 7.0), (7.0, 12.0), (12.0, 25.0))
Rows = list[dict[str, Any]]


def page() -> str:
    """The page's text."""
    blocks = {"JUDGED": "\n".join(_judged()), "LEFT_OUT": "\n".join(_left_out()), "STRATA": "\n".join(_strata())}
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, block in blocks.items():
        text = text.replace(f"<!-- {name} -->", f"{HEAD}\n{block}")
    for name, table in (("CLIPS", fit.TABLE), ("JUDGED_CLIPS", JUDGED)):
        clips = {r["clip"] for near in (True, False) for r in _rows(table, model="heavy", near=near)}
        text = text.replace(f"<!-- {name} -->", str(len(clips)))
    return text


def line(name: str, error_deg: Floats, half_deg: Floats, legs: int) -> str:
    """One row of a table of errors, measured minus true."""
    size = np.abs(error_deg)
    figures = (size.mean(), np.percentile(size, 95), size.max(), half_deg.mean())
    mean, p95, worst, half = (f"{v:.2f}" for v in figures)
    held = f"{(size <= half_deg).mean():.3f}"
    return f"| {name} | {legs} | {len(size)} | {mean} | {error_deg.mean():+.2f} | {p95} | {worst} | {held} | {half} |"


def _rows(path: Path, *, model: str, near: bool) -> Rows:
    import pyarrow.parquet as pq

    return [r for r in pq.read_table(path).to_pylist() if r["model"] == model and r["near"] == near]


def _judged() -> Iterator[str]:
    coefficients = load_coefficients()
    for setting, name in (("heavy", "default (heavy and full)"), ("full", "`--model full`")):
        for near in (True, False):
            rows = [r for r in _rows(JUDGED, model=setting, near=near) if r["true_extension_deg"] >= 4.0]
            for family in sorted({r["family"] for r in rows}):
                kicks = [r for r in rows if r["family"] == family]
                good = [r for r in kicks if fit.usable(r) and fit.good(r)]
                if not good:
                    continue
                table = fit.table_of(good, "near" if near else "far")
                model = coefficients.models[f"pose_landmarker_{setting}"]
                found = [estimator.estimate(x, model, near=near) for x in one_by_one(table)]
                values = np.array([e.extension_deg for e in found if e]) - table.truth[:, 0]
                half = np.array([1.96 * e.error.total_deg for e in found if e])
                shared = np.array([e.error.shared_deg for e in found if e])
                seen = f"{sum(r['found'] for r in kicks)} of {len(kicks)} found"
                view = "near" if near else "far"
                yield line(f"{family}, {view}, {name}; {seen}", values, half, len(set(table.leg.tolist())))
                if near:
                    own = model.near.rep_error_deg
                    sides = fit.sides_of(table, values, shared, own)
                    yield from _legs(f"{family}, {name}", sides, model.left_right_correlation)


def _legs(name: str, sides: fit.Sides, correlation: float) -> Iterator[str]:
    """Rows of whole legs, and of left minus right in one session."""
    half = 1.96 * np.hypot(sides.shared_deg, sides.own_deg)
    yield line(f"{name}, mean of a leg", sides.error_deg, half, len(half))
    pairs = sides.pairs()
    if pairs:
        apart, half = sides.difference_error_deg(), 1.96 * sides.difference_se_deg(correlation)
        yield line(f"{name}, left − right", apart, half, 2 * len(pairs))


def one_by_one(table: fit.Table) -> Iterator[Features]:
    """The features of each row by themselves, as the product has them."""
    names = Features.__dataclass_fields__
    for i in range(len(table)):
        yield Features(*(float(getattr(table.x, name)[i]) for name in names))


def _left_out() -> Iterator[str]:
    for near in (True, False):
        table = fit.read(fit.TABLE, model="heavy", near=near, good_form=near)
        view = "near" if near else "far"
        for what, groups in (("body", fit.folds_of(table.body)), ("family", table.family)):
            if what == "family" and len(np.unique(table.family)) < 2:
                continue
            error, shared, own = left_out(table, groups)
            for family in np.unique(table.family).tolist():
                rows = table.family == family
                half = 1.96 * np.hypot(shared[rows], own[rows])
                legs = len(np.unique(table.leg[rows]))
                yield line(f"{family}, {view}, this {what} left out", error[rows], half, legs)
            if near and what == "body":
                sides = fit.sides_of(table, error, shared, float(own.mean()))
                correlation = fit.fit_left_right(sides)
                yield from _legs("both families, this body left out", sides, correlation)


def left_out(table: fit.Table, groups: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Errors, shared and own standard errors, each (N,), of each row by a fit without its group."""
    error = fit.cross_validated(table, groups)[0] - table.truth[:, 0]
    shared, own = np.empty(len(table)), np.empty(len(table))
    for group in np.unique(groups):
        out = table.at(groups == group)
        view = parse_view(fit.fit_view(table.at(groups != group)))
        shared[groups == group], own[groups == group] = estimator.shared_error(out.x, view), view.rep_error_deg
    return error, shared, own


def _strata() -> Iterator[str]:
    rows = [r for r in _rows(fit.TABLE, model="heavy", near=True) if fit.usable(r) and fit.good(r)]
    table = fit.table_of(rows, "near")
    error, shared, own = left_out(table, fit.folds_of(table.body))
    half = 1.96 * np.hypot(shared, own)
    true, off = table.truth[:, 0], np.abs(table.yaw)
    groups: list[tuple[str, Sequence[bool] | NDArray[np.bool_]]] = [
        *((f"true angle {a:.0f} to {b:.0f}°", (true >= a) & (true < b)) for a, b in SIZES),
        *((f"camera {a:.0f} to {b:.0f}° off the side view", (off >= a) & (off < b)) for a, b in YAWS),
        *((f"hands: {h.replace('_', ' ')}", [r["hands"] == h for r in rows]) for h in _hands(rows)),
        ("loose trousers", [_number(r["loose_legs"]) > 0 for r in rows]),
        ("loose top", [_number(r["loose_top"]) > 0 for r in rows]),
        ("tunic or dress", [_number(r["tunic"]) > 0 for r in rows]),
        ("cluttered room (3 things and more)", [_number(r["clutter"]) >= 3 for r in rows]),
        ("busy background", [r["background"] == "busy" for r in rows]),
        ("hand-held camera", [_number(r["shake"]) > 0 for r in rows]),
    ]
    for name, chosen in groups:
        at = np.asarray(chosen, dtype=bool)
        if at.any():
            yield line(name, error[at], half[at], len(np.unique(table.leg[at])))


def _hands(rows: Rows) -> list[str]:
    return sorted({r["hands"] for r in rows})


def _number(text: str) -> float:
    return float(text) if text else 0.0


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
