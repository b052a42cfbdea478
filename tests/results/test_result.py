"""The result object is the contract: plain JSON, null for what is not known, and back again without loss."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from mobility_check.results.result import SCHEMA, Quality, Result
from mobility_check.results.schema import result_schema
from synthetic.factories import make_result

CONTRACT = {
    "": {"schema", "test", "status", "reasons", "inputs", "sides", "asymmetry", "quality", "provenance"},
    "inputs": {"path", "sha256", "duration_s", "fps", "frames", "width_px", "height_px"},
    "side": {"status", "reasons", "view", "score_deg", "ci95_deg", "best_deg", "reps"},
    "rep": {
        "start_s",
        "peak_s",
        "end_s",
        "extension_deg",
        "ci95_deg",
        "thigh_deg",
        "trunk_lean_deg",
        "knee_flexion_deg",
        "view",
        "valid",
        "reasons",
    },
    "asymmetry": {"difference_deg", "ci95_deg", "detectable"},
    "quality": {"camera_yaw_deg", "seen_share", "neutral_s"},
    "provenance": {"mobility_check", "backend", "model", "model_sha256", "parameters"},
}
"""Field names of the contract; fields may be added, never renamed or removed."""


@pytest.mark.parametrize(("left", "right"), [(18.0, 12.0), (18.0, None), (None, None)])
def test_json_and_back_without_loss(left, right):
    result = make_result(left, right)
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert Result.from_dict(json.loads(text)) == result
    jsonschema.validate(json.loads(text), result_schema())


def test_every_field_of_the_contract_is_there():
    obj = make_result().to_dict()
    assert CONTRACT[""] <= set(obj)
    assert (obj["schema"], obj["test"]) == ("mobility-check/result/1", "standing-kick-back")
    assert CONTRACT["inputs"] <= set(obj["inputs"][0])
    assert set(obj["sides"]) == {"left", "right"}
    assert CONTRACT["side"] <= set(obj["sides"]["left"])
    assert CONTRACT["rep"] <= set(obj["sides"]["left"]["reps"][0])
    for part in ("asymmetry", "quality", "provenance"):
        assert CONTRACT[part] <= set(obj[part])


def test_the_schema_requires_what_the_contract_names():
    schema = result_schema()
    assert set(schema["required"]) == CONTRACT[""]
    assert set(schema["$defs"]["SideResult"]["required"]) == CONTRACT["side"]
    assert set(schema["$defs"]["Rep"]["required"]) == CONTRACT["rep"]
    jsonschema.Draft202012Validator.check_schema(schema)


def test_missing_numbers_are_null_never_nan_or_zero():
    result = make_result(None, None, quality=Quality(camera_yaw_deg=math.nan, seen_share=np.float64(0.5)))
    obj = result.to_dict()
    assert obj["sides"]["left"]["score_deg"] is None
    assert obj["quality"]["camera_yaw_deg"] is None
    assert obj["quality"]["seen_share"] == 0.5


@pytest.mark.parametrize(
    "damage",
    [
        lambda o: o.pop("sides"),
        lambda o: o["sides"].pop("left"),
        lambda o: o.update(schema="other/2"),
        lambda o: o["sides"]["left"]["reps"][0].pop("valid"),
        lambda o: o.update(reasons=None),
        lambda o: o["sides"]["left"].update(score_deg=10**400),
        lambda o: o["sides"]["left"].update(score_deg=1e300),
        lambda o: o["sides"]["left"].update(score_deg=math.nan),
        lambda o: o["sides"]["left"].update(score_deg=True),
        lambda o: o["sides"].update(middle=o["sides"]["left"]),
        lambda o: o["inputs"][0].update(path=3),
        lambda o: o["sides"]["left"]["reps"][0].update(peak_s="soon"),
        lambda o: o["inputs"][0].update(frames=-1),
    ],
)
def test_an_incomplete_or_foreign_object_is_refused(damage):
    obj = make_result().to_dict()
    damage(obj)
    with pytest.raises(ValueError, match=r"schema|complete"):
        Result.from_dict(obj)


@pytest.mark.parametrize(
    "damage",
    [
        lambda o: o.update(status="fine"),
        lambda o: o["sides"]["left"].update(score_deg="18"),
        lambda o: o["sides"]["left"].update(ci95_deg=[1.0]),
        lambda o: o["reasons"].append({"code": "Not A Code"}),
        lambda o: o["inputs"][0].pop("sha256"),
    ],
)
def test_the_schema_refuses_what_the_contract_does_not_allow(damage):
    obj = make_result().to_dict()
    damage(obj)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(obj, result_schema())


def test_logins_and_signatures_stay_behind():
    given = ["rtsp://admin:secret@10.0.0.7/stream", "https://host/a.mp4?sig=abc#t", "caf\udce9.mp4"]
    result = make_result()
    result = replace(result, inputs=tuple(replace(result.inputs[0], path=path) for path in given))
    paths = [i["path"] for i in result.to_dict()["inputs"]]
    assert paths == ["rtsp://10.0.0.7/stream", "https://host/a.mp4", "caf\ufffd.mp4"]


def test_fields_that_a_later_version_adds_are_passed_over():
    obj = make_result().to_dict()
    obj["sides"]["left"]["mood"] = "good"
    obj["quality"]["weather"] = 3
    assert Result.from_dict(obj) == make_result()
    jsonschema.validate(obj, result_schema())


def test_results_are_frozen():
    result = make_result()
    with pytest.raises(AttributeError):
        result.status = "scored"  # type: ignore[misc]
    assert replace(result, status="limited").to_dict()["schema"] == SCHEMA
