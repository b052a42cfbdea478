"""What makes two analyses the same: the clips' content, the model, the settings and this program's version."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobility_check.batch.fetch import hash_source
from mobility_check.errors import InputError

if TYPE_CHECKING:
    from mobility_check.batch.inputs import ClipFile

Version = tuple[str, "int | None", str]
"""Address, size in bytes and stamp of a file: the same as long as nobody touches it."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What must be the same on every computer of a run, since it changes the numbers."""

    mobility_check: str
    mediapipe: str
    model_sha256: str
    survey_model_sha256: str
    settings_sha256: str

    def digest(self) -> str:
        """One hash of all of it."""
        return digest_of("run", *dataclasses.astuple(self))

    def difference(self, other: Fingerprint) -> str:
        """What differs, in words ("model 1a2b… instead of 3c4d…"), empty if nothing does."""
        names = [f.name.removesuffix("_sha256").replace("_", " ") for f in dataclasses.fields(self)]
        pairs = zip(names, dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return ", ".join(f"{name} {b[:12]} instead of {a[:12]}" for name, a, b in pairs if a != b)


def digest_of(*parts: str) -> str:
    """SHA-256 of some texts; their borders count."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def result_key(run_digest: str, shas: Iterable[str]) -> str:
    """Key under which a session's result is kept: the same clips in another order or twice give the same key."""
    return digest_of(run_digest, *sorted(set(shas)))


def need_hash(files: Iterable[ClipFile], *, known: dict[Version, str], sizes: Iterable[int]) -> list[ClipFile]:
    """The files whose content must be looked at before anything is analysed.

    Only files of equal size can be copies of each other, so a file whose size is unique, here and among ``sizes`` (of
    files seen in earlier runs), is hashed by the worker that reads it anyway.
    """
    pending = [f for f in files if f.size is not None and f.version not in known]
    counts = dict[int | None, int]()
    for size in [*sizes, *(f.size for f in pending)]:
        counts[size] = counts.get(size, 0) + 1
    return [f for f in pending if counts[f.size] > 1]


def hash_files(files: Iterable[ClipFile], *, threads: int = 4) -> dict[Version, str]:
    """SHA-256 of each file that can be read; the others are left to the worker, which says why they cannot be."""

    def one(file: ClipFile) -> tuple[Version, str] | None:
        try:
            return file.version, hash_source(file.uri)
        except InputError:
            return None

    with ThreadPoolExecutor(threads) as pool:
        return dict(pair for pair in pool.map(one, files) if pair)
