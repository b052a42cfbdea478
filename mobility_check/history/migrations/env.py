"""Run by Alembic: applies the revisions on the connection that ``history.schema`` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from mobility_check.history.models import Base
from mobility_check.history.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
