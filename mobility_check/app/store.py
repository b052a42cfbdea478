"""What the app keeps on disk: uploads, jobs and kept clips, in folders that only the user can read.

A folder's name is made here, never taken from a request: ids are checked against their form before they are used.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from mobility_check.app.words import text
from mobility_check.errors import UsageError
from mobility_check.files import CLIP_SUFFIXES, atomic_path, make_folder
from mobility_check.kinematics.landmarks import Side

State = Literal["queued", "running", "live", "choose", "done", "failed"]
T = TypeVar("T")
ID = re.compile(r"[a-z0-9]{16}")
RESERVE_BYTES = 1 << 30
"""Disk space that uploads leave free."""
MAX_NAME = 120
FAULT_FILE = "last-fault.txt"
"""Where in the app's folder the trace of a fault of the program is, for a bug report."""
STALE_S = 24 * 3600.0
"""An upload that was not finished is removed after this."""


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement that was asked for."""

    id: str
    names: tuple[str, ...]  # what the user calls the clips; never used as paths
    suffixes: tuple[str, ...]
    subject: str | None = None
    date: str | None = None
    test: str = "kick-back"
    note: str = ""
    pain: dict[Side, bool | None] = field(default_factory=dict)  # whether each leg hurt; None where it was not asked
    keep: bool = False  # whether the clips stay in the folder of kept clips
    person: str | None = None  # which of several people is measured, as Settings.person takes it
    people: int = 0  # how many there are to choose from
    kicker: int = 0  # who of them seems to kick
    reps: int = 3  # of a live check: kicks to count per leg
    pictures: bool = True  # of a live check: whether its report has any
    state: State = "queued"
    share: float = 0.0  # how much is done, 0..1
    message: str = ""  # why it failed
    headline: str = ""
    session: str | None = None  # id in the history, once saved
    created: float = field(default_factory=time.time)


class Store:
    """The app's folder.

    Attributes:
        senders: the request that is writing each upload.
    """

    def __init__(self, root: Path) -> None:
        self.root = make_folder(root)
        self.senders: dict[str, object] = {}
        self.uploads, self.jobs, self.clips, self.pictures = (
            make_folder(self.root / name) for name in ("uploads", "jobs", "clips", "pictures")
        )

    # preferences

    def preference(self, name: str, default: int) -> int:
        """A choice of the user's."""
        with suppress(KeyError):
            return _read(self.root / "preferences.json", dict[str, int])[name]
        return default

    def set_preference(self, name: str, value: int) -> None:
        """Keep a choice of the user's."""
        _write(self.root / "preferences.json", {name: value})

    # uploads

    def room_bytes(self) -> int:
        """What clips may take of the disk."""
        return max(0, shutil.disk_usage(self.uploads).free - RESERVE_BYTES)

    def new_upload(self, name: str, size: int) -> str:
        """Begin an upload and give its id.

        Raises:
            UsageError: the kind of file is not one that is measured, or the disk has no room for it.
        """
        suffix = Path(name.lower()).suffix
        if suffix not in CLIP_SUFFIXES:
            raise UsageError(
                "“{name}” is not a video; choose a clip such as an .mp4 or .mov file.", name=name[:MAX_NAME]
            )
        if size <= 0:
            raise UsageError("“{name}” is empty; copy the clip from the camera again.", name=name[:MAX_NAME])
        if size > (room := self.room_bytes()):
            raise UsageError(
                "The clip needs {needs_gb:.1f} GB and the disk has {free_gb:.1f} GB to spare; free some space.",
                needs_gb=size / 1e9,
                free_gb=room / 1e9,
            )
        upload = _new_id()
        _write(self.uploads / f"{upload}.json", {"name": name[:MAX_NAME], "size": size, "suffix": suffix})
        (self.uploads / upload).touch(mode=0o600)
        return upload

    def upload(self, upload: str) -> tuple[Path, dict[str, Any]]:
        """The file of an upload, and its name, size and suffix.

        Raises:
            KeyError: there is none of that id.
        """
        path = self.uploads / _checked(upload)
        if not path.is_file():
            raise KeyError(upload)
        return path, _read(path.with_suffix(".json"), dict[str, Any])

    def sweep(self) -> None:
        """Remove uploads that were left half-way a day ago or longer, and live checks that never ended."""
        for job in self.all_jobs():
            if job.state == "live":
                self.delete(job.id)
        for file in self.uploads.iterdir():
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > STALE_S:
                    file.unlink()

    # jobs

    def folder(self, job: str) -> Path:
        """The folder of a job.

        Raises:
            KeyError: there is none of that id.
        """
        folder = self.jobs / _checked(job)
        if not folder.is_dir():
            raise KeyError(job)
        return folder

    def new_job(self, uploads: list[str], **fields_: Any) -> Job:
        """Make a job of finished uploads; their files move into its folder.

        Raises:
            KeyError: an upload is not there.
            UsageError: an upload is not complete.
        """
        found = [self.upload(u) for u in dict.fromkeys(uploads)]
        if not found or any(path.stat().st_size != facts["size"] for path, facts in found):
            raise UsageError("A clip has not been copied whole yet; wait for it, or choose it again.")
        job = Job(_new_id(), tuple(f["name"] for _, f in found), tuple(f["suffix"] for _, f in found), **fields_)
        make_folder(self.jobs / job.id)
        for (path, _), target in zip(found, self.files(job), strict=True):
            path.rename(target)
            path.with_suffix(".json").unlink()
        self.save(job)
        return job

    def live_job(self, **fields_: Any) -> Job:
        """Make the job of a live check; it has no clip and does not wait in the queue."""
        job = Job(_new_id(), (text("live.camera"),), (), state="live", **fields_)
        make_folder(self.jobs / job.id)
        self.save(job)
        return job

    def files(self, job: Job) -> list[Path]:
        """Where the job's clips are: in its own folder, or in that of the kept ones."""
        base = self.clips / job.id if job.keep else self.jobs / job.id / "clip"
        return [base.with_name(f"{base.name}-{i + 1}{suffix}") for i, suffix in enumerate(job.suffixes)]

    def save(self, job: Job) -> None:
        """Keep the job as it is now."""
        _write(self.jobs / job.id / "job.json", job)

    def job(self, job: str) -> Job:
        """The job of that id.

        Raises:
            KeyError: there is none.
        """
        return _read(self.folder(job) / "job.json", Job)

    def all_jobs(self) -> list[Job]:
        """Every job, newest first."""
        return sorted(self._jobs(), key=lambda j: -j.created)

    def _jobs(self) -> Iterator[Job]:
        for folder in self.jobs.iterdir():
            with suppress(KeyError):
                yield self.job(folder.name)

    def delete(self, job: str) -> None:
        """Remove a job with everything that it made; kept clips too."""
        for file in self.files(self.job(job)):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.folder(job), ignore_errors=True)  # its process may be writing a last file

    def drop_clips(self, job: Job) -> None:
        """Remove a job's copies of its clips, unless they are kept."""
        if not job.keep:
            for file in self.files(job):
                file.unlink(missing_ok=True)

    def drop_pictures(self, session: str) -> None:
        """Remove the pictures of a saved session."""
        shutil.rmtree(self.pictures / session, ignore_errors=True)

    def requeue(self) -> list[Job]:
        """The jobs that a run of the server left unfinished, oldest first, waiting again."""
        left = [j for j in reversed(self.all_jobs()) if j.state in ("queued", "running")]
        waiting = [replace(j, state="queued", share=0.0) for j in left]
        for job in waiting:
            self.save(job)
        return waiting


def _new_id() -> str:
    return secrets.token_hex(8)


def _checked(text: str) -> str:
    if not ID.fullmatch(text):
        raise KeyError(text)
    return text


def _write(path: Path, value: Any) -> None:
    with atomic_path(path, durable=False) as tmp:
        tmp.write_bytes(msgspec.json.encode(value))


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as e:
        raise KeyError(path.stem) from e
