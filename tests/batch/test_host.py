from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.fake_clips import RECORD, write_clip
from mobility_check.batch.child import Refusal
from mobility_check.batch.host import Limits, Pool
from mobility_check.batch.keys import Fingerprint
from mobility_check.batch.worker import Job, JobFile, Recipe
from mobility_check.settings import Settings

LIMITS = Limits(deadline_s=4.0, memory_bytes=600 << 20)


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    pool = Pool(recipe=Recipe(Settings(), RECORD), limits=LIMITS, folder=str(tmp_path))
    yield pool
    pool.close()


def job(*paths: Path) -> Job:
    return Job("j", tuple(JobFile(str(p), str(p)) for p in paths))


def children() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "mobility_check.batch.child" in p.cmdline()]


def test_one_child_does_job_after_job(pool: Pool, tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / f"{n}.mp4", left_deg=10.0 + n, seed=n) for n in range(3)]
    hello = pool.hello()
    assert isinstance(hello, Fingerprint)
    outcomes = [pool.run(job(c)) for c in clips]
    assert [o.sides[0]["score_deg"] for o in outcomes] == pytest.approx([10.0, 11.0, 12.0], abs=0.3)
    assert all(o.json and not o.failures and o.analysis_s > 0 for o in outcomes)
    assert len(children()) == 1


@pytest.mark.parametrize(
    ("does", "code", "detail"),
    [("crash", "crashed", "signal 11"), ("hang", "deadline", "4 s"), ("eat", "out_of_memory", "0.59 GB")],
)
def test_a_clip_that_ends_its_process_is_one_failure_and_the_rest_goes_on(
    pool: Pool, tmp_path: Path, does: str, code: str, detail: str
) -> None:
    bad, good = write_clip(tmp_path / "bad.mp4", **{does: True}), write_clip(tmp_path / "good.mp4")
    start = time.monotonic()
    outcome = pool.run(job(good, bad))
    assert [(f.file, f.code, f.tries) for f in outcome.failures] == [(str(bad), code, 2)]
    assert detail in outcome.failures[0].message
    assert outcome.sides[0]["status"] == "scored"
    assert time.monotonic() - start < 2 * LIMITS.deadline_s + 60
    assert pool.run(job(bad)).json is None
    assert pool.run(job(good)).failures == []


def test_what_happens_once_is_no_failure(pool: Pool, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", crash_once=str(tmp_path / "crashed"))
    outcome = pool.run(job(clip))
    assert (tmp_path / "crashed").exists()
    assert outcome.failures == []
    assert outcome.json


def test_errors_of_every_kind_become_rows(pool: Pool, tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / f"{does}.mp4", **{does: True}) for does in ("unreadable", "bug", "grow")]
    clips += [tmp_path / "gone.mp4", tmp_path / "empty.npz"]
    clips[-1].touch()
    outcome = pool.run(job(*clips))
    codes = [f.code for f in outcome.failures]
    assert codes == ["unreadable", "program_error", "changed_while_read", "unreadable", "unreadable"]
    assert "film it again" in outcome.failures[0].message
    assert "ZeroDivisionError: a mistake of ours" in outcome.failures[1].message
    assert outcome.json is None
    assert len(children()) == 1


def test_children_and_their_files_go_with_the_pool(tmp_path: Path) -> None:
    pool = Pool(recipe=Recipe(Settings(), RECORD), limits=LIMITS, folder=str(tmp_path))
    pool.hello()
    assert len(children()) == 1
    assert len(list(tmp_path.iterdir())) == 1
    pool.close()
    assert children() == []
    assert list(tmp_path.iterdir()) == []


def test_a_child_ends_when_its_worker_does(pool: Pool) -> None:
    pool.hello()
    (child,) = children()
    psutil.wait_procs([child], timeout=0)
    next(iter(pool._all))._process.stdin.close()  # type: ignore[union-attr]
    assert psutil.wait_procs([child], timeout=10)[0] == [child]


def test_a_part_that_is_missing_is_said(tmp_path: Path) -> None:
    pool = Pool(recipe=Recipe(Settings(), "no_such_module:f"), limits=LIMITS, folder=str(tmp_path))
    answer = pool.hello()
    pool.close()
    assert isinstance(answer, Refusal)
    assert "no_such_module" in answer.message
