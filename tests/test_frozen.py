"""No number changes unnoticed: saved recordings score as they were frozen."""

from __future__ import annotations

import copy
import json
import re

import pytest

from tests.frozen import CHANGELOG, RECORDINGS, SCORES, frozen, measured, merged, read

TOLERANCE_DEG = 0.01
"""Other processors and versions of NumPy add up in another order."""


@pytest.fixture(scope="module")
def now():
    return measured()


def numbers(legs):
    return [x for leg in legs.values() for x in (leg["score_deg"], *leg["ci95_deg"], *leg["reps_deg"]) if x is not None]


def test_recordings_score_as_they_were_frozen(now):
    kept = read(SCORES)
    for rule, scores in now.items():
        assert rule in kept, f"{rule} has no frozen scores: python -m tests.frozen"
        assert set(scores["recordings"]) == set(kept[rule]["recordings"])
        for name, legs in scores["recordings"].items():
            before = kept[rule]["recordings"][name]
            message = f"{name} scores otherwise under {rule}; see the top of tests/frozen.py"
            assert numbers(legs) == pytest.approx(numbers(before), abs=TOLERANCE_DEG), message
            assert [leg["status"] for leg in legs.values()] == [leg["status"] for leg in before.values()], message


def test_every_rule_has_its_line_under_scores_change():
    sections = re.split(r"^## ", CHANGELOG.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for rule, scores in read(SCORES).items():
        section = next(s for s in sections if s.lstrip("[").startswith(scores["since"]))
        assert rule in section.partition("### Scores change")[2], f"{rule} of {scores['since']}"


def test_scores_of_a_release_are_not_replaced_and_those_before_it_are():
    old = {"rule/1": {"since": "0.1.0", "recordings": {"a": {"left": {"score_deg": 10.0}}}}}
    new = copy.deepcopy(old)
    new["rule/1"]["recordings"]["a"]["left"]["score_deg"] = 10.5
    assert merged(old, copy.deepcopy(new), changelog="## [0.1.0] – unreleased\n") == new
    with pytest.raises(SystemExit, match="new number"):
        merged(old, copy.deepcopy(new), changelog="## [0.1.0] – 2026-11-26\n")
    later = {"rule/2": {**new["rule/1"], "since": "0.2.0"}}
    assert merged(old, later, changelog="## 0.2.0 (unreleased)\n## 0.1.0 (2026-11-26)\n") == {**old, **later}


def test_what_is_kept_is_small_and_shows_numbers(now):
    assert sum(path.stat().st_size for path in RECORDINGS.rglob("*.*")) < 1_000_000
    assert all(len(numbers(legs)) >= 4 for scores in now.values() for legs in scores["recordings"].values())
    assert json.loads(frozen(now)) == json.loads(json.dumps(now))
