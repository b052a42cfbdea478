"""What has changed up to a session, in the plain values that ``results.wording`` puts into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mobility_check.history.progress import (
    GradedChange,
    LegProgress,
    Point,
    SubjectPoints,
    change_between,
    leg_progress,
)
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.results import wording


def until(points: SubjectPoints, session: str) -> SubjectPoints:
    """The points of a person up to and including one session; all of them when it has none."""
    at = max((p.at for leg in points.legs.values() for p in leg if p.session == session), default=None)
    if at is None:
        return points
    legs = {side: _up_to(leg, session, at) for side, leg in points.legs.items()}
    return replace(points, legs=legs, differences=[d for d in points.differences if d.at <= at])


def _up_to(leg: Sequence[Point], session: str, at: datetime) -> Sequence[Point]:
    """Points of the same time are in the order of saving."""
    ids = [p.session for p in leg]
    return leg[: ids.index(session) + 1] if session in ids else [p for p in leg if p.at <= at]


def changes(points: SubjectPoints, *, session: str | None = None) -> wording.History:
    """Changes of each leg since the first and the last session before, within the series of the last one.

    Args:
        points: oldest first.
        session: only legs that this session measured, so that an old number is not told as today's.
    """
    found: dict[Side, wording.LegHistory] = {}
    for side in SIDES:
        leg = points.legs.get(side)
        if leg and (session is None or leg[-1].session == session):
            progress = leg_progress(leg)
            if len(progress.current) > 1:
                found[side] = _leg(progress)
    return found


def _leg(leg: LegProgress) -> wording.LegHistory:
    first, before, now = leg.current[0], leg.current[-2], leg.current[-1]
    sem_deg = leg.sem.sem_deg if leg.sem else None
    return wording.LegHistory(*(_change(start, now, sem_deg) for start in (first, before)))


def _change(start: Point, end: Point, sem_deg: float | None) -> wording.Change:
    found: GradedChange = change_between(start, end, sem_deg=sem_deg)
    return wording.Change(start.at.date(), start.score_deg, end.score_deg, found.verdict, found.mdc95_deg)
