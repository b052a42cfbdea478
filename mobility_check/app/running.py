"""One server for the app's folder: a second start opens the one that runs."""

from __future__ import annotations

import hashlib
import http.client
import json
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mobility_check.app.gate import CONTROL_PATH, Gate
from mobility_check.errors import OutputError, UsageError
from mobility_check.files import atomic_path, make_folder

NOTE = "running.json"
LOCK = "running.lock"
"""Held by SQLite's lock on the file, which goes with the process, however that ends."""
WAIT_S = 15.0
"""Within this a server that starts has told its address, and one that ends has gone."""
STEP_S = 0.1


@contextmanager
def only_server(root: Path, *, database: str | None) -> Iterator[str | None]:
    """Be the folder's only server while the block lasts; gives the address of the one that is there already, if any.

    Raises:
        OutputError: the folder cannot be written.
        UsageError: there is one that shows another history, or does not answer.
    """
    with closing(sqlite3.connect(make_folder(root) / LOCK, timeout=0, isolation_level=None)) as lock:
        until_s = time.monotonic() + WAIT_S
        while not _taken(lock, root):
            if (address := _address(root, database)) is not None:
                yield address
                return
            if time.monotonic() > until_s:
                raise UsageError(
                    "mobility-check runs already, but does not answer; end that program, then start again."
                )
            time.sleep(STEP_S)
        yield None


def _taken(lock: sqlite3.Connection, root: Path) -> bool:
    """Whether this process holds the folder from now on."""
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as e:
        if "locked" in str(e):
            return False
        raise OutputError("'{path}' cannot be written ({why}); get the right to write there.", path=root, why=e) from e
    return True


@contextmanager
def noted(root: Path, gate: Gate, *, database: str | None) -> Iterator[None]:
    """While the block lasts, the folder says how a second start reaches this server."""
    note = root / NOTE
    with atomic_path(note, durable=False) as tmp:
        tmp.write_text(json.dumps({"port": gate.port, "control": gate.control, "database": _mark(database)}))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _address(root: Path, database: str | None) -> str | None:
    """A new address of the server that holds the folder; ``None`` while it does not answer.

    Raises:
        UsageError: it shows another history.
    """
    try:
        known = json.loads((root / NOTE).read_text(encoding="utf-8"))
        answer = _asked(int(known["port"]), str(known["control"]))
        address, mark = str(answer["address"]), known["database"]
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return None
    if mark != _mark(database):
        raise UsageError("mobility-check runs already, with another history; end it with Quit, then start again.")
    return address


def _asked(port: int, control: str) -> Any:
    origin = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {control}", "Origin": origin}
    request = urllib.request.Request(f"{origin}{CONTROL_PATH}", data=b"", headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=2) as answer:
        return json.load(answer)


def _mark(database: str | None) -> str:
    """Equal for the same history; it may hold a password."""
    named = str(Path(database).expanduser().absolute()) if database and "://" not in database else database or ""
    return hashlib.sha256(named.encode()).hexdigest()
