"""Runs the whole product over folders of clips with truth, as a user would: one ``analyze --json`` process a clip."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import mobility_check
from benchmarks.scoring import Clip, Json
from mobility_check.errors import UsageError
from mobility_check.files import atomic_path, sha256_of

PACKAGE = Path(mobility_check.__file__).resolve().parent
PROGRAM = "from mobility_check.cli import main; main()"
ENDINGS = (".mp4", ".webm", ".mov", ".mkv", ".avi")
NO_NUMBERS = ("batch", "cli", "export", "history", "live", "report", "schema", "validation")
"""Parts of the package that cannot change a number; a change of the others empties the cache."""
TIME_LIMIT_S = 1800
ANSWERED = (0, 10)


@dataclass(frozen=True, slots=True)
class Run:
    """How the product is called.

    Attributes:
        model, every_frame: as the options of ``analyze``.
        jobs: clips at once.
        cache: folder for results and tracks, or None to keep nothing.
        rescore: score the kept tracks again instead of looking at the pictures, where there are any. Quick, but right
            only if nothing has changed that makes tracks.
    """

    model: str | None = None
    every_frame: bool = False
    jobs: int = 1
    cache: Path | None = None
    rescore: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The options of ``analyze``."""
        return (*(("--model", self.model) if self.model else ()), *(("--every-frame",) if self.every_frame else ()))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the product said about one clip; ``result`` is None where it failed, ``failure`` holds its sentence."""

    result: Json | None
    failure: str = ""
    track: Path | None = None


def clips_in(folder: Path) -> list[Path]:
    """The clips of a folder that have their truth beside them.

    Raises:
        UsageError: there is none.
    """
    found = sorted(p for p in folder.glob("*") if p.suffix in ENDINGS and truth_path(p).is_file())
    if not found:
        raise UsageError(f"'{folder}' holds no clip with a NAME.truth.json beside it.")
    return found


def truth_path(clip: Path) -> Path:
    """Where the truth of a clip is."""
    return clip.with_suffix(".truth.json")


def run_folder(folder: Path, run: Run, say: Callable[[str], None]) -> list[Clip]:
    """Analyse every clip of a folder; ``say`` is told of each."""
    paths = clips_in(folder)
    code = code_digest()

    def one(path: Path) -> Clip:
        answer = analyse(path, run, code=code)
        say(f"{folder.name}/{path.stem}: {_brief(answer)}")
        truth = json.loads(truth_path(path).read_text(encoding="utf-8"))
        return Clip(path.stem, folder.name, truth, answer.result, answer.failure)

    with ThreadPoolExecutor(max_workers=run.jobs) as pool:
        return list(pool.map(one, paths))


def analyse(path: Path, run: Run, *, code: str) -> Answer:
    """Run the product on one clip, or give what it said the last time about the same clip, options and program."""
    if run.cache is None:
        return _call([str(path), *run.options])
    source = hashlib.sha256("\n".join([sha256_of(path), *run.options]).encode()).hexdigest()[:16]
    track = run.cache / f"{path.stem}-{source}.npz"
    kept = run.cache / f"{path.stem}-{source}-{code[:16]}.json"
    if kept.is_file():
        return Answer(json.loads(kept.read_text(encoding="utf-8")), track=track if track.is_file() else None)
    run.cache.mkdir(parents=True, exist_ok=True)
    if run.rescore and track.is_file():
        return Answer(_score_track(track, run), track=track)
    answer = replace(_call([str(path), "--save-track", str(track), *run.options]), track=track)
    if answer.result is not None:
        with atomic_path(kept) as tmp:
            tmp.write_text(json.dumps(answer.result), encoding="utf-8")
    return answer


def code_digest(package: Path | None = None) -> str:
    """Fingerprint of all program files that can change a number."""
    root = package or PACKAGE
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        inside = file.relative_to(root)
        if inside.parts[0] not in NO_NUMBERS:
            digest.update(inside.as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _score_track(track: Path, run: Run) -> Json:
    """Score a kept track in this process: the same analysis, without pictures and without starting a program."""
    from mobility_check.pipeline import analyze_track
    from mobility_check.pose.store import load_track
    from mobility_check.settings import load_settings

    settings = load_settings(model=run.model, every_frame=run.every_frame or None)
    return analyze_track(load_track(track), settings=settings).result.to_dict()


def _call(arguments: Sequence[str]) -> Answer:
    command = [sys.executable, "-c", PROGRAM, "analyze", "--json", *arguments]
    env = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=TIME_LIMIT_S, check=False, env=env
        )
    except subprocess.TimeoutExpired:
        return Answer(None, f"took more than {TIME_LIMIT_S} s")
    if done.returncode not in ANSWERED:
        return Answer(None, f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return Answer(json.loads(done.stdout))


def _brief(answer: Answer) -> str:
    if answer.result is None:
        return f"FAILED, {answer.failure}"
    scores = [(side, answer.result["sides"][side]["score_deg"]) for side in ("left", "right")]
    said = ", ".join(f"{side} {value:.1f}°" for side, value in scores if value is not None)
    return f"{answer.result['status']} {said}".strip()
