"""Two promises of the history, measured: it survives `kill -9`, and it stays quick when it is large.

    python -m benchmarks.history crash --kills 200
    python -m benchmarks.history size

``crash`` lets four processes save sessions into one history (two and two the same ones, at the same time) and kills all
four at a random moment, again and again; every fifth time on a history that does not exist yet, so that its making is
hit too. After each kill: the integrity check, every acknowledged session there, none twice, none in part.
``size`` times `history list` and `history progress` on 20,000 subjects and one with 500 sessions, against an empty one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mobility_check.history.curves import curves_of
from mobility_check.history.records import Record
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result, make_session

WRITERS = 4
FRESH_EVERY = 5
MAX_WAIT_S = 30.0
MAX_MAKING_S = 0.12
"""Killed at the latest so long after the start, while the history is still being made."""
MAX_SAVING_S = 0.04
"""Killed at the latest so long after the first session is safe: a save takes a hundredth of a second."""


def save_for_ever(database: Path, acknowledged: Path, prefix: str, curves: Mapping[str, Any]) -> None:
    """A writer: saves one session after the other and notes each id only after the store has said that it is safe."""
    n, parent = 0, os.getppid()
    with HistoryStore.open(database) as store, acknowledged.open("ab", buffering=0) as notes:
        while os.getppid() == parent:  # does not outlive a benchmark that is stopped
            n += 1
            result = make_result(clips=(f"{prefix}-{n}.mp4",))
            saved = store.save(result, subject=f"P-{n % 7}", date="2026-08-03", curves=curves)
            notes.write(f"{saved.id}\n".encode())


def crash(kills: int, *, folder: Path, seed: int = 0) -> dict[str, int]:
    """Kill all writers at ``kills`` random moments; returns how often the history was as it must be."""
    rng = random.Random(seed)
    good = sessions = 0
    curves = curves_of(make_session())
    with HistoryStore.open(folder / "before.db") as store:  # so that forked writers are quick at their first save
        store.save(make_result(), subject="P-0", date="2026-08-03", curves=curves)
    database, notes = folder / "0.db", folder / "0.txt"
    for k in range(kills):
        fresh = k % FRESH_EVERY == 0
        if fresh:
            database, notes = folder / f"{k}.db", folder / f"{k}.txt"
            notes.touch()
        _one_kill((database, notes), prefix=str(k), curves=curves, rng=rng, wait_for_first=not fresh)
        problems, found = check(database, set(notes.read_text().split()))
        sessions += found if (k + 1) % FRESH_EVERY == 0 or k == kills - 1 else 0
        good += not problems
        for problem in problems:
            print(f"kill {k}: {problem}", file=sys.stderr)
    return {"kills": kills, "good": good, "sessions_saved": sessions}


def _one_kill(
    files: tuple[Path, Path], *, prefix: str, curves: Mapping[str, Any], rng: random.Random, wait_for_first: bool
) -> None:
    notes = files[1]
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    pairs = [f"{prefix}-{w % 2}" for w in range(WRITERS)]
    writers = [context.Process(target=save_for_ever, args=(*files, pair, curves), daemon=True) for pair in pairs]
    size, deadline = notes.stat().st_size, time.monotonic() + MAX_WAIT_S
    for writer in writers:
        writer.start()
    while wait_for_first and notes.stat().st_size == size and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(rng.uniform(0.0, MAX_SAVING_S if wait_for_first else MAX_MAKING_S))
    for writer in rng.sample(writers, len(writers)):
        writer.kill()
    for writer in writers:
        writer.join()


def check(database: Path, acknowledged: set[str]) -> tuple[list[str], int]:
    """What is wrong with the history after a kill (nothing, if all is well), and how many sessions it holds."""
    with HistoryStore.open(database):
        pass
    with closing(sqlite3.connect(database)) as raw:
        integrity = raw.execute("PRAGMA integrity_check").fetchone()[0]
        ids = {row[0] for row in raw.execute("SELECT id FROM mobility_session")}
        clips = [json.loads(r[0])["inputs"][0]["path"] for r in raw.execute("SELECT result_json FROM mobility_session")]
        broken = raw.execute(
            "SELECT count(*) FROM mobility_session s WHERE (SELECT count(*) FROM mobility_side WHERE session_pk = s.pk)"
            " != 2"
            " OR NOT EXISTS (SELECT 1 FROM mobility_curves WHERE session_pk = s.pk)"
        ).fetchone()[0]
    problems = [] if integrity == "ok" else [f"integrity check: {integrity}"]
    problems += [f"{len(acknowledged - ids)} acknowledged sessions are lost"] if acknowledged - ids else []
    problems += ["a session is there twice"] if len(clips) != len(set(clips)) else []
    problems += [f"{broken} sessions are there in part"] if broken else []
    return problems, len(ids)


def large_history(database: Path, *, subjects: int, sessions: int) -> None:
    """One session of each of ``subjects`` people, and ``sessions`` of one more, ``P-long``."""
    template = make_result().to_dict()

    def records() -> Iterator[Record]:
        for n in range(subjects):
            yield _record(template, subject=f"P-{n:05d}", n=n, day=date(2020, 1, 1) + timedelta(days=n % 2000))
        for n in range(sessions):
            yield _record(template, subject="P-long", n=n, day=date(2020, 1, 1) + timedelta(days=4 * n))

    with HistoryStore.open(database) as store:
        store.save_records(records())


def _record(template: dict[str, object], *, subject: str, n: int, day: date) -> Record:
    made = make_result(18.0 + n % 5, 14.0 + n % 3, clips=(f"{subject}-{n}.mp4",)).to_dict()
    return Record("", subject, day.isoformat(), f"{day}T12:00:00", None, {**template, **made})


def size(*, folder: Path, subjects: int = 20_000, sessions: int = 500, rounds: int = 7) -> list[dict[str, object]]:
    """Time of whole commands, process start included, on an empty and on a large history.

    ``more_s`` is by the clock; ``more_cpu_s`` is processor time, which other programs on the machine disturb less.
    """
    empty, large = folder / "empty.db", folder / "large.db"
    large_history(empty, subjects=0, sessions=1)  # one session, so that every command has something to answer
    large_history(large, subjects=subjects, sessions=sessions)
    table: list[dict[str, object]] = []
    for arguments in (["list"], ["list", "P-long"], ["progress", "P-long"], ["progress", "P-long", "--goal", "25"]):
        times = [(_seconds(arguments, empty), _seconds(arguments, large)) for _ in range(rounds)]
        clock = [statistics.median(pair[i][0] for pair in times) for i in (0, 1)]
        processor = [statistics.median(pair[i][1] for pair in times) for i in (0, 1)]
        row = {"empty_s": clock[0], "large_s": clock[1], "more_s": clock[1] - clock[0]}
        row["more_cpu_s"] = processor[1] - processor[0]
        table.append({"command": " ".join(["history", *arguments]), **{k: round(v, 3) for k, v in row.items()}})
    return table


def _seconds(arguments: Iterable[str], database: Path) -> tuple[float, float]:
    """Seconds by the clock and of processor time that one command takes."""
    command = [sys.executable, "-m", "mobility_check", "history", *arguments]
    environment = {**os.environ, "MOBILITY_CHECK_DATABASE": str(database)}
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, used


def main() -> None:
    """Run one of the two and print its result as JSON; ``crash`` exits with 1 when a kill did harm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["crash", "size"])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.what == "size":
            print(json.dumps(size(folder=Path(folder)), indent=2))
            return
        found = crash(chosen.kills, folder=Path(folder), seed=chosen.seed)
    print(json.dumps(found))
    sys.exit(found["good"] != found["kills"])


if __name__ == "__main__":
    main()
