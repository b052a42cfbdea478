"""Tables of the history, and how records become rows and come back.

The result object is kept whole as JSON; the columns beside it are what lists and trends read.

Dates are ISO text (``2026-08-03`` or ``2026-08-03T10:15:00``, local time): they sort as they read and look the same on
SQLite and PostgreSQL. Angles in degrees. Every table name begins with ``mobility_``, so that a PostgreSQL database may
be shared with other programs. A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Dialect, Float, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, attribute_keyed_dict, mapped_column, relationship

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.history.progress import Difference, Point
from mobility_check.history.records import LegSummary, Record, Summary, checked, compact_json, inputs_key
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import N_
from mobility_check.results.result import Interval, Result, SideResult

PAIN = {True: "yes", False: "no", None: None}
"""How the column ``pain`` is written."""


class AngleColumn(TypeDecorator[float]):
    """Degrees. SQLite keeps whatever somebody wrote into a column: what is no angle is read as none."""

    impl = Float
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        """The number, or ``None``."""
        return float(value) if isinstance(value, (int, float)) and abs(value) <= 720 else None


class Base(DeclarativeBase):
    """Holds the metadata of all tables; says what a text and a number are where a column says nothing else."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text(), float: AngleColumn()}


class SubjectRow(Base):
    """One person, by pseudonym."""

    __tablename__ = "mobility_subject"

    pk: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    goal: Mapped[GoalRow | None] = relationship()


class SessionRow(Base):
    """One saved session.

    ``content_key`` is what makes the same clip, model and settings one session, not two. ``inputs_key`` names the clips
    alone, so that clips measured twice with different settings count once in a trend; ``None`` for a live recording.
    """

    __tablename__ = "mobility_session"
    __table_args__ = (
        Index("ix_mobility_session_subject", "subject_pk", "tested_at", "pk"),
        Index("ix_mobility_session_tested", "tested_at", "pk"),
    )

    pk: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(80), unique=True)
    subject_pk: Mapped[int] = mapped_column(ForeignKey("mobility_subject.pk", ondelete="CASCADE"))
    content_key: Mapped[str] = mapped_column(String(64), unique=True)
    tested_at: Mapped[str] = mapped_column(String(32))
    saved_at: Mapped[str] = mapped_column(String(32))
    test: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    backend: Mapped[str]
    model: Mapped[str]
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    angle_rule: Mapped[str]
    difference_deg: Mapped[float | None]
    difference_low_deg: Mapped[float | None]
    difference_high_deg: Mapped[float | None]
    note: Mapped[str | None]
    result_json: Mapped[str] = mapped_column(deferred=True)
    inputs_key: Mapped[str | None] = mapped_column(String(64))
    coefficients_sha256: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[SubjectRow] = relationship()
    legs: Mapped[dict[Side, SideRow]] = relationship(
        collection_class=attribute_keyed_dict("side"), back_populates="session"
    )
    curves: Mapped[CurvesRow | None] = relationship()

    @classmethod
    def of(cls, record: Record, result: Result, *, id: str, content_key: str) -> SessionRow:
        """The rows of a session that is new; its subject is the caller's to set."""
        low_deg, high_deg = result.asymmetry.ci95_deg or (None, None)
        made = ("backend", "model", "model_sha256", "angle_rule", "coefficients_sha256")
        return cls(
            id=id,
            content_key=content_key,
            **{name: getattr(record, name) for name in ("tested_at", "saved_at", "note")},
            **{name: getattr(result, name) for name in ("test", "status")},
            **{name: getattr(result.provenance, name) for name in made},
            difference_deg=result.asymmetry.difference_deg,
            difference_low_deg=low_deg,
            difference_high_deg=high_deg,
            result_json=compact_json(record.result),
            inputs_key=inputs_key(result),
            legs={side: SideRow.of(side, leg, pain=record.pain.get(side)) for side, leg in result.sides.items()},
            curves=None if record.curves is None else CurvesRow(curves_json=compact_json(record.curves)),
        )

    @property
    def in_order(self) -> list[tuple[Side, SideRow]]:
        """The legs in the usual order."""
        return [(side, self.legs[side]) for side in SIDES if side in self.legs]

    @property
    def record(self) -> Record:
        """The session, checked.

        Raises:
            ValueError: it is damaged.
        """
        record = Record(
            self.id,
            self.subject.name,
            self.tested_at,
            self.saved_at,
            self.note,
            json.loads(self.result_json),
            curves=json.loads(self.curves.curves_json) if self.curves else None,
            goal_deg=self.subject.goal.goal_deg if self.subject.goal else None,
            pain={side: leg.pain == "yes" for side, leg in self.in_order if leg.pain in ("yes", "no")},
        )
        return checked(record)

    @property
    def summary(self) -> Summary:
        """One line of a list."""
        legs = {s: LegSummary(leg.status, leg.score_deg, leg.ci95_deg, leg.valid_reps) for s, leg in self.in_order}
        about = (self.id, self.subject.name, self.tested_at, self.status, self.model, self.note)
        return Summary(*about, legs, self.difference_deg)

    @property
    def difference(self) -> Difference | None:
        """Left minus right, where there is one."""
        if self.difference_deg is None:
            return None
        ci95_deg = interval(self.difference_low_deg, self.difference_high_deg) if self.error_known else None
        return Difference(self.id, datetime.fromisoformat(self.tested_at), self.difference_deg, ci95_deg, self.series)

    @property
    def error_known(self) -> bool:
        """Earlier versions gave the knee drive intervals that nobody had measured."""
        return self.test not in DESCRIPTIONS or DESCRIPTIONS[self.test].error_known

    def damaged(self, error: Exception) -> str:
        """A sentence about a session that cannot be read."""
        text = N_("The saved session {id} is damaged ({why}); delete it, or restore a backup.")
        return text.format(id=self.id, why=error)

    @property
    def series(self) -> str:
        """Only sessions with the same name here may be compared."""
        digests = ((digest or "")[:8] for digest in (self.model_sha256, self.coefficients_sha256))
        return " / ".join(part for part in (self.backend, self.model, *digests, self.angle_rule) if part)


