"""Feeds damaged clips to ``analyze``: ``python -m benchmarks.fuzz [--count N] [--seed S] [--jobs J] [--keep DIR]``.

Each mutant goes through the whole command line (reader, tracking, refinement, scoring, exit) in a process of its own;
only the pose model is replaced by a saved track, for it never sees the file. A mutant passes when the process ends in
time, within the memory, and either with a result that is whole or with one sentence and the exit code of
``mobility_check.errors``. Failing clips are kept with ``--keep``. Needs a POSIX system, for the limits.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.mutants import Mutant, make_bases, make_mutant
from mobility_check import cli, pipeline
from mobility_check.errors import EXIT_NOT_SCORED, EXIT_OK, InputError
from mobility_check.pose.replay import ReplayBackend
from mobility_check.results.result import Result
from synthetic.stickfigure import kicking_track

SAMPLE = Path(__file__).parents[1] / "samples" / "kickback-2026-08-03.mp4"
LIMIT_CPU_S = 20
LIMIT_WALL_S = 300
"""Only to end a process that waits for ever: on a busy computer little work takes long."""
LIMIT_RSS_MB = 2000.0
HARD_LIMIT_BYTES = 8 << 30
"""Of addresses, to spare the computer; ``LIMIT_RSS_MB`` is what is judged."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one process ended; ``wrong`` says what is wrong with that, empty if nothing is."""

    mutant: Mutant
    code: int
    cpu_s: float
    rss_mb: float
    wrong: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the mutants, print what failed and the count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="folder for the clips that failed")
    parser.add_argument("--whole", action="store_true", help="first the clips that they are made of, undamaged")
    parser.add_argument("--json", action="store_true", help="print how each one ended")
    options = parser.parse_args(arguments)
    bases = make_bases(SAMPLE)
    whole = [Mutant(n, "whole", name, data) for n, (name, data) in enumerate(bases.items())] if options.whole else []
    mutants = (make_mutant(bases, options.first + n, seed=options.seed) for n in range(options.count))
    outcomes = []
    for outcome in run(chain(whole, mutants), jobs=options.jobs, keep=options.keep):
        outcomes.append(outcome)
        if outcome.wrong and not options.json:
            print(f"{outcome.mutant.number} {outcome.mutant.kind} {outcome.mutant.base}: {outcome.wrong}", flush=True)
        if len(outcomes) % 500 == 0:
            print(f"{len(outcomes)} …", file=sys.stderr, flush=True)
    print(json.dumps([_plain(o) for o in outcomes]) if options.json else summary(outcomes))
    sys.exit(any(o.wrong for o in outcomes))


def _plain(outcome: Outcome) -> dict[str, object]:
    mutant = outcome.mutant
    return {
        "number": mutant.number,
        "kind": mutant.kind,
        "base": mutant.base,
        "code": outcome.code,
        "wrong": outcome.wrong,
    }


def summary(outcomes: Sequence[Outcome]) -> str:
    """The counts and the worst cases in a few lines."""
    right = sum(not o.wrong for o in outcomes)
    codes = ", ".join(f"{n} with exit code {code}" for code, n in sorted(Counter(o.code for o in outcomes).items()))
    slowest, largest = max(outcomes, key=lambda o: o.cpu_s), max(outcomes, key=lambda o: o.rss_mb)
    return (
        f"{right} of {len(outcomes)} mutated clips ended as they should ({codes}).\n"
        f"Slowest: {slowest.cpu_s:.1f} s of one core ({slowest.mutant.kind}, {slowest.mutant.base}).\n"
        f"Most memory: {largest.rss_mb:.0f} MB ({largest.mutant.kind}, {largest.mutant.base})."
    )


def run(mutants: Iterator[Mutant], *, jobs: int, keep: Path | None = None) -> Iterator[Outcome]:
    """Analyse each mutant in a process of its own, ``jobs`` at a time."""
    running: dict[int, _Process] = {}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        _load_modules(Path(folder))
        for mutant in mutants:
            while len(running) >= jobs:
                yield _ended(running, keep)
            process = _start(mutant, Path(folder))
            running[process.pid] = process
        while running:
            yield _ended(running, keep)


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    mutant: Mutant
    clip: Path

    def said(self, stream: str) -> str:
        return self.clip.with_suffix(f".{stream}").read_text(encoding="utf-8", errors="replace")


