"""What a worker of a batch writes beside a session's result: its report, and its angle curves for the history."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mobility_check.assessments.session import Session
from mobility_check.files import atomic_path
from mobility_check.history.curves import curves_of
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import preferred, use_language
from mobility_check.report import ReportData, render
from mobility_check.report.data import shown_rep
from mobility_check.report.page import Assets
from mobility_check.report.pictures import take_pictures

CURVES = "curves.json"


def write_report(
    session: Session,
    *,
    clips: Sequence[Path],
    folder: Path,
    subject: str | None,
    date: str | None,
    assets: Assets = "inline",
) -> None:
    """Write ``report.html`` and, where the clip has pictures, ``thumb.jpg`` into ``folder``; faces are blurred.

    Args:
        session: tracks name the clips as the user does.
        clips: where they lie on this computer now (fetched from an address, perhaps).
        folder: for the files of this session alone.
        subject, date: of the session, the date as ISO day.
        assets: whether style and script are in the page, or in a folder that the command writes once.
    """
    use_language(preferred(os.environ))  # a worker is a process of its own
    here = (replace(t, meta=replace(t.meta, path=str(p))) for t, p in zip(session.tracks, clips, strict=True))
    pictures = take_pictures(replace(session, tracks=tuple(here)))
    peaks = (pictures.reps.get((side, rep)) for side in SIDES if (rep := shown_rep(session.result, side)) is not None)
    if peak := next(filter(None, peaks), None):
        (folder / "thumb.jpg").write_bytes(peak.jpeg)
    day = datetime.date.fromisoformat(date) if date else None
    data = ReportData.from_session(session, pictures=pictures, subject=subject, day=day)
    with atomic_path(folder / "report.html") as tmp:
        tmp.write_text(render(data, assets=assets), encoding="utf-8")


def write_shared_report(session: Session, **where: Any) -> None:
    """Like :func:`write_report`, with style and script in a folder that all reports of the run share."""
    write_report(session, **where, assets="shared")


def write_curves(session: Session, *, folder: Path, **_where: Any) -> None:
    """Write the curves that the history keeps of a session with a score."""
    if session.result.status != "not_scored":
        (folder / CURVES).write_text(json.dumps(curves_of(session), separators=(",", ":"), allow_nan=False), "utf-8")


def read_curves(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    """The curves among a session's further files; ``None`` if there are none, or a power cut damaged them."""
    try:
        curves: dict[str, Any] = json.loads(files[CURVES])
    except (KeyError, ValueError):
        return None
    return curves
