"""Goals, the backups that ``forget`` has to clean too, and a key of a session's clips."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of goals and of known backups; give every session the key of its clips."""
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
    op.add_column("mobility_session", sa.Column("inputs_key", sa.String(64)))
    _fill_inputs_key()


def _fill_inputs_key() -> None:
    """As ``records.inputs_key`` did it when this revision was written; a migration must not change with the program."""
    session = sa.table("mobility_session", sa.column("pk"), sa.column("result_json"), sa.column("inputs_key"))
    connection = op.get_bind()
    for pk in connection.scalars(sa.select(session.c.pk)).all():
        text = connection.scalar(sa.select(session.c.result_json).where(session.c.pk == pk))
        hashes = [i.get("sha256") for i in json.loads(text or "{}").get("inputs", [])]
        if hashes and all(hashes):
            key = hashlib.sha256(",".join(sorted(hashes)).encode()).hexdigest()
            connection.execute(sa.update(session).where(session.c.pk == pk).values(inputs_key=key))
