"""The durable log of a run: one JSON line per finished session. What it says is done is done; nothing else is.

A line counts once it is whole and on the disk (``fsync``). A line that a crash or a full disk tore is cut off when the
log is opened again, so the session it stood for is simply still to do: nothing is lost, nothing counted twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from mobility_check.batch.keys import Version
from mobility_check.errors import OutputError


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of a finished session: where its line is, and what it was made from."""

    offset: int
    key: str
    state: str
    json_bytes: int
    extras: tuple[str, ...]
    failed: int


class Journal:
    """An open log; ``entries`` by session id, ``shas`` the content hashes of every file ever looked at."""

    def __init__(self, path: Path) -> None:
        """Open or create the log.

        Raises:
            OutputError: the log cannot be opened for writing.
        """
        self.path = path
        self.entries: dict[str, Entry] = {}
        self.by_key: dict[str, str] = {}
        self.shas: dict[Version, str] = {}
        try:
            self._out = open(path, "ab", buffering=0)  # noqa: SIM115 -- closed by __exit__
            self._in = open(path, "rb")  # noqa: SIM115 -- closed by __exit__
            self._load()
        except OSError as e:
            raise OutputError(f"The log {path} cannot be opened ({e.strerror}).") from e

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._out.close()
        self._in.close()

    def add_hashes(self, shas: dict[Version, str]) -> None:
        """Remember content hashes.

        Raises:
            OutputError: they cannot be written.
        """
        if shas:
            self._append([{"hashes": [[*version, sha] for version, sha in shas.items()]}])

    def add(self, records: Sequence[dict[str, Any]]) -> None:
        """Log finished sessions, durably, all at once.

        Raises:
            OutputError: they cannot be written; they then count as not done.
        """
        if records:
            self._append(records)

    def read(self, session_id: str) -> dict[str, Any]:
        """The full record of a finished session."""
        self._in.seek(self.entries[session_id].offset)
        record: dict[str, Any] = json.loads(self._in.readline())
        return record

    def _append(self, records: Iterable[dict[str, Any]]) -> None:
        lines = [json.dumps(r, separators=(",", ":")).encode() for r in records]
        offset = self._out.seek(0, os.SEEK_END)
        try:
            _write_all(self._out, b"\n".join(lines) + b"\n")
        except OSError as e:
            self._out.truncate(offset)
            raise OutputError(
                f"The log {self.path} cannot be written ({e.strerror}); what was logged before is kept."
                " Make room on the disk and run the same command again."
            ) from e
        for line, record in zip(lines, records, strict=True):
            self._remember(offset, record)
            offset += len(line) + 1

    def _load(self) -> None:
        offset = 0
        for line in self._in:
            record = _parse(line)
            if record is not None:
                self._remember(offset, record)
            elif not line.endswith(b"\n"):
                self._out.truncate(offset)
                break
            offset += len(line)

    def _remember(self, offset: int, record: dict[str, Any]) -> None:
        for uri, size, stamp, sha in [*record.get("hashes", ()), *record.get("files", ())]:
            if sha:
                self.shas[(uri, size, stamp)] = sha
        if "session" not in record:
            return
        failed = len(record["failures"])
        entry = Entry(offset, record["key"], record["state"], record["json_bytes"], tuple(record["extras"]), failed)
        self.entries[record["session"]] = entry
        if entry.json_bytes and not failed:
            self.by_key[entry.key] = record["session"]


def _write_all(file: IO[bytes], data: bytes) -> None:
    """Unbuffered, so that nothing half-written is tried again later; on the disk when this returns."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def _parse(line: bytes) -> dict[str, Any] | None:
    """The record of a whole line; None for a torn or damaged one."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and ("hashes" in record or _complete(record)) else None


def _complete(record: dict[str, Any]) -> bool:
    return {"session", "key", "state", "files", "failures", "json_bytes", "extras"} <= record.keys()
