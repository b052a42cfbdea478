"""The JSON Schema of the result object, made from its definition."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from mobility_check.kinematics.landmarks import SIDES
from mobility_check.results import result as definition
from mobility_check.results.result import SCHEMA, Result


def result_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``mobility-check/result/1``."""
    parts = msgspec.json.schema(Result)["$defs"]
    for name, part in parts.items():
        fields = dataclasses.fields(getattr(definition, name))
        part["required"] = [f.name for f in fields if not f.metadata.get("added")]
        for value in part["properties"].values():
            value.pop("default", None)
    whole = parts.pop("Result")
    whole["properties"] = {"schema": {"const": SCHEMA}, **whole["properties"]}
    whole["required"] = ["schema", *whole["required"]]
    sides = whole["properties"]["sides"]
    sides |= {
        "properties": dict.fromkeys(SIDES, sides["additionalProperties"]),
        "required": list(SIDES),
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "mobility-check result",
        "$defs": parts,
    }
