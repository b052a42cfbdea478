"""One session to measure: fetch, hash and read each clip, analyse them together. It runs in a worker process."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobility_check.batch.clips import ClipFile, digest_of, fetched, is_url, look_at
from mobility_check.batch.problems import Failure, failure
from mobility_check.errors import InputError, MobilityCheckError
from mobility_check.language import N_
from mobility_check.text import without_credentials

if TYPE_CHECKING:
    from mobility_check.assessments.movements import FoundClip
    from mobility_check.settings import Settings

RECORD = "mobility_check.pipeline:record_clip"
TRACK_SUFFIX = ".npz"
"""Files of this ending are saved tracks: they are replayed, not read as video."""
WHOLE_SESSION = -1


@dataclass(frozen=True, slots=True)
class ClipLimits:
    """Per clip: seconds, and bytes of memory of its process."""

    deadline_s: float = 900.0
    memory_bytes: int = 3 << 30


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done with a session; functions by dotted name (``module:function``), since workers are other processes.

    Attributes:
        record: finds the movements of a clip, like :func:`mobility_check.pipeline.record_clip`.
        writers: each is called as ``writer(session, clips=[path…], folder=path, subject=…, date=…)`` and writes
            further files of a session into ``folder``.
    """

    settings: Settings
    record: str = RECORD
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionJob:
    """One session to analyse; ``subject`` and ISO ``date`` are for its writers, ``attempt`` counts submissions."""

    id: str
    files: tuple[ClipFile, ...]
    subject: str | None = None
    date: str | None = None
    attempt: int = 0

    @property
    def ticket(self) -> str:
        """Names this submission of it."""
        return f"{self.id}-{self.attempt}"


@dataclass(slots=True)
class JobResult:
    """What became of a job: the result's JSON text (None if no clip could be read), failures, content hashes, files."""

    id: str
    json: bytes | None = None
    failures: list[Failure] = field(default_factory=list)
    shas: dict[str, str] = field(default_factory=dict)
    extras: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What must be the same on every computer of a run, since it changes the numbers."""

    mobility_check: str
    mediapipe: str
    model_sha256: str
    tracking_model_sha256: str
    settings_sha256: str
    coefficients_sha256: str

    def digest(self) -> str:
        """One hash of all of it."""
        return digest_of("run", *asdict(self).values())

    def difference(self, other: Fingerprint) -> str:
        """What differs, in any language ("model_sha256 1a2b… ≠ 3c4d…"), empty if nothing does."""
        theirs = asdict(other)
        return ", ".join(
            f"{name} {theirs[name][:12]} ≠ {ours[:12]}" for name, ours in asdict(self).items() if theirs[name] != ours
        )


def fingerprint(settings: Settings) -> Fingerprint:
    """What this computer would measure with.

    Raises:
        ModelError: the model is missing or damaged.
    """
    from importlib.metadata import PackageNotFoundError, version

    import mobility_check
    from mobility_check.pose.models import find_model
    from mobility_check.refinement.coefficients import load_coefficients

    try:
        mediapipe = version("mediapipe")
    except PackageNotFoundError:
        mediapipe = "missing"
    return Fingerprint(
        mobility_check.__version__,
        mediapipe,
        find_model(settings.model).sha256,
        find_model(settings.tracking_model).sha256,
        settings.digest(),
        load_coefficients().sha256,
    )


def resolve(name: str) -> Callable[..., Any]:
    """The function of a dotted name ``module:function``."""
    module, _, function = name.partition(":")
    resolved: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return resolved


def run_job(job: SessionJob, *, recipe: Recipe, on_step: Callable[[int], None], folder: str | None = None) -> JobResult:
    """Analyse one session; every clip that cannot be read becomes a failure, whatever went wrong with it.

    ``on_step`` is told the place of the clip that is read next, and :data:`WHOLE_SESSION` when all were read;
    ``folder`` is for temporary files.
    """
    outcome = JobResult(job.id)
    with ExitStack() as stack:
        read = list[tuple[ClipFile, Path, "FoundClip"]]()
        for place, file in enumerate(job.files):
            on_step(place)
            try:
                read.append((file, *_read(file, recipe, stack, outcome, folder)))
            except Exception as e:  # noqa: BLE001 -- decoders raise of every kind; one clip must not stop thousands
                outcome.failures.append(_failed(file, e))
        on_step(WHOLE_SESSION)
        if read:
            try:
                _analyse(outcome, job, read, recipe, folder)
            except Exception as e:  # noqa: BLE001 -- a fault of ours in one session must not stop the others either
                outcome.failures.extend(_failed(file, e) for file, _, _ in read)
    return outcome


def _read(
    file: ClipFile, recipe: Recipe, stack: ExitStack, outcome: JobResult, folder: str | None
) -> tuple[Path, FoundClip]:
    before = None if is_url(file.source) else look_at(file.source).stamp
    path, sha = stack.enter_context(fetched(file.source, folder=folder))
    outcome.shas[file.uri] = sha
    if path.suffix.lower() == TRACK_SUFFIX:
        from mobility_check.pipeline import find_movements
        from mobility_check.pose.store import load_track

        found = find_movements(load_track(path), settings=recipe.settings)
        meta = replace(found.recording.meta, path=file.uri)
    else:
        found = resolve(recipe.record)(path, settings=recipe.settings)
        meta = replace(found.recording.meta, path=file.uri, sha256=sha)
    if before is not None and look_at(file.source).stamp != before:
        raise _ChangedError
    return path, found.with_meta(meta)


class _ChangedError(Exception):
    """The file was written to while it was read."""


def _failed(file: ClipFile, error: Exception) -> Failure:
    if isinstance(error, _ChangedError):
        return failure(file.uri, "changed_while_read", tries=1)
    if isinstance(error, MemoryError):
        return failure(file.uri, "out_of_memory", detail=N_("this computer has"), tries=1)
    if isinstance(error, MobilityCheckError):
        code = "fetch_failed" if isinstance(error, InputError) and is_url(file.uri) else "unreadable"
        return failure(file.uri, code, detail=without_credentials(str(error)), tries=1)
    detail = without_credentials(f"{type(error).__name__}: {error}")
    return failure(file.uri, "program_error", detail=detail, tries=1)


def _analyse(
    outcome: JobResult,
    job: SessionJob,
    read: Sequence[tuple[ClipFile, Path, FoundClip]],
    recipe: Recipe,
    folder: str | None,
) -> None:
    from mobility_check.pipeline import assess_clips

    session = assess_clips([found for _, _, found in read], settings=recipe.settings)
    if recipe.writers:
        with tempfile.TemporaryDirectory(dir=folder) as written:
            clips = [path for _, path, _ in read]
            for name in recipe.writers:
                resolve(name)(session, clips=clips, folder=Path(written), subject=job.subject, date=job.date)
            outcome.extras = {p.name: p.read_bytes() for p in sorted(Path(written).iterdir()) if p.is_file()}
    outcome.json = result_text(session.result.to_dict())


def result_text(body: dict[str, Any]) -> bytes:
    """A result object as the text of its file: one line, which is written three times as fast as a laid out one."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")
