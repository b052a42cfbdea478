"""Records to rows of the tables and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.history.models import CurvesRow, SessionRow, SideRow
from mobility_check.history.progress import Difference, Point
from mobility_check.history.records import LegSummary, Record, Summary, checked, compact_json, inputs_key
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import N_
from mobility_check.results.result import Result, SideResult

PAIN = {True: "yes", False: "no", None: None}
"""How the column ``pain`` is written."""


def new_row(record: Record, result: Result, *, id: str, content_key: str) -> SessionRow:
    """The rows of a session that is new; its subject is the caller's to set."""
    made, (low_deg, high_deg) = result.provenance, result.asymmetry.ci95_deg or (None, None)
    return SessionRow(
        id=id,
        content_key=content_key,
        tested_at=record.tested_at,
        saved_at=record.saved_at,
        test=result.test,
        status=result.status,
        backend=made.backend,
        model=made.model,
        model_sha256=made.model_sha256,
        angle_rule=made.angle_rule,
        difference_deg=result.asymmetry.difference_deg,
        difference_low_deg=low_deg,
        difference_high_deg=high_deg,
        note=record.note,
        result_json=compact_json(record.result),
        inputs_key=inputs_key(result),
        coefficients_sha256=made.coefficients_sha256,
        legs={side: _new_leg(side, leg, pain=record.pain.get(side)) for side, leg in result.sides.items()},
        curves=None if record.curves is None else CurvesRow(curves_json=compact_json(record.curves)),
    )


def _new_leg(side: Side, leg: SideResult, *, pain: bool | None) -> SideRow:
    low_deg, high_deg = leg.ci95_deg or (None, None)
    return SideRow(
        side=side,
        status=leg.status,
        view=leg.view,
        score_deg=leg.score_deg,
        ci_low_deg=low_deg,
        ci_high_deg=high_deg,
        se_deg=leg.se_deg,
        best_deg=leg.best_deg,
        valid_reps=sum(r.valid for r in leg.reps),
        pain=PAIN[pain],
    )


def record_of(row: SessionRow) -> Record:
    """One session, checked.

    Raises:
        ValueError: it is damaged.
    """
    record = Record(
        row.id,
        row.subject.name,
        row.tested_at,
        row.saved_at,
        row.note,
        json.loads(row.result_json),
        curves=json.loads(row.curves.curves_json) if row.curves else None,
        goal_deg=row.subject.goal.goal_deg if row.subject.goal else None,
        pain={side: leg.pain == "yes" for side, leg in _legs(row) if leg.pain in ("yes", "no")},
    )
    return checked(record)


def summary_of(row: SessionRow) -> Summary:
    """One line of a list."""
    legs = {side: LegSummary(leg.status, leg.score_deg, leg.ci95_deg, leg.valid_reps) for side, leg in _legs(row)}
    about = (row.id, row.subject.name, row.tested_at, row.status, row.model, row.note)
    return Summary(*about, legs, row.difference_deg)


def _legs(row: SessionRow) -> list[tuple[Side, SideRow]]:
    """In the usual order."""
    return [(side, row.legs[side]) for side in SIDES if side in row.legs]


def damaged(row: SessionRow, error: Exception) -> str:
    """A sentence about a session that cannot be read."""
    return N_("The saved session {id} is damaged ({why}); delete it, or restore a backup.").format(id=row.id, why=error)


def point_of(leg: SideRow) -> Point:
    """One leg of a session that has a score.

    Raises:
        ValueError: its score or its day is damaged.
    """
    row, known = leg.session, _error_known(leg.session)
    if leg.side not in SIDES:
        raise ValueError(N_("there is no leg {side!r}").format(side=leg.side))
    if leg.score_deg is None:
        raise ValueError(N_("the score is no angle"))
    ci95_deg, se_deg = (leg.ci95_deg, leg.se_deg) if known else (None, None)
    at = datetime.fromisoformat(row.tested_at)
    return Point(row.id, at, leg.score_deg, ci95_deg, se_deg, row.series, leg.status, known)


def difference_of(row: SessionRow) -> Difference | None:
    """Left minus right of a session, where it has one."""
    if row.difference_deg is None:
        return None
    ci95_deg = row.difference_ci95_deg if _error_known(row) else None
    return Difference(row.id, datetime.fromisoformat(row.tested_at), row.difference_deg, ci95_deg, row.series)


def _error_known(row: SessionRow) -> bool:
    """Earlier versions gave the knee drive intervals that nobody had measured."""
    return row.test not in DESCRIPTIONS or DESCRIPTIONS[row.test].error_known


def last_of_same_clips(legs: Sequence[SideRow]) -> list[SideRow]:
    """Without sessions whose clips were measured again later in the same series: the one saved last counts."""
    last = {(s.inputs_key or s.id, s.series): s.pk for s in sorted((leg.session for leg in legs), key=lambda s: s.pk)}
    kept = set(last.values())
    return [leg for leg in legs if leg.session.pk in kept]
