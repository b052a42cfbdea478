"""Tables of the history. The result object is kept whole as JSON; the columns beside it are what lists and trends read.

Dates are ISO text (``2026-08-03`` or ``2026-08-03T10:15:00``, local time): they sort as they read and look the same on
SQLite and PostgreSQL. Angles in degrees. Every table name begins with ``mobility_``, so that a PostgreSQL database may
be shared with other programs. A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Holds the metadata of all tables."""


class SubjectRow(Base):
    """One person, by pseudonym."""

    __tablename__ = "mobility_subject"

    pk: Mapped[int] = mapped_column(Integer, primary_key=True)
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

    pk: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(String(80), unique=True)
    subject_pk: Mapped[int] = mapped_column(ForeignKey("mobility_subject.pk", ondelete="CASCADE"))
    content_key: Mapped[str] = mapped_column(String(64), unique=True)
    tested_at: Mapped[str] = mapped_column(String(32))
    saved_at: Mapped[str] = mapped_column(String(32))
    test: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    backend: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    angle_rule: Mapped[str] = mapped_column(Text)
    difference_deg: Mapped[float | None] = mapped_column(Float)
    difference_low_deg: Mapped[float | None] = mapped_column(Float)
    difference_high_deg: Mapped[float | None] = mapped_column(Float)
    note: Mapped[str | None] = mapped_column(Text)
    result_json: Mapped[str] = mapped_column(Text, deferred=True)
    inputs_key: Mapped[str | None] = mapped_column(String(64))
    coefficients_sha256: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[SubjectRow] = relationship()
    sides: Mapped[list[SideRow]] = relationship(back_populates="session")
    curves: Mapped[CurvesRow | None] = relationship()


class SideRow(Base):
    """The outcome of one leg in one session; ``pain`` is ``yes`` or ``no``, ``None`` where nobody asked."""

    __tablename__ = "mobility_side"

    session_pk: Mapped[int] = mapped_column(ForeignKey("mobility_session.pk", ondelete="CASCADE"), primary_key=True)
    side: Mapped[str] = mapped_column(String(5), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    view: Mapped[str | None] = mapped_column(String(4))
    score_deg: Mapped[float | None] = mapped_column(Float)
    ci_low_deg: Mapped[float | None] = mapped_column(Float)
    ci_high_deg: Mapped[float | None] = mapped_column(Float)
    se_deg: Mapped[float | None] = mapped_column(Float)
    best_deg: Mapped[float | None] = mapped_column(Float)
    valid_reps: Mapped[int] = mapped_column(Integer)
    pain: Mapped[str | None] = mapped_column(String(3))
    session: Mapped[SessionRow] = relationship(back_populates="sides")


class CurvesRow(Base):
    """Angle curves of a session, kept apart so that lists and trends never read them."""

    __tablename__ = "mobility_curves"

    session_pk: Mapped[int] = mapped_column(ForeignKey("mobility_session.pk", ondelete="CASCADE"), primary_key=True)
    curves_json: Mapped[str] = mapped_column(Text)


class GoalRow(Base):
    """The angle that a person works towards, the same for both legs."""

    __tablename__ = "mobility_goal"

    subject_pk: Mapped[int] = mapped_column(ForeignKey("mobility_subject.pk", ondelete="CASCADE"), primary_key=True)
    goal_deg: Mapped[float] = mapped_column(Float)


class BackupRow(Base):
    """A backup that was made of this history, so that ``forget`` can clean it too."""

    __tablename__ = "mobility_backup"

    path: Mapped[str] = mapped_column(Text, primary_key=True)
    made_at: Mapped[str] = mapped_column(String(32))
