"""The run state: one SQLite file per run, held by one process. What it says is finished is finished, nothing else is.

The system's own file lock holds it: it goes with the process, however that ends, and no clock can take it over.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mobility_check.batch.clips import ClipFile
from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.problems import Failure
from mobility_check.errors import OutputError, UsageError
from mobility_check.language import N_

NAME = "run.sqlite"
_APPLICATION_ID = 0x6D636231
_WAIT_S = 1.0
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
CREATE TABLE run (digest TEXT NOT NULL);
CREATE TABLE clip (version TEXT PRIMARY KEY, size INTEGER, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE session (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL, facts TEXT NOT NULL, result BLOB
);
CREATE INDEX session_content ON session (content);
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """What is kept of a finished session.

    Attributes:
        id, name, state, content: of the planned session, as it was then.
        result: JSON text of its result object, None if no clip could be read.
        clips: content hash of each clip that was measured, by its address.
        extras: names of the further files that were written for it.
    """

    id: str
    name: str
    state: str
    content: str
    result: bytes | None
    failures: tuple[Failure, ...]
    clips: Mapping[str, str]
    extras: tuple[str, ...]


class RunState:
    """The open run state of ``folder``; nobody else can open it meanwhile.

    Raises:
        UsageError: another run holds it, or it belongs to other settings.
        OutputError: it cannot be written, is damaged, or is not ours.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self.path = folder / NAME
        with self._sentences():
            # an empty file for this user alone; one that is there is not opened: closing it would free its lock
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            if not stat.S_ISREG(os.lstat(self.path).st_mode):
                raise OSError(N_("it is no ordinary file"))
            try:
                self._connect(digest)
            except sqlite3.OperationalError as e:
                if "locked" not in str(e):
                    raise
                time.sleep(random.uniform(0.0, _WAIT_S / 2))  # after a crash two may lock each other out: one gets it
                self._connect(digest)

    def __enter__(self) -> RunState:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()

    def sha(self, file: ClipFile) -> str | None:
        """Content hash of a file, if it was looked at since it changed last."""
        return self._shas.get(file.version)

    def sizes(self) -> list[int]:
        """Sizes of all files that were ever looked at."""
        return [size for (size,) in self._db.execute("SELECT size FROM clip WHERE size IS NOT NULL")]

    def finished(self, session: PlannedSession) -> Finished | None:
        """What is kept of a session, if it is about the files as they are now."""
        rows = self._db.execute("SELECT * FROM session WHERE id = ? AND state = ?", (session.id, session.state))
        return next(map(_from_row, rows), None)

    def same_content(self, content: str) -> Finished | None:
        """A session with a result and no failure whose clips hold the same."""
        query = "SELECT * FROM session WHERE content = ? AND result IS NOT NULL ORDER BY id"
        rows = self._db.execute(query, (content,))
        return next((f for f in map(_from_row, rows) if content and not f.failures), None)

    def remember(self, shas: Mapping[ClipFile, str], finished: Iterable[Finished] = ()) -> None:
        """Keep content hashes and finished sessions, all or nothing, durably.

        Raises:
            OutputError: they cannot be written; those sessions then count as not done.
        """
        clips = [(f.version, f.size, sha) for f, sha in shas.items()]
        with self._sentences(), self._db:
            self._db.executemany("INSERT OR REPLACE INTO clip VALUES (?, ?, ?)", clips)
            self._db.executemany("INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?)", map(_to_row, finished))
        self._shas |= {version: sha for version, _, sha in clips}

    def _connect(self, digest: str) -> None:
        self._db = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level="EXCLUSIVE")
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self._db:
                self._db.execute("BEGIN EXCLUSIVE")
                if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    for statement in _SCHEMA.strip().split(";\n"):
                        self._db.execute(statement)
                    self._db.execute("INSERT INTO run VALUES (?)", (digest,))
            if self._db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
                raise sqlite3.DatabaseError(N_("it was written by another program"))
            if self._db.execute("SELECT digest FROM run").fetchone()[0] != digest:
                raise UsageError(
                    "The folder {folder} holds a run with other settings; give another with -o.",
                    folder=self.path.parent,
                )
            self._shas: dict[str, str] = dict(self._db.execute("SELECT version, sha256 FROM clip"))
        except BaseException:
            self._db.close()
            raise

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as e:
            if "locked" in str(e):
                raise UsageError(
                    "Another run writes to {folder}; wait until it ends, or give another folder with -o.",
                    folder=self.path.parent,
                ) from e
            raise OutputError(
                "{path} cannot be written ({why}); what was finished before is kept. Make room or get the right "
                "to write there, and run the same command again.",
                path=self.path,
                why=e,
            ) from e
        except sqlite3.DatabaseError as e:
            raise OutputError(
                "{path} is damaged or not ours ({why}); give another folder with -o.", path=self.path, why=e
            ) from e
        except OSError as e:
            raise OutputError(
                "{path} cannot be written ({why}); give another folder with -o.", path=self.path, why=e.strerror or e
            ) from e


def _to_row(f: Finished) -> tuple[str | bytes | None, ...]:
    facts = {"failures": [asdict(x) for x in f.failures], "clips": dict(f.clips), "extras": f.extras}
    result = None if f.result is None else zlib.compress(f.result, 1)
    return f.id, f.name, f.state, f.content, json.dumps(facts), result


def _from_row(row: tuple[str, str, str, str, str, bytes | None]) -> Finished:
    sid, name, state, content, text, result = row
    facts = json.loads(text)
    failures = tuple(Failure(**x) for x in facts["failures"])
    whole = None if result is None else zlib.decompress(result)
    return Finished(sid, name, state, content, whole, failures, facts["clips"], tuple(facts["extras"]))
