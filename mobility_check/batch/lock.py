"""One writer per output folder: a lock file that a crash cannot leave shut for good."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType

import psutil

from mobility_check.errors import OutputError, UsageError

STALE_S = 300.0
"""A lock of another computer that was not touched for this long is taken to be left over."""
_BEAT_S = 20.0


class FolderLock:
    """Holds ``folder`` while the block runs; call :meth:`beat` now and then so that other computers see it is alive.

    Raises:
        UsageError: another run is writing there. OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".lock"
        self._beaten = 0.0

    def __enter__(self) -> FolderLock:
        me = {"pid": os.getpid(), "host": socket.gethostname(), "started": psutil.Process().create_time()}
        for _ in range(2):
            try:
                with open(self._path, "x", encoding="utf-8") as file:
                    json.dump(me, file)
                return self
            except FileExistsError:
                self._remove_stale()
            except OSError as e:
                raise OutputError(f"The folder {self._path.parent} cannot be written ({e.strerror}).") from e
        raise UsageError(f"Another run has just begun to write to {self._path.parent}; give another folder with -o.")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._path.unlink(missing_ok=True)

    def beat(self) -> None:
        """Show that the run is alive."""
        if time.monotonic() - self._beaten > _BEAT_S:
            self._beaten = time.monotonic()
            os.utime(self._path)

    def _remove_stale(self) -> None:
        try:
            holder = json.loads(self._path.read_text(encoding="utf-8"))
            age_s = time.time() - self._path.stat().st_mtime
        except FileNotFoundError:
            return
        except ValueError:  # the power went while it was written
            holder, age_s = {}, STALE_S + 1
        if _alive(holder, age_s):
            where = f"process {holder.get('pid')} on {holder.get('host')}"
            raise UsageError(f"Another run ({where}) writes to {self._path.parent}; wait for it, or give another -o.")
        self._path.unlink(missing_ok=True)


def _alive(holder: dict[str, object], age_s: float) -> bool:
    if holder.get("host") != socket.gethostname():
        return age_s < STALE_S
    pid = holder.get("pid")
    try:
        return isinstance(pid, int) and abs(psutil.Process(pid).create_time() - float(str(holder.get("started")))) < 1.0
    except (psutil.Error, ValueError):
        return False
