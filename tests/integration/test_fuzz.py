"""A hundred damaged clips through the whole command line; the thousands are run by ``python -m benchmarks.fuzz``."""

from __future__ import annotations

import os

import pytest

if os.name != "posix":
    pytest.skip("the limits on time and memory need a POSIX system", allow_module_level=True)

from benchmarks.fuzz import SAMPLE, Outcome, run, summary
from benchmarks.mutants import KINDS, Mutant, make_bases, make_mutant

COUNT = 100


@pytest.fixture(scope="module")
def bases():
    return make_bases(SAMPLE)


def test_whole_clips_are_measured_and_huge_ones_refused(bases):
    mutants = (Mutant(n, "whole", name, data) for n, (name, data) in enumerate(bases.items()))
    outcomes = list(run(mutants, jobs=2))
    assert {o.mutant.base: o.wrong for o in outcomes if o.wrong} == {}
    codes = {o.mutant.base: o.code for o in outcomes}
    assert codes == {name: 3 if name.startswith("huge") else 10 if name == "8k.avi" else 0 for name in bases}


def test_damaged_clips_end_in_a_result_or_one_sentence(bases):
    outcomes = list(run((make_mutant(bases, n, seed=0) for n in range(COUNT)), jobs=2))
    assert {o.mutant.number: o.wrong for o in outcomes if o.wrong} == {}
    assert {o.code for o in outcomes} == {0, 3, 10}
    assert {o.mutant.kind for o in outcomes} >= set(KINDS) - {"huge"}, "huge ones are rare, and in the test above"


def test_the_same_number_gives_the_same_mutant(bases):
    assert make_mutant(bases, 7, seed=1) == make_mutant(bases, 7, seed=1)
    assert make_mutant(bases, 7, seed=1) != make_mutant(bases, 7, seed=2)


def test_the_summary_counts_what_went_wrong():
    mutant = Mutant(0, "cut", "a.mp4", b"")
    text = summary([Outcome(mutant, 0, 0.5, 200.0, ""), Outcome(mutant, -11, 2.0, 900.0, "exit code -11")])
    assert text.startswith("1 of 2 mutated clips ended as they should")
    assert "900 MB" in text
