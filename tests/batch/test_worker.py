"""Jobs in this process, and what clips do to real workers: crash, hang, eat memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.fake_clips import RECORD, write_clip
from mobility_check.batch.clips import ClipFile
from mobility_check.batch.cluster import ClipCluster, open_cluster
from mobility_check.batch.job import JobResult, Options, fingerprint, run_job
from mobility_check.batch.plan import PlannedSession
from mobility_check.settings import Settings

OPTIONS = Options(Settings(workers=1), workers=2, record=RECORD)
DEADLINE_S = 8.0


def job(*paths: Path, name: str = "j") -> PlannedSession:
    return PlannedSession(name, name, tuple(ClipFile(str(p), source=str(p)) for p in paths))


@pytest.fixture
def cluster(scheduler: str, request: pytest.FixtureRequest) -> Iterator[ClipCluster]:
    """On the shared workers, with the limits of the test's mark."""
    mark = request.node.get_closest_marker("limits")
    deadline_s, memory_bytes = mark.args if mark else (300.0, 2 << 30)
    expected = fingerprint(Settings())
    options = replace(OPTIONS, deadline_s=deadline_s, memory_bytes=memory_bytes, scheduler=scheduler)
    with open_cluster(options, expected=expected) as cluster:
        yield cluster


def done(cluster: ClipCluster, *jobs: PlannedSession) -> dict[str, JobResult]:
    return {r.id: r for results in cluster.run([(j,) for j in jobs]) for r in results}


def test_jobs_are_measured(cluster: ClipCluster, tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / f"{n}.mp4", left_deg=10.0 + n, seed=n) for n in range(3)]
    results = done(cluster, *(job(c, name=c.stem) for c in clips))
    assert len(results) == 3
    assert all(r.json and not r.failures and len(r.shas) == 1 for r in results.values())


@pytest.mark.parametrize(
    ("does", "code", "detail"),
    [
        ("crash", "crashed", "crashed"),
        pytest.param("hang", "deadline", "8 s", marks=pytest.mark.limits(DEADLINE_S, 2 << 30)),
        pytest.param("eat", "out_of_memory", "0.59 GB", marks=pytest.mark.limits(300.0, 600 << 20)),
    ],
)
def test_a_clip_that_ends_its_process_is_one_failure_and_the_rest_goes_on(
    cluster: ClipCluster, tmp_path: Path, does: str, code: str, detail: str
) -> None:
    bad, good = write_clip(tmp_path / "bad.mp4", **{does: True}), write_clip(tmp_path / "good.mp4")
    results = done(cluster, job(good, bad, name="both"), *(job(good, name=f"good{n}") for n in range(8)))
    assert [(f.file, f.code, f.tries) for f in results["both"].failures] == [(str(bad), code, 2)]
    assert detail in results["both"].failures[0].message
    assert results["both"].json, "measured from the other clip"
    assert all(r.json and not r.failures for name, r in results.items() if name != "both"), "nobody else is to blame"


@pytest.mark.limits(DEADLINE_S, 2 << 30)
def test_a_hanging_clip_is_stopped_though_it_holds_the_interpreters_lock(cluster: ClipCluster, tmp_path: Path) -> None:
    start = time.monotonic()
    result = done(cluster, job(write_clip(tmp_path / "bad.mp4", hog=True)))["j"]
    assert [(f.code, f.tries) for f in result.failures] == [("deadline", 2)]
    assert time.monotonic() - start < 2 * DEADLINE_S + 120


def test_what_happens_once_is_no_failure(cluster: ClipCluster, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", crash_once=str(tmp_path / "crashed"))
    result = done(cluster, job(clip))["j"]
    assert (tmp_path / "crashed").exists()
    assert result.failures == []
    assert result.json


def test_one_of_a_dozen_that_crashes_takes_none_of_them_along(cluster: ClipCluster, tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / f"{n}.mp4", seed=n, crash=n == 5) for n in range(12)]
    chunk = tuple(job(c, name=c.stem) for c in clips)
    results = {r.id: r for part in cluster.run([chunk]) for r in part}
    assert [r.id for r in results.values() if r.failures] == ["5"]
    assert sum(r.json is not None for r in results.values()) == 11


def test_errors_of_every_kind_become_failures(tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / f"{does}.mp4", **{does: True}) for does in ("unreadable", "bug", "grow")]
    clips += [tmp_path / "gone.mp4", tmp_path / "empty.npz"]
    clips[-1].touch()
    steps: list[int] = []
    result = run_job(job(*clips), options=OPTIONS, on_step=steps.append)
    codes = [f.code for f in result.failures]
    assert codes == ["unreadable", "program_error", "changed_while_read", "unreadable", "unreadable"]
    assert "film it again" in result.failures[0].message
    assert "ZeroDivisionError: a mistake of ours" in result.failures[1].message
    assert result.json is None
    assert steps == [0, 1, 2, 3, 4, -1]


def test_nothing_that_a_message_tells_holds_a_password(tmp_path: Path) -> None:
    def read(path: Path, secret: str) -> Sequence[str]:
        source = ClipFile("s3://bucket/a.mp4", source=secret)
        result = run_job(PlannedSession("j", "j", (source,)), options=OPTIONS, on_step=lambda clip: None)
        return [f.message for f in result.failures]

    (message,) = read(tmp_path, "http://user:hunter2@127.0.0.1:9/a.mp4?X-Signature=hunter2")
    assert "hunter2" not in message
    assert "hunter2" not in repr(ClipFile("a", source="http://user:hunter2@h/"))
