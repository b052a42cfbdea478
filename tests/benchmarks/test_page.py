"""The accuracy page from rows made by hand: tables, pictures, and what it says when bars are missed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.conditions import near_group
from benchmarks.running import Run
from benchmarks.scoring import Scored, score
from mobility_check.errors import UsageError
from tests.benchmarks.test_scoring import answer, clip, kick, report


def scored(name: str, off: float) -> Scored:
    truths = [kick("left", 2, 10.0), kick("left", 6, 11.0), kick("right", 10, 20.0), kick("right", 14, 21.0)]
    said = answer([report(2, 10.0 + off), report(6, 11.2)], [report(10, 19.7), report(14, 21.4)])
    return score([clip(truths, said, name), clip(truths, said, name + "b"), clip(truths, None, name + "c")])


def test_page_and_pictures(tmp_path: Path) -> None:
    figures = tmp_path / "repeatability.json"
    side = {"clip": "s", "side": "left", "score_deg": 9.0, "sd_deg": 0.2, "largest_deg": -0.5, "largest_by": "VP9"}
    bar = {"what": "scatter", "promise": "≤ 0.4°", "figure": "0.50°", "met": False, "mark": "MISS"}
    figures.write_text(json.dumps({"variants": ["VP9"], "sides": [side], "bars": [bar]}), encoding="utf-8")
    sets, folders = [scored("one", 0.3), scored("two", 5.0)], [Path("one"), Path("two")]
    otherwise = [near_group("measured", "every frame", sets[1].reps)]
    page.write(
        sets, folders=folders, run=Run(), out=tmp_path / "accuracy.md", repeatability=figures, otherwise=otherwise
    )
    text = (tmp_path / "accuracy.md").read_text(encoding="utf-8")
    assert "**two**: 3 clips, 8 near kicks of good form" in text
    assert "Failed: twoc" in text
    assert "| near kick, worst | ≤ 2.5° | 5.00° | **MISS** |" in text
    assert "| scatter | ≤ 0.4° | 0.50° | **MISS** |" in text
    assert "| every frame | 2 | 8 |" in text
    assert "What was not tested" in text
    assert page.parts_of_error(sets)["within"] > 0.5, "the second set's first kick is 5° off, its second is not"
    for name in ("bland-altman", "by-leg", "intervals"):
        assert (tmp_path / "images" / f"accuracy-{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "accuracy-worst.png" not in text, "without saved tracks there is nothing to draw the worst clips from"


def test_page_without_a_measured_kick_is_refused(tmp_path: Path) -> None:
    nothing = score([clip([kick("left", 2, 10.0)], None)])
    with pytest.raises(UsageError, match="nothing to write"):
        page.write([nothing], folders=[Path("x")], run=Run(), out=tmp_path / "a.md", repeatability=tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
