"""The JSON Schema of the result object, shipped with the package."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def result_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``mobility-check/result/1``."""
    text = resources.files(__package__).joinpath("result-1.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
