"""A hundred damaged clips through the whole command line; the thousands are run by ``python -m benchmarks.fuzz``."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import pytest

if os.name != "posix":
    pytest.skip("the limits on time and memory need a POSIX system", allow_module_level=True)

from benchmarks.fuzz import Outcome, summary
from benchmarks.mutants import CONTAINERS, KINDS, Mutant, make_mutant
from tests.commandline import ROOT
from tests.once import once


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """How each clip ended. In a process of its own, for the one that forks must have no threads."""

    def make(folder):
        command = [sys.executable, "-m", "benchmarks.fuzz", "--jobs", "1", "--json", "--whole", "--count", "100"]
        done = subprocess.run(
            [*command, "--seed", "0"], capture_output=True, cwd=ROOT, text=True, timeout=600, check=False
        )
        assert done.stdout, done.stderr
        (folder / "ended.json").write_text(done.stdout, encoding="utf-8")

    return json.loads((once(tmp_path_factory, "fuzz", make) / "ended.json").read_text(encoding="utf-8"))


def test_whole_clips_are_measured_and_huge_ones_refused(ended):
    outcomes = [o for o in ended if o["kind"] == "whole"]
    assert {o["base"]: o["wrong"] for o in outcomes if o["wrong"]} == {}
    codes = {o["base"]: o["code"] for o in outcomes}
    assert codes == {name: 3 if name.startswith("huge") else 10 if name == "8k.avi" else 0 for name in codes}
    assert len(codes) == 13


def test_damaged_clips_end_in_a_result_or_one_sentence(ended):
    outcomes = [o for o in ended if o["kind"] != "whole"]
    assert len(outcomes) == 100
    assert {o["number"]: o["wrong"] for o in outcomes if o["wrong"]} == {}
    assert {o["code"] for o in outcomes} == {0, 3, 10}
    assert {o["kind"] for o in outcomes} >= set(KINDS) - {"huge"}, "huge ones are rare, and in the test above"


def test_the_same_number_gives_the_same_mutant():
    bases = {name: random.Random(name).randbytes(5000) for name, *_ in CONTAINERS}
    assert make_mutant(bases, 7, seed=1) == make_mutant(bases, 7, seed=1)
    assert make_mutant(bases, 7, seed=1) != make_mutant(bases, 7, seed=2)


def test_the_summary_counts_what_went_wrong():
    mutant = Mutant(0, "cut", "a.mp4", b"")
    text = summary([Outcome(mutant, 0, 0.5, 200.0, ""), Outcome(mutant, -11, 2.0, 900.0, "exit code -11")])
    assert text.startswith("1 of 2 mutated clips ended as they should")
    assert "900 MB" in text
