"""Goals, and the backups that ``forget`` has to clean too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of goals and of known backups."""
    subject = sa.ForeignKey("mobility_subject.pk", ondelete="CASCADE")
    op.create_table(
        "mobility_goal",
        sa.Column("subject_pk", sa.Integer(), subject, primary_key=True),
        sa.Column("goal_deg", sa.Float(), nullable=False),
    )
    op.create_table(
        "mobility_backup",
        sa.Column("path", sa.Text(), primary_key=True),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
