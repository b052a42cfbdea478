"""Runs when a wheel or source archive is built: a model file that is not the known one never gets into it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODELS = ("pose_landmarker_full.task", "pose_landmarker_heavy.task")
KNOWN = Path("mobility_check") / "pose" / "models.py"


class ModelsAreWhole(BuildHookInterface):
    """Compares every model file with the SHA-256 that the program itself will ask for."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it packs anything."""
        check_models(Path(self.root))


def check_models(root: Path) -> None:
    """Check the model files below the folder of the source.

    Raises:
        ValueError: one is missing or is another file.
    """
    known = (root / KNOWN).read_text(encoding="utf-8")
    for name in MODELS:
        path = root / "models" / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() not in known:
            raise ValueError(f"models/{name} is missing or damaged: its SHA-256 is not one of those in {KNOWN}.")
