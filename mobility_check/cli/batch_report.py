"""The report of a session of a batch: what a worker calls with ``--reports``, its imports loaded once."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mobility_check.assessments.session import Session
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import preferred, use_language
from mobility_check.report import ReportData, render, write_report
from mobility_check.report.data import shown_rep
from mobility_check.report.pictures import take_pictures


def write_session_report(
    session: Session, *, clips: Sequence[Path], folder: Path, subject: str | None, date: str | None
) -> None:
    """Write ``report.html`` and, where the clip has pictures, ``thumb.jpg`` into ``folder``; faces are blurred.

    Args:
        session: tracks name the clips as the user does.
        clips: where they lie on this computer now (fetched from an address, perhaps).
        folder: for the files of this session alone.
        subject, date: of the session, the date as ISO day.
    """
    data = _take(session, clips=clips, folder=folder, subject=subject, date=date)
    write_report(data, folder / "report.html")


def write_shared_report(
    session: Session, *, clips: Sequence[Path], folder: Path, subject: str | None, date: str | None
) -> None:
    """Like :func:`write_session_report`, with style and script in a folder that all reports of the run share."""
    data = _take(session, clips=clips, folder=folder, subject=subject, date=date)
    (folder / "report.html").write_text(render(data, assets="shared"), encoding="utf-8")


def _take(
    session: Session, *, clips: Sequence[Path], folder: Path, subject: str | None, date: str | None
) -> ReportData:
    """What the report shows; writes the small picture for the page of the batch."""
    use_language(preferred(os.environ))  # a worker is a process of its own
    here = (replace(t, meta=replace(t.meta, path=str(p))) for t, p in zip(session.tracks, clips, strict=True))
    pictures = take_pictures(replace(session, tracks=tuple(here)))
    day = datetime.date.fromisoformat(date) if date else None
    for side in SIDES:
        rep = shown_rep(session.result, side)
        if rep is not None and (side, rep) in pictures.reps:
            (folder / "thumb.jpg").write_bytes(pictures.reps[side, rep].jpeg)
            break
    return ReportData.from_session(session, pictures=pictures, subject=subject, day=day)
