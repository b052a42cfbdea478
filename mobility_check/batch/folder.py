"""The output folder: where things lie in it, and which folder a run with these settings belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobility_check.errors import OutputError
from mobility_check.files import atomic_path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of one run; ``beside`` is True if another run of other settings has the top of the output folder."""

    path: Path
    beside: bool

    @property
    def journal(self) -> Path:
        """The durable log."""
        return self.path / "journal.jsonl"

    @property
    def sessions(self) -> Path:
        """Folder of result objects, reports and pictures."""
        return self.path / "sessions"

    @property
    def log(self) -> Path:
        """Log for people."""
        return self.path / "batch.log"

    def write_run(self, facts: dict[str, Any]) -> None:
        """Write ``run.json``.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic_path(self.path / "run.json") as tmp:
            tmp.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def run_folder(out: Path, run_digest: str) -> RunFolder:
    """The folder of the run with this digest, made if need be.

    The first run has ``out`` itself; a run with other settings, another model or version goes to a folder
    ``run-<digest>`` inside it, so nothing that was measured otherwise is ever mixed or overwritten.

    Raises:
        OutputError: the folder cannot be made, or its ``run.json`` cannot be read.
    """
    first = _digest_of(out)
    chosen = RunFolder(out, False) if first in (None, run_digest) else RunFolder(out / f"run-{run_digest[:8]}", True)
    try:
        chosen.sessions.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise OutputError(f"The folder {chosen.path} cannot be made ({e.strerror}); choose another with -o.") from e
    if _digest_of(chosen.path) is None:
        chosen.write_run({"run_digest": run_digest, "state": "started"})
    return chosen


def _digest_of(folder: Path) -> str | None:
    path = folder / "run.json"
    try:
        digest = json.loads(path.read_text(encoding="utf-8"))["run_digest"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise OutputError(f"{path} is damaged or not ours ({e}); choose another folder with -o.") from e
    return str(digest)
