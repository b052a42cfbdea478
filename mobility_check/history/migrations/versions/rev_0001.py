"""The first schema: subjects, sessions, legs, kicks and curves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the first schema."""
    op.create_table(
        "mobility_subject",
        sa.Column("pk", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
    )
    _sessions()
    _sides()
    _reps()
    op.create_table("mobility_curves", _session_key(), sa.Column("curves_json", sa.Text(), nullable=False))


def _session_key() -> sa.Column[int]:
    target = sa.ForeignKey("mobility_session.pk", ondelete="CASCADE")
    return sa.Column("session_pk", sa.Integer(), target, primary_key=True)


def _sessions() -> None:
    op.create_table(
        "mobility_session",
        sa.Column("pk", sa.Integer(), primary_key=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("subject_pk", sa.Integer(), sa.ForeignKey("mobility_subject.pk", ondelete="CASCADE"), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False, unique=True),
        sa.Column("tested_at", sa.String(32), nullable=False),
        sa.Column("saved_at", sa.String(32), nullable=False),
        sa.Column("test", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("backend", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.String(64)),
        sa.Column("angle_rule", sa.Text(), nullable=False),
        sa.Column("difference_deg", sa.Float()),
        sa.Column("difference_low_deg", sa.Float()),
        sa.Column("difference_high_deg", sa.Float()),
        sa.Column("note", sa.Text()),
        sa.Column("result_json", sa.Text(), nullable=False),
    )
    op.create_index("ix_mobility_session_subject", "mobility_session", ["subject_pk", "tested_at", "pk"])
    op.create_index("ix_mobility_session_tested", "mobility_session", ["tested_at", "pk"])


def _sides() -> None:
    op.create_table(
        "mobility_side",
        _session_key(),
        sa.Column("side", sa.String(5), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("view", sa.String(4)),
        sa.Column("score_deg", sa.Float()),
        sa.Column("ci_low_deg", sa.Float()),
        sa.Column("ci_high_deg", sa.Float()),
        sa.Column("se_deg", sa.Float()),
        sa.Column("best_deg", sa.Float()),
        sa.Column("valid_reps", sa.Integer(), nullable=False),
    )


def _reps() -> None:
    op.create_table(
        "mobility_rep",
        _session_key(),
        sa.Column("side", sa.String(5), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("peak_s", sa.Float(), nullable=False),
        sa.Column("extension_deg", sa.Float()),
        sa.Column("trunk_lean_deg", sa.Float()),
        sa.Column("knee_flexion_deg", sa.Float()),
        sa.Column("valid", sa.Boolean(), nullable=False),
    )
