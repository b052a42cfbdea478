"""The scoring rules, each on a truth and an answer made by hand."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from benchmarks.bars import bars
from benchmarks.conditions import by_condition, contrast
from benchmarks.scoring import Clip, errors, form_of, score, summarise

SCENARIO = {
    "gender": 1.0,
    "age": 0.6,
    "muscle": 0.5,
    "weight": 0.3,
    "height": 0.5,
    "hands": "down",
    "yaw": -5.0,
    "roll": 0.0,
    "pitch_h": 1.0,
    "dist": 3.4,
    "size": [540, 960],
    "fps": 25.0,
    "shirt": [250, 250, 250],
    "legs": [10, 10, 10],
    "skin": [224, 180, 150],
    "wall": [200, 200, 200],
    "light": 1.0,
    "noise": 2.0,
    "crf": 23,
    "background": "plain",
}


def kick(side: str, start: float, extension: float, **fields: Any) -> dict[str, Any]:
    row = {
        "side": side,
        "start_s": start,
        "end_s": start + 2.0,
        "near": True,
        "extension_deg": extension,
        "trunk_lean_deg": 2.0,
        "knee_flexion_deg": 4.0,
    }
    return {**row, **fields}


def report(start: float, extension: float | None, *, valid: bool = True, half: float = 2.0) -> dict[str, Any]:
    ci = None if extension is None else [extension - half, extension + half]
    return {"peak_s": start + 1.0, "extension_deg": extension, "ci95_deg": ci, "valid": valid, "reasons": []}


def answer(left: list[dict[str, Any]], right: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    sides = {}
    for name, reps in (("left", left), ("right", right)):
        counted = [r["extension_deg"] for r in reps if r["valid"]]
        mean = sum(counted) / len(counted) if counted else None
        ci = None if mean is None else [mean - 1.0, mean + 1.0]
        sides[name] = {"score_deg": mean, "ci95_deg": ci, "reps": reps, "reasons": []}
    both = [sides[s]["score_deg"] for s in ("left", "right")]
    gap = None if None in both else {"difference_deg": both[0] - both[1], "ci95_deg": [-9.0, 9.0]}
    empty = {"difference_deg": None, "ci95_deg": None}
    return {"status": "scored", "reasons": [], "sides": sides, "asymmetry": gap or empty, **fields}


def clip(truths: list[dict[str, Any]], result: dict[str, Any] | None, name: str = "own00") -> Clip:
    truth = {"reps": truths, "scenario": SCENARIO, "t": []}
    return Clip(name, "set", truth, result, "" if result else "exit code 3")


def test_errors_and_intervals_of_a_simple_session() -> None:
    truths = [kick("left", 2, 10.0), kick("left", 5, 12.0), kick("right", 9, 20.0), kick("right", 12, 20.0, near=False)]
    result = answer([report(2, 11.0), report(5, 12.5)], [report(9, 17.0), report(12, 25.0)])
    s = summarise(score([clip(truths, result)]))
    assert (s.near.n, s.far.n) == (3, 1)
    assert s.near.mean_absolute == pytest.approx(1.5)
    assert s.near.bias == pytest.approx(-0.5)
    assert s.near.worst == pytest.approx(3.0)
    assert s.far.bias == pytest.approx(5.0)
    assert s.near_cover.share == pytest.approx(2 / 3)
    assert s.near_cover.mean_half_width == pytest.approx(2.0)
    assert s.side.n == 1, "the right side mixes a near and a far kick, so its score has no truth of the same kind"
    assert s.side.bias == pytest.approx(0.75)
    assert (s.found, s.ghosts, s.good_kept) == (1.0, 0, 1.0)


def test_difference_of_the_legs_has_a_truth_of_its_own() -> None:
    truths = [kick("left", 2, 10.0), kick("right", 9, 20.0)]
    scored = score([clip(truths, answer([report(2, 11.0)], [report(9, 19.0)]))])
    assert [d.error_deg for d in scored.differences] == pytest.approx([2.0])


def test_small_kicks_are_not_asked_for_and_missed_ones_are_counted() -> None:
    truths = [kick("left", 2, 4.0), kick("left", 5, 12.0), kick("left", 9, 12.0)]
    s = summarise(score([clip(truths, answer([report(5, 12.0)], []))]))
    assert s.found == 0.5
    assert s.near.n == 1


def test_a_kick_reported_for_the_other_leg_is_a_ghost_and_a_swap() -> None:
    result = answer([], [report(2, 10.0), report(20, 10.0), report(30, 10.0, valid=False)])
    scored = score([clip([kick("left", 2, 10.0)], result)])
    assert len(scored.ghosts) == 2
    assert scored.swapped == ("own00 right 3.0 s",)


@pytest.mark.parametrize(
    ("lean", "knee", "form"),
    [
        (5.9, 11.9, "good"),
        (-5.9, 0, "good"),
        (6.1, 0, "between"),
        (0, 12.1, "between"),
        (-12.1, 0, "bad"),
        (0, 23.1, "bad"),
    ],
)
def test_form_is_good_or_bad_only_clear_of_the_gates(lean: float, knee: float, form: str) -> None:
    assert form_of(kick("left", 0, 10, trunk_lean_deg=lean, knee_flexion_deg=knee)) == form


def test_bad_form_must_be_rejected_and_does_not_count_as_error() -> None:
    truths = [kick("left", 2, 10.0, trunk_lean_deg=15.0), kick("left", 5, 10.0, knee_flexion_deg=30.0)]
    s = summarise(score([clip(truths, answer([report(2, 19.0, valid=False), report(5, 10.0)], []))]))
    assert (s.bad_rejected, s.n_bad, s.near.n) == (0.5, 2, 0)


def test_controls_need_the_fitting_reason() -> None:
    def said(code: str) -> dict[str, Any]:
        return answer([], [], status="not_scored", reasons=[{"code": code, "message": ""}])

    rows = [("ownC0_still", "no_reps", True), ("ownC1_front", "no_reps", False), ("ownC4_lean", "trunk_lean", True)]
    for name, code, passed in rows:
        (row,) = score([clip([], said(code), name)]).controls
        assert row.passed is passed, name
    counted = answer([report(2, 9.0)], [], reasons=[{"code": "trunk_lean", "message": ""}])
    (row,) = score([clip([], counted, "ownC4_lean")]).controls
    assert not row.passed


def test_a_bystander_is_no_excuse() -> None:
    measured = answer([report(2, 10.0)], [])
    scored = score([clip([kick("left", 2, 10.0)], measured, "ownC5_bystander")])
    assert scored.controls[0].passed
    assert len(scored.reps) == 1


def test_a_failed_clip_is_named_and_spoils_no_figure() -> None:
    s = summarise(score([clip([kick("left", 2, 10.0)], None)]))
    assert s.failed == ("own00",)
    assert s.near == errors([])
    assert all(b.met is not False for b in bars(s))


def test_bars_pass_and_miss() -> None:
    truths = [kick("left", 2, 10.0), kick("right", 9, 20.0)]
    good = answer([report(2, 10.2)], [report(9, 19.9)])
    bad = copy.deepcopy(good)
    bad["sides"]["left"]["reps"][0]["extension_deg"] = 14.0
    marks = [{b.what: b.mark for b in bars(summarise(score([clip(truths, r)])))} for r in (good, bad)]
    assert marks[0]["near kick, worst"] == "pass"
    assert marks[1]["near kick, worst"] == "MISS"
    assert marks[0]["far kick, mean absolute error"] == "–"


def test_groups_by_condition() -> None:
    other = {**SCENARIO, "yaw": 10.0, "legs": [190, 190, 190]}
    truths = [kick("left", 2, 10.0), kick("left", 5, 22.0), kick("right", 9, 20.0, near=False)]
    a = clip(truths, answer([report(2, 11.0), report(5, 22.0)], [report(9, 20.0)]))
    b = Clip("own01", "set", {**a.truth, "scenario": other}, a.result)
    groups = {(g.condition, g.value): g for g in by_condition(score([a, b]).reps)}
    assert groups["view", "near leg"].errors.n == 4
    assert groups["view", "far leg"].errors.n == 2
    assert groups["camera yaw", "5° from behind"].clips == 1
    assert groups["camera yaw", "10° from the front"].errors.mean_absolute == pytest.approx(0.5)
    assert groups["size of the kick", "10–15°"].errors.bias == pytest.approx(1.0)
    assert groups["trousers against wall (ΔE)", "under 20"].clips == 1
    assert not any(condition == "gender" for condition, _ in groups), "all are of one kind: no table of it"


def test_contrast_as_the_eye_sees_it() -> None:
    assert contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(100.0, abs=0.1)
    assert contrast([90, 80, 70], [90, 80, 70]) == 0.0
    assert contrast([255, 0, 0], [0, 255, 0]) == pytest.approx(170.6, abs=0.5)
