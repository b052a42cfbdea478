"""Measures the batch against its bars: ``python -m benchmarks.batch [PART…] [--clips DIR]`` (all parts without names).

========  ==========================================================================================================
replay    20,000 saved tracks: memory growth of the client, time per session
kills     kill −9 of client, worker or scheduler at 30 random moments, resumed; the table equals an undisturbed run's
cluster   Dask's own scheduler and two workers as separate processes, one worker killed in the middle
trouble   50 clips, one hangs, one kills its process
speed     throughput of 2 workers against 1, and own overhead per clip (wants an otherwise idle computer)
clips     a folder of real clips and 12 broken files: every file in one place, scores equal to ``analyze``'s
========  ==========================================================================================================
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from benchmarks.fake_clips import RECORD, write_clip
from mobility_check.batch.job import Options
from mobility_check.batch.progress import Display, Tally
from mobility_check.batch.run import run_batch
from mobility_check.batch.tables import SEPARATOR
from mobility_check.pose.store import save_track
from synthetic.stickfigure import kicking_track

ROOT = Path(__file__).parents[1]
Figures = dict[str, str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts that are named and print a table of figures and bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parser.add_argument("--clips", type=Path, default=ROOT / "samples", help="folder of real clips (default: samples)")
    parser.add_argument("--analyzed", type=Path, help="folder of NAME.json that analyze --json printed for them")
    parser.add_argument("--keep", type=Path, help="folder in which the parts work; a stopped clips part goes on there")
    parser.add_argument("--sessions", type=int, default=20_000, help="tracks of the replay (default 20000)")
    parser.add_argument("--kills", type=int, default=30)
    options = parser.parse_args(arguments)
    for part in options.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix=f"batch-{part}-") as temporary:
            folder = options.keep / part if options.keep else temporary
            for what, figure in PARTS[part](Path(folder), options).items():
                print(f"| {part} | {what} | {figure} |", flush=True)


def replay(folder: Path, options: argparse.Namespace) -> Figures:
    """A few hundred figures, each many times over; some bytes after the end of a file make its content its own."""
    n = options.sessions
    clips = folder / "tracks"
    clips.mkdir()
    _make_tracks(clips, n)
    peak = _Peak()
    before = peak.now()
    start, cpu_s = time.monotonic(), _cpu_s()
    summary = run_batch([str(clips)], folder / "out", options=Options(workers=_cores()), display=peak)
    took_s = time.monotonic() - start
    client_s, workers_s = (b - a for a, b in zip(cpu_s, _cpu_s(), strict=True))
    start = time.monotonic()
    run_batch([str(clips)], folder / "out", options=Options(workers=_cores()))
    return {
        "sessions done": f"{summary.with_result} of {n}",
        "client memory growth (bar 200 MB)": f"{(peak.most - before) / 1e6:.0f} MB",
        "time per session, all told (bar 20 ms)": f"{1000 * took_s / n:.1f} ms",
        "processor time per session, client with scheduler": f"{1000 * client_s / n:.1f} ms",
        "processor time per session, workers with the analysis": f"{1000 * workers_s / n:.1f} ms",
        "the same command again, nothing to do": f"{time.monotonic() - start:.0f} s",
        "output folder": f"{sum(p.stat().st_size for p in (folder / 'out').rglob('*') if p.is_file()) / 1e6:.0f} MB",
    }


def _cpu_s() -> tuple[float, float]:
    """Processor time of this process, and of its children that have ended."""
    t = os.times()
    return t.user + t.system, t.children_user + t.children_system


def kills(folder: Path, options: argparse.Namespace) -> Figures:
    """Every life ends with the death of client, worker or scheduler; the last one is left alone."""
    rng = random.Random(7)
    clips = folder / "clips"
    count = 10 * options.kills
    _make_fakes(clips, count, takes_s=0.25)
    write_clip(clips / "bad.mp4", unreadable=True)
    out, dead = folder / "out", Counter[str]()
    for _ in range(options.kills):
        dead[_one_life(folder, clips, out, rng)] += 1
    with _cluster(folder, workers=2) as (address, _, _):
        left = count - _measured(out)
        for target in (out, folder / "undisturbed"):
            assert _client(clips, target, address).wait() == 0
    same = all(
        (out / n).read_bytes() == (folder / "undisturbed" / n).read_bytes() for n in ("results.csv", "failures.csv")
    )
    return {
        "killed in the middle": ", ".join(f"{n} × {name}" for name, n in sorted(dead.items())),
        "sessions left for the last run": str(left),
        "final tables equal to an undisturbed run's": "yes" if same else "NO",
        "every file in exactly one place": _once(clips, out),
    }


def _one_life(folder: Path, clips: Path, out: Path, rng: random.Random) -> str:
    """Run until something new is done, and a random moment longer; who was killed then."""
    before = _measured(out)
    with _cluster(folder, workers=2) as (address, scheduler, workers):
        client = _client(clips, out, address)
        _wait(lambda: _measured(out) > before or client.poll() is not None, timeout_s=900)
        time.sleep(rng.uniform(0.0, 1.0))
        victims = {
            "client": client.pid,
            "worker": _measuring(workers[0]),
            "nanny": workers[0].pid,
            "scheduler": scheduler.pid,
        }
        name = rng.choice(list(victims))
        os.kill(victims[name], signal.SIGKILL)
        name = name if client.poll() in (None, -signal.SIGKILL) else "nobody, all was done"
        time.sleep(rng.uniform(0.0, 1.0))
        client.kill()
        client.wait()
    return name


def _measuring(nanny: subprocess.Popen[bytes]) -> int:
    """The process that the nanny watches."""
    found = [p.pid for p in psutil.Process(nanny.pid).children() if "--multiprocessing-fork" in p.cmdline()]
    return found[0] if found else nanny.pid


def cluster(folder: Path, options: argparse.Namespace) -> Figures:
    """One of two workers dies half way."""
    clips = folder / "clips"
    _make_fakes(clips, 40, takes_s=0.5)
    with _cluster(folder, workers=2) as (address, _, workers):
        client = _client(clips, folder / "out", address)
        _wait(lambda: _measured(folder / "out") >= 15, timeout_s=900)
        workers[0].kill()
        code = client.wait()
    return {"exit code of the client": str(code), "every file in exactly one place": _once(clips, folder / "out")}


def trouble(folder: Path, options: argparse.Namespace) -> Figures:
    """Both bad clips are tried twice."""
    clips = folder / "clips"
    _make_fakes(clips, 48, takes_s=0.1)
    write_clip(clips / "hangs.mp4", hang=True)
    write_clip(clips / "crashes.mp4", crash=True)
    start = time.monotonic()
    summary = run_batch([str(clips)], folder / "out", options=Options(workers=2, record=RECORD, deadline_s=5.0))
    with (folder / "out" / "failures.csv").open(encoding="utf-8-sig", newline="") as file:
        why = {os.path.basename(r["file"]): r["reason"] for r in csv.DictReader(file)}
    return {
        "done / failed": f"{summary.with_result} / {summary.failed} ({why})",
        "whole run with a deadline of 5 s": f"{time.monotonic() - start:.1f} s",
    }


def speed(folder: Path, options: argparse.Namespace) -> Figures:
    """Real clips, each of its own content (a few bytes after the end of the file change its hash, not its pictures)."""
    clips = folder / "clips"
    clips.mkdir()
    sources = sorted(options.clips.glob("*.mp4"))
    for n in range(8):
        data = sources[n % len(sources)].read_bytes()
        (clips / f"{n}.mp4").write_bytes(data + b"\0\0\0\x08free" * (n + 1))
    wall = dict[int, float]()
    for workers in (1, 2):
        start = time.monotonic()
        run_batch([str(clips)], folder / f"out{workers}", options=Options(workers=workers))
        wall[workers] = time.monotonic() - start
    return {
        "1 worker / 2 workers, 8 clips, with start and end": f"{wall[1]:.1f} s / {wall[2]:.1f} s",
        "throughput of 2 workers against 1 (bar 1.85)": f"{wall[1] / wall[2]:.2f}",
        "own time per clip, client and cluster included": f"{_overhead(folder):.3f} s",
    }


def _overhead(folder: Path) -> float:
    """Wall time of 100 clips whose analysis is a fixed sleep, less that sleep; starting the cluster is in it."""
    clips = folder / "fakes"
    _make_fakes(clips, 100, takes_s=0.2)
    start = time.monotonic()
    run_batch([str(clips)], folder / "out-fakes", options=Options(workers=1, record=RECORD))
    took_s = time.monotonic() - start
    return (took_s - 100 * 0.2) / 100


def clips(folder: Path, options: argparse.Namespace) -> Figures:
    """Real clips and broken ones."""
    work = folder / "clips"
    sources = sorted(options.clips.glob("*.mp4"))
    if not work.exists():
        work.mkdir(parents=True)
        for source in sources:
            shutil.copy(source, work / source.name)
        _make_broken(work, sources[0])
    start = time.monotonic()
    summary = run_batch([str(work)], folder / "out", options=Options(workers=_cores(), deadline_s=3600.0))
    took_s = time.monotonic() - start
    if summary.interrupted is not None:
        return {"stopped": f"{summary.left} of {summary.files} clips are left; go on with the same --keep"}
    return {
        "clips with a result / failed": f"{summary.with_result} / {summary.failed} ({len(sources)} real, 12 broken)",
        "every file in exactly one place": _once(work, folder / "out"),
        "scores equal to analyze's": _compare(sources, folder / "out", options.analyzed),
        "time": f"{took_s:.0f} s, {60 * summary.files / took_s:.1f} clips/min with {_cores()} workers",
    }


def _compare(sources: Sequence[Path], out: Path, analyzed: Path | None) -> str:
    from mobility_check.pipeline import analyze

    batch = {
        json.loads(p.read_text())["inputs"][0]["path"].rsplit("/", 1)[-1]: p for p in (out / "sessions").glob("*.json")
    }
    worst, compared = 0.0, 0
    for source in sources:
        if analyzed and not (analyzed / f"{source.stem}.json").exists():
            continue
        alone = json.loads((analyzed / f"{source.stem}.json").read_text()) if analyzed else analyze(source).to_dict()
        ours = json.loads(batch[source.name].read_text())
        for side in ("left", "right"):
            a, b = (r["sides"][side]["score_deg"] for r in (alone, ours))
            if (a is None) != (b is None):
                return f"NO: {source.name} {side}: {a} against {b}"
            worst = max(worst, abs(a - b) if a is not None else 0.0)
        compared += 1
    return f"{compared} compared, largest difference {worst:.4f}°"


def _make_broken(folder: Path, good: Path) -> None:
    """Twelve files that no program can measure, or only in part."""
    data = good.read_bytes()
    texts: dict[str, bytes] = {
        "empty.mp4": b"",
        "noise.mp4": random.Random(1).randbytes(200_000),
        "text.mov": b"this is no video\n" * 100,
        "page.mp4": b"<!doctype html><title>404 not found</title>",
        "header-only.mp4": data[:64],
        "no-index.mp4": data.replace(b"moov", b"xxxx"),
        "zeros.avi": bytes(100_000),
        "picture.mp4": b"\xff\xd8\xff\xe0" * 99,
        "track.npz": b"PK\x03\x04 not a track",
        "archive.mkv": b"PK\x03\x04" + bytes(500),
        "sound.webm": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(400),
    }
    for name, content in texts.items():
        (folder / f"broken-{name}").write_bytes(content)
    (folder / "broken-link.mp4").symlink_to(folder / "nowhere")


class _Peak(Display):
    """A display that watches this process's memory instead of showing anything."""

    def __init__(self) -> None:
        super().__init__()
        self.most, self._process = 0, psutil.Process()

    def now(self) -> int:
        return int(self._process.memory_info().rss)

    def update(self, tally: Tally) -> None:
        self.most = max(self.most, self.now())

    def event(self, name: str, **facts: object) -> None:
        self.most = max(self.most, self.now())


