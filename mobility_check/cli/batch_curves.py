"""The angle curves of a session of a batch, for the history: what a worker calls with ``--database``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mobility_check.assessments.session import Session
from mobility_check.history.curves import curves_of

NAME = "curves.json"


def write_session_curves(
    session: Session, *, clips: Sequence[Path], folder: Path, subject: str | None, date: str | None
) -> None:
    """Write the curves that ``analyze --save`` would keep into ``folder``; only scored sessions are kept."""
    if session.result.status != "not_scored":
        text = json.dumps(curves_of(session), separators=(",", ":"), allow_nan=False)
        (folder / NAME).write_text(text, encoding="utf-8")


def read_curves(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    """The curves among a session's further files; ``None`` if there are none, or a power cut damaged them."""
    try:
        curves: dict[str, Any] = json.loads(files[NAME])
    except (KeyError, ValueError):
        return None
    return curves