class SideRow(Base):
    """The outcome of one leg in one session; ``pain`` is ``yes`` or ``no``, ``None`` where nobody asked."""

    __tablename__ = "mobility_side"

    session_pk: Mapped[int] = mapped_column(ForeignKey("mobility_session.pk", ondelete="CASCADE"), primary_key=True)
    side: Mapped[Side] = mapped_column(String(5), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    view: Mapped[str | None] = mapped_column(String(4))
    score_deg: Mapped[float | None]
    ci_low_deg: Mapped[float | None]
    ci_high_deg: Mapped[float | None]
    se_deg: Mapped[float | None]
    best_deg: Mapped[float | None]
    valid_reps: Mapped[int]
    pain: Mapped[str | None] = mapped_column(String(3))
    session: Mapped[SessionRow] = relationship(back_populates="legs")

    @classmethod
    def of(cls, side: Side, leg: SideResult, *, pain: bool | None) -> SideRow:
        """The row of a leg that is new."""
        low_deg, high_deg = leg.ci95_deg or (None, None)
        return cls(
            side=side,
            **{name: getattr(leg, name) for name in ("status", "view", "score_deg", "se_deg", "best_deg")},
            ci_low_deg=low_deg,
            ci_high_deg=high_deg,
            valid_reps=sum(r.valid for r in leg.reps),
            pain=PAIN[pain],
        )

    @property
    def point(self) -> Point:
        """The leg in a session in which it has a score.

        Raises:
            ValueError: its score or its day is damaged.
        """
        row, known = self.session, self.session.error_known
        if self.side not in SIDES:
            raise ValueError(N_("there is no leg {side!r}").format(side=self.side))
        if self.score_deg is None:
            raise ValueError(N_("the score is no angle"))
        ci95_deg, se_deg = (self.ci95_deg, self.se_deg) if known else (None, None)
        at = datetime.fromisoformat(row.tested_at)
        return Point(row.id, at, self.score_deg, ci95_deg, se_deg, row.series, self.status, known)

    @property
    def ci95_deg(self) -> Interval | None:
        """The interval of the score."""
        return interval(self.ci_low_deg, self.ci_high_deg)


class CurvesRow(Base):
    """Angle curves of a session, kept apart so that lists and trends never read them."""

    __tablename__ = "mobility_curves"

    session_pk: Mapped[int] = mapped_column(ForeignKey("mobility_session.pk", ondelete="CASCADE"), primary_key=True)
    curves_json: Mapped[str]


class GoalRow(Base):
    """The angle that a person works towards, the same for both legs."""

    __tablename__ = "mobility_goal"

    subject_pk: Mapped[int] = mapped_column(ForeignKey("mobility_subject.pk", ondelete="CASCADE"), primary_key=True)
    goal_deg: Mapped[float]


class VersionRow(Base):
    """Which schema the tables have; Alembic's own."""

    __tablename__ = "mobility_schema"

    version_num: Mapped[str] = mapped_column(String(32), primary_key=True)


class BackupRow(Base):
    """A backup that was made of this history, so that ``forget`` can clean it too."""

    __tablename__ = "mobility_backup"

    path: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[str] = mapped_column(String(32))


def interval(low_deg: float | None, high_deg: float | None) -> Interval | None:
    """Both ends, or nothing."""
    return None if low_deg is None or high_deg is None else (low_deg, high_deg)
