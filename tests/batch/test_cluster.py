"""Workers that differ, workers, clients and schedulers that die: everything here is a real process."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_clips import RECORD, write_clip
from mobility_check.batch.clips import ClipFile
from mobility_check.batch.cluster import ClipCluster, LostClusterError, open_cluster
from mobility_check.batch.job import Fingerprint, JobResult, Options, fingerprint
from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.run import run_batch
from mobility_check.errors import UsageError
from mobility_check.pose.store import save_track
from mobility_check.settings import Settings
from synthetic.stickfigure import kicking_track
from tests.once import once

ROOT = Path(__file__).parents[2]
OPTIONS = Options(Settings(workers=1), workers=2, record=RECORD)
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python processes (``start("-m", …, env={…})``) and ends them."""
    with ExitStack() as stack:

        def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, *arguments],
                    cwd=ROOT,
                    env={**os.environ, **(env or {})},
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
            stack.callback(process.kill)
            return process

        yield run


def until(condition: Callable[[], Any], *, timeout_s: float = 150.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def measured(out: Path) -> int:
    """How many sessions have a result file; the run state itself is held by the run."""
    return len(list((out / "sessions").glob("[!.]*.json")))


def start_scheduler(start: Start, tmp_path: Path) -> tuple[str, subprocess.Popen[str]]:
    file = tmp_path / "scheduler.json"
    process = start(
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--dashboard-address",
        "127.0.0.1:0",
        "--scheduler-file",
        str(file),
    )
    until(lambda: file.exists() and file.read_text().rstrip().endswith("}"))  # it is there before it is written
    return str(json.loads(file.read_text())["address"]), process


def start_worker(start: Start, address: str, tmp_path: Path, **env: str) -> subprocess.Popen[str]:
    return start(
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
        "--local-directory",
        str(tmp_path / "dask"),
        env=env,
    )


def test_a_worker_that_measures_otherwise_stops_the_run_before_it_begins(scheduler: str) -> None:
    expected = Fingerprint("9.9", *("x" * 64 for _ in range(5)))
    engine = open_cluster(replace(OPTIONS, scheduler=scheduler), expected=expected)
    with pytest.raises(UsageError, match=r"2 of 2 workers .* mobility_check 0\.\d+\.\d+ ≠ 9\.9"), engine:
        pass


def test_a_worker_that_joins_late_and_differs_gets_no_clip_and_does_not_hold_the_run_up(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mobility_check.batch.cluster._LOST_S", 1.0)
    caplog.set_level(logging.ERROR)  # a cluster that another test started here has silenced it
    address, _ = start_scheduler(start, tmp_path)
    fit = start_worker(start, address, tmp_path)
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "sitecustomize.py").write_text("import mobility_check\nmobility_check.__version__ = '9.9'\n")
    clip = str(write_clip(tmp_path / "clip.mp4", takes_s=0.3))
    jobs = ((PlannedSession(str(n), str(n), (ClipFile(clip, source=clip),)),) for n in range(1000))
    outcomes, when_told = list[JobResult](), list[int]()

    def run(engine: ClipCluster) -> None:
        late = None
        for done in engine.run(jobs):
            outcomes.extend(done)
            if late is None and outcomes:
                late = start_worker(start, address, tmp_path, PYTHONPATH=f"{odd}{os.pathsep}{ROOT}")
            if not when_told and "is not used" in caplog.text:
                when_told.append(len(outcomes))
            if when_told and len(outcomes) >= when_told[0] + 3:
                fit.kill()

    with (
        open_cluster(replace(OPTIONS, scheduler=address), expected=fingerprint(Settings())) as engine,
        pytest.raises(LostClusterError, match=r"No worker is left that .*9\.9 ≠ 0"),
    ):
        run(engine)
    assert len(outcomes) >= when_told[0] + 3, "the fit worker goes on beside the other"
    assert not any(o.failures for o in outcomes)
    assert {json.loads(o.json or b"")["provenance"]["mobility_check"] for o in outcomes} == {
        fingerprint(Settings()).mobility_check
    }


def test_dasks_own_scheduler_and_workers_of_which_one_is_killed(tmp_path: Path, start: Start) -> None:
    address, _ = start_scheduler(start, tmp_path)
    victim, _ = (start_worker(start, address, tmp_path) for _ in range(2))
    for n in range(16):
        write_clip(tmp_path / "clips" / f"{n}.mp4", takes_s=0.4, seed=n)
    run = start("-c", SCRIPT, str(tmp_path / "clips"), str(tmp_path / "out"), address)
    until(lambda: measured(tmp_path / "out") >= 4)
    victim.kill()
    _, said = run.communicate(timeout=240)
    assert run.returncode == 0, said
    assert measured(tmp_path / "out") >= 16
    assert (tmp_path / "out" / "results.csv").read_text().count("scored,") == 2 * 2 * 16


def test_a_run_whose_scheduler_dies_ends_as_an_interruption(tmp_path: Path, start: Start) -> None:
    address, boss = start_scheduler(start, tmp_path)
    start_worker(start, address, tmp_path)
    for n in range(40):
        write_clip(tmp_path / "clips" / f"{n}.mp4", takes_s=0.3, seed=n)
    run = start("-c", SCRIPT, str(tmp_path / "clips"), str(tmp_path / "out"), address)
    until(lambda: measured(tmp_path / "out") >= 4)
    boss.kill()
    _, said = run.communicate(timeout=240)
    assert run.returncode == 0, said
    assert said == ""
    assert '"state": "interrupted"' in (tmp_path / "out" / "run.json").read_text()
    assert 4 <= measured(tmp_path / "out") < 40


SCRIPT = """
import sys
from pathlib import Path
from mobility_check.batch.run import Options, run_batch
from benchmarks.fake_clips import RECORD
if __name__ == "__main__":
    options = Options(record=RECORD, workers=2, scheduler=(sys.argv[3:] or [None])[0])
    run_batch([sys.argv[1]], Path(sys.argv[2]), options=options)
"""


def test_a_client_killed_again_and_again_ends_with_the_table_of_an_undisturbed_run(
    tmp_path: Path, start: Start, scheduler: str
) -> None:
    clips = tmp_path / "clips"
    for n in range(24):
        write_clip(clips / f"{n}.mp4", left_deg=8.0 + n % 9, takes_s=0.1, seed=n)
    write_clip(clips / "bad.mp4", unreadable=True)
    for wanted in (5, 14):
        run = start("-c", SCRIPT, str(clips), str(tmp_path / "out"), scheduler)
        until(lambda wanted=wanted: measured(tmp_path / "out") >= wanted)
        run.kill()
        run.wait()
    options = Options(record=RECORD, workers=2, scheduler=scheduler)
    for out in ("out", "undisturbed"):
        summary = run_batch([str(clips)], tmp_path / out, options=options)
        assert (summary.with_result, summary.failed, summary.left) == (24, 1, 0)
    for name in ("results.csv", "failures.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


COUNT = 160
"""Enough that an idle computer is not done before it is told to stop."""


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        for n in range(COUNT):
            save_track(kicking_track("x", left_deg=10.0, right_deg=12.0, seed=n), folder / f"{n}.npz")

    return once(tmp_path_factory, "tracks", make)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_command_says_what_is_done_and_goes_on(
    tracks: Path, tmp_path: Path, start: Start, stop: signal.Signals
) -> None:
    command = ("-m", "mobility_check", "batch", str(tracks), "-o", str(tmp_path / "out"), "-w", "1")
    run = start(*command)
    until(lambda: measured(tmp_path / "out") >= 12)
    run.send_signal(stop)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 130, said
    assert f"of {COUNT} clips are done and kept" in said
    assert "run the same command again to go on" in said
    assert "Traceback" not in said
    assert measured(tmp_path / "out") < COUNT
    assert '"state": "interrupted"' in (tmp_path / "out" / "run.json").read_text()
    if stop != signal.SIGINT:
        return  # what is on the disk is the same, and one of them is enough to go on from it
    again = start(*command)
    assert again.wait(timeout=240) == 0
    assert (tmp_path / "out" / "results.csv").read_text().count(",near,") == 2 * COUNT