def _make_tracks(folder: Path, n: int) -> None:
    first = min(n, 300)
    for i in range(first):
        track = kicking_track(f"{i}", left_deg=6.0 + i % 17, right_deg=8.0 + i % 13, seed=i)
        save_track(track, folder / f"{i:06d}.npz")
    for i in range(first, n):
        data = (folder / f"{i % first:06d}.npz").read_bytes()
        (folder / f"{i:06d}.npz").write_bytes(data + b"%06d" % i)


def _make_fakes(folder: Path, n: int, *, takes_s: float) -> None:
    for i in range(n):
        write_clip(folder / f"{i:04d}.mp4", left_deg=6.0 + i % 17, right_deg=8.0 + i % 13, seed=i, takes_s=takes_s)


@contextmanager
def _cluster(
    folder: Path, *, workers: int
) -> Iterator[tuple[str, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    quiet = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    with ExitStack() as stack:
        scheduler = _start(
            stack,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--scheduler-file",
            str(file),
            *quiet,
        )
        _wait(lambda: file.exists() and file.read_text().rstrip().endswith("}"), timeout_s=600)
        address = json.loads(file.read_text())["address"]
        started = [
            _start(
                stack,
                "-m",
                "distributed.cli.dask_worker",
                address,
                "--nthreads",
                "1",
                "--no-dashboard",
                "--local-directory",
                str(folder / "dask"),
            )
            for _ in range(workers)
        ]
        yield address, scheduler, started


def _client(clips: Path, out: Path, address: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys; from pathlib import Path; from mobility_check.batch.run import Options, run_batch\n"
        f"s = run_batch([sys.argv[1]], Path(sys.argv[2]), options=Options(scheduler=sys.argv[3], record={RECORD!r}))\n"
        "sys.exit(0 if s.interrupted is None else 130)"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(clips), str(out), address], cwd=ROOT)


def _start(stack: ExitStack, *arguments: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.send_signal, signal.SIGKILL)
    return process


def _wait(condition: Callable[[], bool], *, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("nothing happened in time")
        time.sleep(0.05)


def _measured(out: Path) -> int:
    """How many sessions have a result file; the run state is held by the run."""
    return len(list((out / "sessions").glob("[!.]*.json")))


def _once(clips: Path, out: Path) -> str:
    """Whether every file is in exactly one session of the results or one row of the failures."""
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        sessions = {r["session"]: r["files"].split(SEPARATOR) for r in csv.DictReader(file)}
    with (out / "failures.csv").open(encoding="utf-8-sig", newline="") as file:
        failed = [r["file"] for r in csv.DictReader(file)]
    found = Counter([f for files in sessions.values() for f in files] + failed)
    wanted = Counter(str(p) for p in clips.iterdir())
    return (
        f"yes, {len(wanted)} files" if found == wanted else f"NO: {found - wanted} too many, {wanted - found} missing"
    )


def _cores() -> int:
    return os.cpu_count() or 1


PARTS: dict[str, Callable[[Path, argparse.Namespace], Figures]] = {
    "replay": replay,
    "kills": kills,
    "cluster": cluster,
    "trouble": trouble,
    "speed": speed,
    "clips": clips,
}

if __name__ == "__main__":
    main()
