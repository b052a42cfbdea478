"""How the benchmark calls the product, and when it may use what it was told before."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.running import Run, analyse, clips_in, code_digest
from mobility_check.errors import UsageError


def test_only_clips_with_truth_count(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.truth.json", "b.mp4", "c.truth.json", "d.webm", "d.truth.json"):
        (tmp_path / name).touch()
    assert [p.name for p in clips_in(tmp_path)] == ["a.mp4", "d.webm"]
    with pytest.raises(UsageError, match="no clip with a NAME"):
        clips_in(tmp_path / "none")


def test_a_clip_that_cannot_be_read_is_a_failure_not_a_crash(tmp_path: Path) -> None:
    clip = tmp_path / "empty.mp4"
    clip.touch()
    answer = analyse(clip, Run(cache=tmp_path / "kept"), code="x")
    assert answer.result is None
    assert answer.failure.startswith("exit code 3: mobility-check: ")
    assert not list((tmp_path / "kept").glob("*.json")), "a failure is asked again"


def test_the_fingerprint_of_the_program_follows_its_number_parts_only(tmp_path: Path) -> None:
    for folder in ("core", "report"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("A = 1\n", encoding="utf-8")
    for name in ("pipeline.py", "settings.py", "tracking.py"):
        (tmp_path / name).touch()
    first = code_digest(tmp_path)
    (tmp_path / "report" / "a.py").write_text("A = 2\n", encoding="utf-8")
    assert code_digest(tmp_path) == first
    (tmp_path / "core" / "a.py").write_text("A = 2\n", encoding="utf-8")
    assert code_digest(tmp_path) != first
