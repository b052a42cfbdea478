"""People: who has sessions, and how they change."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute


def subjects(database: str | None) -> list[str]:
    """Pseudonyms in the history, in order; empty when there is no history yet."""
    from mobility_check.history.database import location
    from mobility_check.history.store import HistoryStore

    where = location(database)
    if "://" not in where and not Path(where).exists():
        return []
    with HistoryStore.open(database) as store:
        return sorted({row.subject for row in store.list()})


ROUTES: list[BaseRoute] = []
