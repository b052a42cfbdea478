"""A key of a session's clips, so that clips measured twice count once in a trend."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give every session the key of its clips."""
    op.add_column("mobility_session", sa.Column("inputs_key", sa.String(64)))
    # as ``records.inputs_key`` did it when this revision was written; a migration must not change with the program
    session = sa.table("mobility_session", sa.column("pk"), sa.column("result_json"), sa.column("inputs_key"))
    connection = op.get_bind()
    for pk in connection.scalars(sa.select(session.c.pk)).all():
        text = connection.scalar(sa.select(session.c.result_json).where(session.c.pk == pk))
        hashes = [i.get("sha256") for i in json.loads(text or "{}").get("inputs", [])]
        if hashes and all(hashes):
            key = hashlib.sha256(",".join(sorted(hashes)).encode()).hexdigest()
            connection.execute(sa.update(session).where(session.c.pk == pk).values(inputs_key=key))
