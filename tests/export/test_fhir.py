from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation

from mobility_check.export.fhir import bundle, observations
from mobility_check.history.records import Record
from mobility_check.results.reasons import reason
from synthetic.factories import make_rep, make_result, make_side

RIGHT_HIP, LEFT_HIP = "287579007", "287679003"


def _record(left: float | None = 18.0, right: float | None = 12.2, **fields) -> Record:
    values = {"tested_at": "2026-08-03", "note": None, "subject": "P-17"}
    result = fields.pop("result", None) or make_result(left, right).to_dict()
    return Record("2026-08-03-aaaaaa", saved_at="2026-08-03T10:00:00", result=result, **{**values, **fields})


def _verhoeff_ok(number: str) -> bool:
    """SNOMED CT's own check digit (Verhoeff's dihedral group of ten)."""

    def d(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
        return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5

    p = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    for i in range(2, 8):
        p.append([p[i - 1][p[1][j]] for j in range(10)])
    c = 0
    for i, digit in enumerate(reversed(number)):
        c = d(c, p[i % 8][int(digit)])
    return c == 0


@pytest.mark.parametrize(
    "record",
    [
        _record(),
        _record(None, 12.0),
        _record(None, None),
        _record(tested_at="2026-08-03T09:30:00", note="a note"),
        _record(subject="<script>alert(1)</script>"),
    ],
)
@pytest.mark.parametrize("loinc", ["", "41359-1"])
def test_every_bundle_is_valid_fhir(record: Record, loinc: str) -> None:
    obj = json.loads(json.dumps(bundle([record], loinc=loinc)))
    parsed = Bundle.model_validate(obj)
    assert parsed.type == "collection"
    assert len({e.fullUrl for e in parsed.entry}) == 2
    for entry in obj["entry"]:
        Observation.model_validate(entry["resource"])


def test_an_empty_bundle_is_valid() -> None:
    assert Bundle.model_validate(bundle([])).entry is None


def test_left_is_left_and_right_is_right() -> None:
    found = observations(_record(18.0, 12.2))
    assert found["left"]["bodySite"]["coding"][0]["code"] == LEFT_HIP
    assert found["right"]["bodySite"]["coding"][0]["code"] == RIGHT_HIP
    assert found["left"]["valueQuantity"]["value"] == 18.0
    assert found["right"]["valueQuantity"]["value"] == 12.2
    for side, word in (("left", "Left"), ("right", "Right")):
        assert found[side]["bodySite"]["coding"][0]["display"].startswith(word)


def test_codes_have_right_check_digits() -> None:
    codings = observations(_record())["left"]["code"]["coding"]
    assert all(_verhoeff_ok(code) for code in (LEFT_HIP, RIGHT_HIP, codings[0]["code"]))
    assert not _verhoeff_ok("287579008")


def test_unit_status_and_no_interpretation() -> None:
    for resource in observations(_record()).values():
        assert resource["status"] == "final"
        assert resource["valueQuantity"]["system"] == "http://unitsofmeasure.org"
        assert resource["valueQuantity"]["code"] == "deg"
        assert "interpretation" not in resource
        assert resource["code"]["text"] == "Active hip extension, standing kick-back (apparent)"


def test_loinc_only_when_chosen() -> None:
    def systems(loinc: str) -> list[str]:
        return [c["system"] for c in observations(_record(), loinc=loinc)["left"]["code"]["coding"]]

    assert systems("") == ["http://snomed.info/sct"]
    assert systems("41359-1") == ["http://snomed.info/sct", "http://loinc.org"]


def test_components_hold_interval_best_and_kicks() -> None:
    components = {c["code"]["text"]: c for c in observations(_record())["left"]["component"]}
    interval = components["95 % interval of the score"]["valueRange"]
    assert (interval["low"]["value"], interval["high"]["value"]) == (15.94, 20.06)
    assert components["Best repetition"]["valueQuantity"]["value"] == 18.6
    assert components["Repetition 2: hip extension"]["valueQuantity"]["value"] == 18.6
    assert components["Repetition 2: trunk lean, + forwards"]["valueQuantity"]["value"] == 2.0


def test_pain_is_a_component_of_its_leg_and_changes_nothing_else() -> None:
    without, asked = _record(), replace(_record(), pain={"left": True, "right": False})
    for side, hurts in (("left", True), ("right", False)):
        extra = observations(asked)[side]
        assert extra["component"].pop() == {"code": {"text": "Pain during the movement"}, "valueBoolean": hurts}
        assert extra == observations(without)[side]


def test_the_knee_drive_is_no_hip_extension() -> None:
    rep = make_rep(None, flexion_deg=88.0, flexion_speed_deg_s=310.0)
    side = replace(make_side(88.0), reps=(rep,))
    result = make_result(sides={"left": side, "right": make_side(None)}, test="standing-knee-drive")
    leg = observations(replace(_record(), result=result.to_dict()))["left"]
    values = {c["code"]["text"]: c.get("valueQuantity") for c in leg["component"]}
    assert leg["code"]["text"] == "Active hip flexion, standing knee drive (apparent)"
    assert values["Repetition 1: hip flexion"]["value"] == 88.0
    assert values["Repetition 1: fastest rise"] | {"system": ""} == {
        "value": 310.0,
        "unit": "degree per second",
        "system": "",
        "code": "deg/s",
    }
    assert "extension" not in json.dumps(leg)


def test_a_leg_without_a_number_says_why() -> None:
    def absent(*codes: str) -> dict:
        side = make_side(None, reasons=[reason(c) for c in codes])
        result = make_result(sides={"left": make_side(18.0), "right": side}).to_dict()
        resource = observations(_record(result=result))["right"]
        assert "valueQuantity" not in resource
        return resource["dataAbsentReason"]

    assert absent("leg_not_kicked")["coding"][0]["code"] == "not-performed"
    assert absent("too_dark")["coding"][0]["code"] == "unknown"
    assert "switch on a light" in absent("too_dark")["text"]


def test_a_time_gets_a_zone() -> None:
    assert observations(_record())["left"]["effectiveDateTime"] == "2026-08-03"
    with_time = observations(_record(tested_at="2026-08-03T09:30:00"))["left"]["effectiveDateTime"]
    assert with_time[:19] == "2026-08-03T09:30:00"
    assert len(with_time) == 25
