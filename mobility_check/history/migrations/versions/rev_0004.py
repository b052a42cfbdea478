"""The estimator's coefficients, which begin a new series when they change; a table that nobody read goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; sessions from before it have none and stay one series."""
    op.add_column("mobility_session", sa.Column("coefficients_sha256", sa.String(64)))
    op.drop_table("mobility_rep")
