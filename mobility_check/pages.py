"""What a report shows, gathered: a session just measured or a stored one, with its history and pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mobility_check.assessments.session import Session
from mobility_check.history.progress import MDC95_FACTOR, Goal, SubjectPoints, progress_of
from mobility_check.history.records import Record
from mobility_check.history.store import HistoryStore
from mobility_check.kinematics.track import PoseTrack
from mobility_check.language import gettext as _
from mobility_check.report.advice import AdviceFile
from mobility_check.report.data import Pictures, Progress, ProgressPoint, ReportData
from mobility_check.report.page import write_report
from mobility_check.report.pictures import StillSource, take_pictures, tracks_again
from mobility_check.report.timeline import clips_from_curves
from mobility_check.results import wording
from mobility_check.results.result import Result

PicturesOf = Callable[[Record], Pictures]
"""Gives the pictures of a stored session."""


def session_data(
    session: Session,
    *,
    day: date,
    subject: str | None = None,
    session_id: str | None = None,
    database: str | Path | None = None,
    pictures: Pictures | None = None,
    kept: PicturesOf | None = None,
    show_face: bool = False,
    **fields: Any,
) -> ReportData:
    """A session that was just measured.

    Args:
        session_id: under which it was saved; then its progress and the first session's pictures are shown too.
        pictures: see :func:`mobility_check.report.pictures.take_pictures`.
        kept: gives pictures of the first session that somebody kept; without it they are taken from its clips again.
        fields: ``note``, ``examiner``, ``clinic``, ``videos`` of :class:`ReportData`.
    """
    data = ReportData.from_session(session, pictures=pictures or Pictures(), subject=subject, day=day, **fields)
    if subject is None or session_id is None:
        return data
    with HistoryStore.open(database) as store:
        return _with_history(data, store, subject, session_id, kept or _pictures_from_clips(show_face=show_face))


def stored_data(
    store: HistoryStore, record: Record, *, pictures: bool = True, show_face: bool = False, **fields: Any
) -> ReportData:
    """A stored session, as of its own day; ``fields`` as in :func:`session_data`."""
    result = record.parsed
    clips = clips_from_curves(record.curves, result)
    shots, tracks = _pictures_again(record, result, show_face=show_face) if pictures else (Pictures(), ())
    data = ReportData(
        result,
        clips,
        tracks,
        shots,
        subject=record.subject,
        day=_day(record),
        note=record.note,
        pain=record.pain,
        **fields,
    )
    return _with_history(data, store, record.subject, record.id, _pictures_from_clips(show_face=show_face))


def write_session_page(
    session: Session,
    path: Path,
    *,
    pictures: bool = True,
    show_face: bool = False,
    videos: Sequence[Path] = (),
    readers: Mapping[str, StillSource] | None = None,
    advice: AdviceFile | None = None,
    **about: Any,
) -> None:
    """Write the page of a session that was just measured.

    Args:
        pictures, show_face, readers: see :func:`mobility_check.report.pictures.take_pictures`.
        videos: annotated clips to link.
        advice: see :func:`mobility_check.report.page.render`.
        about: as :func:`session_data` takes it.

    Raises:
        OutputError: the page cannot be written.
    """
    shots = take_pictures(session, show_face=show_face, readers=readers) if pictures else None
    data = session_data(session, pictures=shots, show_face=show_face, videos=addresses(videos, path), **about)
    write_report(data, path, advice=advice)


def addresses(videos: Sequence[Path], page: Path) -> tuple[str, ...]:
    """Addresses of clips relative to the page, so that a folder with both can be moved."""
    here = page.resolve().parent
    return tuple(quote(Path(os.path.relpath(v.resolve(), here)).as_posix()) for v in videos)


def earlier_session(record: Record, pictures: Pictures) -> ReportData:
    """A stored session to be shown beside another one."""
    return ReportData(record.parsed, pictures=pictures, day=_day(record))


def _with_history(
    data: ReportData, store: HistoryStore, subject: str, session_id: str, pictures_of: PicturesOf
) -> ReportData:
    points = store.points(subject, data.result.test).until(session_id)
    data = replace(data, progress=_progress(points, session_id, goal_deg=store.goal(subject)))
    first = next((leg[0].session for leg in points.legs.values() if leg), session_id)
    if first == session_id or not data.pictures.reps:
        return data
    record = store.get(first)
    return replace(data, earlier=earlier_session(record, pictures_of(record)))


def _pictures_from_clips(*, show_face: bool) -> PicturesOf:
    return lambda record: _pictures_again(record, record.parsed, show_face=show_face)[0]


def _progress(points: SubjectPoints, session_id: str, *, goal_deg: float | None) -> Progress:
    found = progress_of(points, goal_deg=goal_deg)
    goals = [leg.goal for leg in found.legs.values() if leg.goal]
    return Progress(
        legs={
            side: tuple(ProgressPoint(p.at, p.score_deg, p.ci95_deg, p.series) for p in leg.points)
            for side, leg in found.legs.items()
        },
        changes=found.changes(session=session_id),
        mdc95_deg={side: MDC95_FACTOR * leg.sem.sem_deg for side, leg in found.legs.items() if leg.sem},
        goal_deg=goal_deg,
        goal=" ".join(dict.fromkeys(_goal(goal) for goal in goals)),
    )


def _goal(goal: Goal) -> str:
    if goal.state == "expected" and goal.expected:
        return _("If it goes on like this, it is reached about {day}.", day=wording.long_date(goal.expected))
    return _("It is reached.") if goal.state == "reached" else _("There is no date for it yet.")


def _pictures_again(record: Record, result: Result, *, show_face: bool) -> tuple[Pictures, tuple[PoseTrack, ...]]:
    """Pictures and landmarks of the shown moments, if the clips are still where they were, unchanged."""
    from mobility_check.pipeline import default_backend

    clips = clips_from_curves(record.curves, result)
    found = tracks_again(result, clips, backend=default_backend())
    if isinstance(found, str):
        return Pictures(note=found), ()
    return take_pictures(Session(result, clips, found), show_face=show_face), found


def _day(record: Record) -> date:
    return date.fromisoformat(record.tested_at[:10])
