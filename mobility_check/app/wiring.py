"""Pages of the report for the app: of a session just measured, and of a saved one, whose pictures the app kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mobility_check.app import pictures
from mobility_check.app.store import Store

if TYPE_CHECKING:
    from mobility_check.report import ReportData


def shared_page(data: ReportData, store: Store) -> str:
    """The page that the app shows; its style and script are files in a folder that all these pages share."""
    from mobility_check.report.page import render, write_shared_assets

    write_shared_assets(store.jobs)
    return render(data, assets="shared")


def stored_page(session: str, before: str | None, *, store: Store, database: str | None, inline: bool = False) -> str:
    """The page of a saved session as HTML; with ``before``, beside that earlier session.

    Raises:
        StoreError: there is no such session.
    """
    from mobility_check.history.store import HistoryStore
    from mobility_check.pages import earlier_session, stored_data
    from mobility_check.report import render

    with HistoryStore.open(database) as history:
        record = history.get(session)
        data = stored_data(history, record, pictures=False)
        first = history.get(before) if before else None
    data = replace(data, pictures=pictures.load(store.pictures / record.id))
    if first:
        data = replace(data, earlier=earlier_session(first, pictures.load(store.pictures / first.id)))
    return render(data) if inline else shared_page(data, store)
