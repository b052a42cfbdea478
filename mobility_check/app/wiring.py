"""What the report's page shows of a person's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobility_check.cli import report as command

if TYPE_CHECKING:
    from mobility_check.report import Progress


def progress_of_subject(subject: str, *, database: str | None) -> Progress | None:
    """The person's sessions as the report shows them; ``None`` for somebody without a session."""
    from mobility_check.history.store import HistoryStore

    with HistoryStore.open(database) as store:
        return command._progress(store, subject) if store.count(subject) else None
