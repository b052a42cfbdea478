from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _crash(kills: int) -> dict[str, int]:
    command = [sys.executable, "-m", "benchmarks.history", "crash", "--kills", str(kills), "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.stdout, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_two_hundred_kills_lose_and_double_nothing() -> None:
    found = _crash(200)
    assert found["good"] == found["kills"] == 200
    assert found["sessions_saved"] > 0
