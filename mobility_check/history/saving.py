"""Saving a measured session in one call, for the commands that measure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from mobility_check.assessments.session import Session
from mobility_check.history.curves import curves_of
from mobility_check.history.progress import progress_of
from mobility_check.history.records import DateLike, SavedSession
from mobility_check.history.store import HistoryStore
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import gettext as _
from mobility_check.results.wording import History, progress_sentence


def save_session(
    session: Session,
    *,
    subject: str,
    date: DateLike | None = None,
    note: str | None = None,
    pain: Mapping[Side, bool] | None = None,
    database: str | Path | None = None,
) -> tuple[SavedSession, History, str]:
    """Save a session with its thinned angle curves; returns what was saved, what has changed, and that to print.

    Raises:
        StoreError: the history cannot be opened or written; nothing was saved.
        UsageError: the subject, the date or the database URL is not usable.
    """
    with HistoryStore.open(database) as store:
        curves = curves_of(session)
        saved = store.save(session.result, subject=subject, date=date, note=note, curves=curves, pain=pain)
        points = store.points(subject, session.result.test).until(saved.id)
    found = progress_of(points).changes(session=saved.id)
    changed = f"{progress_sentence(found, day=points.last_day)} " if found and points.last_day else ""
    if saved.created:
        command = f"mobility-check history progress {shlex.quote(subject)}"
        told = _("Saved as session {session}; see `{command}`.", session=saved.id, command=command)
        return saved, found, f"{changed}{told}"
    return saved, found, _("This session was saved before, as {session}; it was kept as it is.", session=saved.id)
