"""One session on a worker: fetch, hash and read each clip, analyse them together, make the table rows.

This runs in a child process of the worker (see ``child``), so that nothing a clip does can reach another one.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobility_check.batch.fetch import fetched
from mobility_check.batch.inputs import is_url
from mobility_check.batch.keys import Fingerprint
from mobility_check.batch.problems import Failure, failure
from mobility_check.batch.tables import rep_rows, side_rows
from mobility_check.errors import InputError, MobilityCheckError

if TYPE_CHECKING:
    from mobility_check.kinematics.track import PoseTrack
    from mobility_check.settings import Settings

RECORD = "mobility_check.pipeline:record_track"
TRACK_SUFFIX = ".npz"
"""Files of this ending are saved tracks: they are replayed, not read as video."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done with a session; functions by dotted name (``module:function``), since workers are other processes.

    Attributes:
        record: makes a track of a clip, like :func:`mobility_check.pipeline.record_track`.
        writers: each is called as ``writer(session, clips=[path…], folder=path, subject=…, date=…)`` and writes
            further files of a session into ``folder``.
    """

    settings: Settings
    record: str = RECORD
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobFile:
    """A clip to read: ``uri`` is its name in the results, ``source`` where the worker opens it."""

    uri: str
    source: str


@dataclass(frozen=True, slots=True)
class Job:
    """One session to analyse; ``subject`` and ISO ``date`` are for its writers."""

    id: str
    files: tuple[JobFile, ...]
    subject: str | None = None
    date: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a job: the result's JSON text (None if no clip could be read), table rows, failures, hashes.

    ``seconds`` is all the time the job took, ``analysis_s`` the part spent on reading and measuring its clips.
    """

    id: str
    json: bytes | None = None
    sides: list[dict[str, Any]] = field(default_factory=list)
    reps: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    shas: dict[str, str] = field(default_factory=dict)
    extras: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0
    analysis_s: float = 0.0


def resolve(name: str) -> Callable[..., Any]:
    """The function of a dotted name ``module:function``."""
    module, _, function = name.partition(":")
    resolved: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return resolved


def fingerprint(settings: Settings) -> Fingerprint:
    """What this computer would measure with.

    Raises:
        ModelError: the model is missing or damaged.
    """
    from importlib.metadata import PackageNotFoundError, version

    import mobility_check
    from mobility_check.pose.models import find_model

    try:
        mediapipe = version("mediapipe")
    except PackageNotFoundError:
        mediapipe = "missing"
    return Fingerprint(
        mobility_check.__version__, mediapipe, find_model(settings.model).sha256,
        find_model(settings.tracking_model).sha256, settings.digest(),
    )  # fmt: skip


def warm_up(recipe: Recipe) -> Fingerprint:
    """Import all that a job will need, once, and say what this worker measures with."""
    for name in (RECORD, recipe.record, *recipe.writers):
        resolve(name)
    return fingerprint(recipe.settings)


def run_job(job: Job, *, recipe: Recipe, on_step: Callable[[str], None]) -> Outcome:
    """Analyse one session; every clip that cannot be read becomes a failure row, whatever went wrong with it.

    ``on_step`` is told the URI of the clip that is read next, and "" when all were read.
    """
    start = time.perf_counter()
    outcome = Outcome(job.id)
    with ExitStack() as stack:
        read = list[tuple[JobFile, Path, "PoseTrack"]]()
        for file in job.files:
            on_step(file.uri)
            try:
                read.append((file, *_read(file, recipe, stack, outcome)))
            except Exception as e:  # noqa: BLE001 -- the border: one clip's trouble must not stop the other thousands
                outcome.failures.append(_failed(file, e))
        on_step("")
        if read:
            try:
                _analyse(outcome, job, read, recipe)
            except Exception as e:  # noqa: BLE001 -- the border, as above
                outcome.failures.extend(_failed(file, e) for file, _, _ in read)
    outcome.seconds = time.perf_counter() - start
    return outcome


def _read(file: JobFile, recipe: Recipe, stack: ExitStack, outcome: Outcome) -> tuple[Path, PoseTrack]:
    before = _stamp(file.source)
    path, sha = stack.enter_context(fetched(file.source))
    outcome.shas[file.uri] = sha
    with _timed(outcome):
        if path.suffix.lower() == TRACK_SUFFIX:
            track = _load_track(path)
            meta = replace(track.meta, path=file.uri)
        else:
            track = resolve(recipe.record)(path, settings=recipe.settings)
            meta = replace(track.meta, path=file.uri, sha256=sha)
    if _stamp(file.source) != before:
        raise _ChangedError
    return path, replace(track, meta=meta)


def _load_track(path: Path) -> PoseTrack:
    from mobility_check.pose.store import load_track

    return load_track(path)


@contextmanager
def _timed(outcome: Outcome) -> Iterator[None]:
    start = time.perf_counter()
    yield
    outcome.analysis_s += time.perf_counter() - start


def _stamp(source: str) -> tuple[int, int] | None:
    if is_url(source) or not os.path.exists(source):
        return None
    info = os.stat(source)
    return info.st_size, info.st_mtime_ns


class _ChangedError(Exception):
    """The file was written to while it was read."""


def _failed(file: JobFile, error: Exception) -> Failure:
    if isinstance(error, _ChangedError):
        return failure(file.uri, "changed_while_read", tries=1)
    if isinstance(error, MemoryError):
        return failure(file.uri, "out_of_memory", detail="this computer has", tries=1)
    if isinstance(error, MobilityCheckError):
        code = "fetch_failed" if isinstance(error, InputError) and is_url(file.uri) else "unreadable"
        return failure(file.uri, code, detail=str(error), tries=1)
    return failure(file.uri, "program_error", detail=f"{type(error).__name__}: {error}", tries=1)


def _analyse(outcome: Outcome, job: Job, read: Sequence[tuple[JobFile, Path, PoseTrack]], recipe: Recipe) -> None:
    from mobility_check.pipeline import analyze_tracks

    with _timed(outcome):
        session = analyze_tracks([track for _, _, track in read], settings=recipe.settings)
    body = session.result.to_dict()
    if recipe.writers:
        with tempfile.TemporaryDirectory() as folder:
            clips = [path for _, path, _ in read]
            for name in recipe.writers:
                resolve(name)(session, clips=clips, folder=Path(folder), subject=job.subject, date=job.date)
            outcome.extras = {p.name: p.read_bytes() for p in sorted(Path(folder).iterdir())}
    outcome.sides, outcome.reps = side_rows(body), rep_rows(body)
    outcome.json = result_text(body)


def result_text(body: dict[str, Any]) -> bytes:
    """A result object as the text of its file: one line, which is written three times as fast as a laid out one."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")
