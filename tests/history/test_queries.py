"""Lists and trends must not read whole tables, however large the history is."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.list(limit=50),
        lambda store: store.list("P", limit=50),
        lambda store: store.points("P"),
        lambda store: store.get("2026-08-03"),
        lambda store: list(store.records("P")),
        lambda store: store.count("P"),
        lambda store: store.edit("2026-08-03", note="x", pain={"left": True}),
        lambda store: store.save(make_result(clips=("b",)), subject="P"),
    ],
)
def test_every_step_uses_an_index(tmp_path: Path, read) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        store.save(make_result(), subject="P", date="2026-08-03")
        asked: list[tuple[str, tuple[object, ...]]] = []
        engine = store._database.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        read(store)
        questions = [(q, p) for q, p in asked if not q.startswith(("BEGIN", "COMMIT"))]
        with engine.connect() as connection:
            plans = [r[3] for q, p in questions for r in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {q}", p)]
    assert plans
    for step in plans:
        assert not step.startswith("SCAN") or "INDEX" in step, plans
        assert "TEMP B-TREE" not in step, plans
