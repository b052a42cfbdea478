"""Tables of the history. The result object is kept whole as JSON; the columns beside it are what lists and trends read.

Dates are ISO text (``2026-08-03`` or ``2026-08-03T10:15:00``, local time): they sort as they read and look the same on
SQLite and PostgreSQL. Angles in degrees. Every table name begins with ``mobility_``, so that a PostgreSQL database may
be shared with other programs. A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Dialect, Float, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, attribute_keyed_dict, mapped_column, relationship

from mobility_check.kinematics.landmarks import Side
from mobility_check.results.result import Interval


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

    @property
    def series(self) -> str:
        """Only sessions with the same name here may be compared."""
        digests = ((digest or "")[:8] for digest in (self.model_sha256, self.coefficients_sha256))
        return " / ".join(part for part in (self.backend, self.model, *digests, self.angle_rule) if part)

    @property
    def difference_ci95_deg(self) -> Interval | None:
        """The interval of the difference."""
        return interval(self.difference_low_deg, self.difference_high_deg)


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
