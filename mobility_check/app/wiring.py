"""Pages of the report for the app: of a session just measured, and of a saved one, whose pictures the app kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from mobility_check.app import pictures
from mobility_check.app.store import Store

if TYPE_CHECKING:
    from mobility_check.history.records import Record
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
    from mobility_check.pages import stored_data
    from mobility_check.report import render
    from mobility_check.report.data import Earlier

    with HistoryStore.open(database) as history:
        record = history.get(session)
        data = stored_data(history, record, pictures=False)
        first = history.get(before) if before else None
    data = replace(data, pictures=pictures.load(store.pictures / record.id))
    if first:
        data = replace(data, earlier=Earlier(_day(first), first.parsed, pictures.load(store.pictures / first.id)))
    return render(data) if inline else shared_page(data, store)


def with_kept_pictures(
    data: ReportData, subject: str | None, session: str | None, store: Store, *, database: str | None
) -> ReportData:
    """The page's data beside the person's first session, if the app has kept pictures of that one."""
    from mobility_check.history.store import HistoryStore
    from mobility_check.report.data import Earlier

    if subject is None or session is None:
        return data
    with HistoryStore.open(database) as history:
        legs = history.points(subject).legs.values()
        first = min((leg[0] for leg in legs if leg), key=lambda p: p.at, default=None)
        if first is None or first.session == session:
            return data
        record = history.get(first.session)
    return replace(data, earlier=Earlier(_day(record), record.parsed, pictures.load(store.pictures / record.id)))


def _day(record: Record) -> date:
    return date.fromisoformat(record.tested_at[:10])
