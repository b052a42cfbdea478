"""Something that takes long to make, made by one of the test processes for all of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TIMEOUT_S = 600.0


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name for the whole run; who comes first fills it, the others wait until it has."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    ended = folder.with_name(f"{folder.name}-ended")
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + TIMEOUT_S
        while not ended.exists():
            assert time.monotonic() < deadline, f"{name} was never made"
            time.sleep(0.05)
        return folder
    try:
        make(folder)
    finally:
        ended.touch()  # what failed is missed by those who use it
    return folder
