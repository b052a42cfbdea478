"""Runs the real command line in a process of its own, as a user's shell does.

``call`` forks that process from one that has done the imports (``tests/warm.py``), where the system can; ``call_cold``
starts Python anew. Every command is called that way too, by at least one test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from mobility_check.results.schema import result_schema
from tests.warm import call_warm

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """What one call gave."""

    code: int
    out: str
    err: str

    def result(self, *, code: int = 0) -> dict[str, Any]:
        """The JSON object on stdout, checked against the shipped schema and the contract's rules."""
        assert self.code == code, self
        obj = json.loads(self.out)
        jsonschema.validate(obj, result_schema())
        assert self.err == ""
        assert code == (10 if obj["status"] == "not_scored" else 0)
        if obj["status"] == "not_scored":
            assert obj["reasons"], "not scored, and no word why"
        return obj

    def sentence(self, *, code: int) -> str:
        """The one sentence on stderr of a call that failed; nothing on stdout, no traceback."""
        assert self.code == code, self
        assert self.out == ""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("mobility-check: ")
        assert "Traceback" not in self.err
        assert "Errno" not in self.err
        return lines[0]


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "mobility_check", *map(str, args)]


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with these changes; a variable given as None is left out."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "", **changes}
    return {name: value for name, value in env.items() if value is not None}


def call(*args: object, cwd: Path | None = None, **env: str | None) -> Run:
    """Run the command; ``env`` changes its environment."""
    if not hasattr(os, "fork"):
        return call_cold(*args, cwd=cwd, **env)
    code, out, err = call_warm([str(a) for a in args], cwd=cwd, env=environment(**env))
    return Run(code, out.decode(), err.decode())


def call_cold(
    *args: object, cwd: Path | None = None, limit: Callable[[], None] | None = None, **env: str | None
) -> Run:
    """Run the command from the start of Python on; ``limit`` runs in the new process first."""
    done = subprocess.run(
        command(*args),
        capture_output=True,
        cwd=cwd,
        env=environment(**env),
        preexec_fn=limit,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def codes(reasons: list[dict[str, str]]) -> list[str]:
    """The codes of a list of reasons."""
    return [r["code"] for r in reasons]
