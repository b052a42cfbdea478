"""Lists and trends must not read whole tables, however large the history is."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from mobility_check.history import queries
from mobility_check.history.database import connect
from mobility_check.history.schema import ensure_current


@pytest.mark.parametrize(
    "read",
    [
        lambda c: queries.summaries(c, subject=None, limit=50),
        lambda c: queries.summaries(c, subject="P", limit=50),
        lambda c: queries.subject_points(c, "P", [], test=None),
        lambda c: list(queries.records(c, [], session="2026-08-03-aaaaaa")),
        lambda c: queries.count(c, queries.SessionRow, subject="P"),
    ],
)
def test_every_step_uses_an_index(tmp_path: Path, read) -> None:
    database = connect(tmp_path / "h.db")
    ensure_current(database)
    asked: list[tuple[str, tuple[object, ...]]] = []
    with database.reading() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        read(connection)
        plans = [row[3] for q, p in list(asked) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {q}", p)]
    database.engine.dispose()
    assert plans
    for step in plans:
        assert not step.startswith("SCAN") or "INDEX" in step, plans
        assert "TEMP B-TREE" not in step, plans