def _load_modules(folder: Path) -> None:
    """Import, once and not in every process, all that ``analyze`` imports on its way through a clip.

    A process of its own finds out the names, for a clip analysed here would leave threads that a fork cannot take.
    """
    names = folder / "modules"
    program = f"import sys, atexit; atexit.register(lambda: open({str(names)!r}, 'w').write(' '.join(sys.modules)))\n"
    program += f"sys.argv[1:] = ['analyze', '--json', {str(SAMPLE)!r}]\n"
    program += "from benchmarks.fuzz import replayed; replayed()"
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=True, cwd=SAMPLE.parents[1])
    for name in names.read_text().split():
        if name.partition(".")[0] != "__main__":
            with suppress(ModuleNotFoundError):  # Cython makes some while it runs
                importlib.import_module(name)
    gc.freeze()  # what the processes share stays shared


def replayed() -> None:
    """The command line with a saved track in place of the pose model."""
    pipeline.default_backend = lambda: ReplayBackend([kicking_track("", left_deg=15.0, right_deg=20.0)])
    cli.main()


def _start(mutant: Mutant, folder: Path) -> _Process:
    clip = mutant.write(folder)
    pid = os.fork()
    if pid == 0:
        _child(clip)
    return _Process(pid, mutant, clip)


def _child(clip: Path) -> None:
    """Become ``mobility-check analyze CLIP --json`` with limits; never returns."""
    code = None
    try:
        signal.alarm(LIMIT_WALL_S)
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_CPU_S, LIMIT_CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (HARD_LIMIT_BYTES, HARD_LIMIT_BYTES))
        for fd, stream in ((1, "out"), (2, "err")):
            os.dup2(os.open(clip.with_suffix(f".{stream}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), fd)
        sys.stdout, sys.stderr = (os.fdopen(fd, "w", encoding="utf-8", closefd=False) for fd in (1, 2))
        sys.argv = ["mobility-check", "analyze", str(clip), "--json"]
        replayed()
        code = 0
    except SystemExit as e:
        code = e.code if isinstance(e.code, int) else 1
    finally:
        if code is None:  # whatever escapes is a finding
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1 if code is None else code)


def _ended(running: dict[int, _Process], keep: Path | None) -> Outcome:
    """Wait for the next process to end."""
    pid, status, usage = os.wait4(-1, 0)
    process = running.pop(pid)
    code = os.waitstatus_to_exitcode(status)
    rss_mb = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    wrong = _wrong(process, code, rss_mb)
    if wrong and keep:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copy(process.clip, keep)
    for path in (process.clip, process.clip.with_suffix(".out"), process.clip.with_suffix(".err")):
        path.unlink(missing_ok=True)
    return Outcome(process.mutant, code, usage.ru_utime + usage.ru_stime, rss_mb, wrong)


def _wrong(process: _Process, code: int, rss_mb: float) -> str:
    """What is wrong with the way a process ended."""
    out, err = process.said("out"), process.said("err")
    if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM):
        return "hung"
    if rss_mb > LIMIT_RSS_MB:
        return f"took {rss_mb:.0f} MB"
    if "Traceback" in err:
        return err.strip()[-1500:]
    if code in (EXIT_OK, EXIT_NOT_SCORED):
        return f"a result, and on stderr: {err}" if err else _wrong_result(out, code)
    if code == InputError.exit_code:
        lines = err.strip().splitlines()
        good = len(lines) == 1 and process.clip.name in err and lines[0].endswith(".") and not out
        return "" if good else f"not one sentence: {err}"
    return f"exit code {code}: {err.strip()}"


def _wrong_result(out: str, code: int) -> str:
    try:
        result = Result.from_dict(json.loads(out))
    except ValueError as e:
        return f"no result on stdout: {e}"
    if (result.status == "not_scored") != (code == EXIT_NOT_SCORED):
        return f"exit code {code} with status {result.status}"
    return "" if result.status != "not_scored" or result.reasons else "not scored, and no word why"


if __name__ == "__main__":
    main()
