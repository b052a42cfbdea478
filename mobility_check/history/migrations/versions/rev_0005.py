"""Whether a leg hurt during the test, as the person said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column: ``yes``, ``no``, or nothing where nobody asked."""
    op.add_column("mobility_side", sa.Column("pain", sa.String(3)))
