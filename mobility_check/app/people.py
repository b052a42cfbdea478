"""People: who has sessions, how they change, two dates side by side, export, and removal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mobility_check.app.chart import Chart, spark
from mobility_check.app.measure import REPORT_POLICY, asset, checked, has_history, opened, pain_of, queue_of
from mobility_check.app.pages import form, key, page, posted, subject_of
from mobility_check.app.words import text
from mobility_check.errors import StoreError, UsageError
from mobility_check.export.formats import Format, write_records
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.names import normal, safe_name

if TYPE_CHECKING:
    from mobility_check.history.progress import Point
    from mobility_check.history.records import Summary
    from mobility_check.history.store import HistoryStore

SPARK_POINTS = 12
RETEST_WEEKS = 6
MOST_WEEKS = 104
GOAL_DEG = (1.0, 60.0)
Z95 = 1.96
EXPORTS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "fhir": "application/fhir+json",
    "pdf": "application/pdf",
}
ENDINGS = {"fhir": "fhir.json"}


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One line of the list."""

    name: str
    sessions: int
    last: str
    due: str
    last_deg: Mapping[Side, float | None]
    lines: Mapping[Side, Sequence[tuple[float, float]]]


def _people(database: str | None, *, retest: timedelta) -> list[ListedPerson]:
    if not has_history(database):
        return []
    with opened(database) as store:
        rows = sorted(store.list(), key=lambda row: (row.subject.casefold(), row.subject))
    grouped = groupby(rows, key=lambda row: row.subject)
    return [_person(name, list(newest_first)[::-1], retest=retest) for name, newest_first in grouped]


def _person(name: str, rows: Sequence[Summary], *, retest: timedelta) -> ListedPerson:
    last = rows[-1].tested_at[:10]
    scores: dict[Side, list[float]] = {
        side: [leg.score_deg for r in rows if (leg := r.legs.get(side)) and leg.score_deg is not None] for side in SIDES
    }
    return ListedPerson(
        name,
        len(rows),
        last,
        due=(date.fromisoformat(last) + retest).isoformat(),
        last_deg={side: row[-1] if row else None for side, row in scores.items()},
        lines={side: spark(row[-SPARK_POINTS:]) if row else [] for side, row in scores.items()},
    )


def everybody(request: Request) -> Response:
    """The list, with a search."""
    from mobility_check.results import wording

    sought = request.query_params.get("q", "").strip()
    weeks = queue_of(request).store.preference("retest_weeks", RETEST_WEEKS)
    people = _people(request.app.state.database, retest=timedelta(weeks=weeks))
    found = [p for p in people if sought.casefold() in p.name.casefold()]
    return page(
        "people",
        people=found,
        sought=sought,
        any=bool(people),
        weeks=weeks,
        most_weeks=MOST_WEEKS,
        wording=wording,
    )


def retest(request: Request, fields: dict[str, str]) -> Response:
    """Set after how many weeks the next test is due."""
    wanted = fields.get("weeks", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 4 and 1 <= int(wanted) <= MOST_WEEKS):
        raise UsageError(text("people.bad_weeks", most=MOST_WEEKS))
    queue_of(request).store.set_preference("retest_weeks", int(wanted))
    return RedirectResponse("/people", 303)


def subject_named(request: Request) -> str:
    """The person that the request's address names."""
    return subject_of(request.path_params["key"])


def person(request: Request) -> Response:
    """A person: chart, sessions, goal, export, removal."""
    from mobility_check.results import wording

    subject = subject_named(request)
    with known(request) as store:
        rows, points, goal = store.list(subject), store.points(subject), store.goal(subject)
    return page(
        "person",
        here="people",
        subject=subject,
        rows=rows,
        days=_days(rows),
        wording=wording,
        goal=goal,
        chart=Chart(points.legs, goal_deg=goal) if any(points.legs.values()) else None,
        today=date.today().isoformat(),
    )


def known(request: Request) -> HistoryStore:
    """The history, in which the person that the address names has sessions.

    Raises:
        HTTPException: there is no such person.
    """
    store = _history(request)
    if not store.count(subject_named(request)):
        store.close()
        raise HTTPException(404)
    return store


def compare(request: Request) -> Response:
    """Two dates side by side."""
    subject, ids = subject_named(request), {request.query_params.get(name, "") for name in ("a", "b")}
    with known(request) as store:
        days = _days(store.list(subject))
        if len(ids) < 2 or not ids <= set(days):
            raise UsageError(text("people.two_dates"))
        before, now = sorted(ids, key=list(days).index)
        points = store.points(subject).legs
    legs = [_compared(side, row, before, now) for side, row in points.items() if row]
    return page(
        "compare",
        here="people",
        subject=subject,
        legs=legs,
        before=(before, days[before]),
        now=(now, days[now]),
    )


def _days(newest_first: Sequence[Summary]) -> dict[str, str]:
    """The date of each session, oldest first; where several share it, also the time of day, or which of them it was."""
    days: dict[str, str] = {}
    for day, rows in groupby(reversed(newest_first), key=lambda row: row.tested_at[:10]):
        same = list(rows)
        for n, row in enumerate(same, 1):
            days[row.id] = f"{day} {row.tested_at[11:16] or f'({n})'}" if len(same) > 1 else day
    return days


def _compared(side: str, points: Sequence[Point], before: str, now: str) -> dict[str, str]:
    """One leg on two dates, in words."""
    from mobility_check.history.progress import change_between, sem_of
    from mobility_check.results import wording

    by_id = {p.session: p for p in points}
    a, b = by_id.get(before), by_id.get(now)
    then, today = (wording.with_margin(p.score_deg, p.ci95_deg) if p else "–" for p in (a, b))
    leg = {"side": side, "before": then, "now": today, "difference": "–"}
    if a is None or b is None:
        return leg | {"verdict": text("people.one_missing")}
    if a.series != b.series:
        return leg | {"verdict": text("people.other_series")}
    change = change_between(a, b, sem_deg=sem_of([p for p in points if p.series == a.series]).sem_deg)
    size = wording.degrees(change.change_deg, signed=True)
    if change.sem_deg is not None:
        half = Z95 * 2**0.5 * change.sem_deg
        size += f" {wording.plus_minus((change.change_deg - half, change.change_deg + half))}"
    return leg | {"difference": size, "verdict": wording.change_words(change)}


def session_report(request: Request) -> Response:
    """The report of a saved session; with ``before`` beside that earlier one."""
    from mobility_check.app.saved import stored_page

    session, before = request.path_params["session"], request.query_params.get("before")
    html = stored_page(session, before, store=queue_of(request).store, database=request.app.state.database)
    return HTMLResponse(html, headers={"Content-Security-Policy": REPORT_POLICY})


def session(request: Request) -> Response:
    """A saved session: its report, its note and date."""
    with _not_found(), _history(request) as store:
        record = store.get(request.path_params["session"])
    return page("session", here="people", record=record, today=date.today().isoformat())


def _history(request: Request) -> HistoryStore:
    if not has_history(request.app.state.database):
        raise HTTPException(404)
    return opened(request.app.state.database)


@contextmanager
def _not_found() -> Iterator[None]:
    """What is not in the history has no page."""
    try:
        yield
    except StoreError as e:
        raise HTTPException(404) from e


def edit(request: Request, fields: dict[str, str]) -> Response:
    """Change a session's note and date."""
    session = request.path_params["session"]
    values, pain = checked({"date": fields.get("date", ""), "note": fields.get("note", "")}), pain_of(fields)
    with _not_found(), _history(request) as store:
        store.edit(session, note=values["note"], tested_at=values["date"], pain=pain)
    return RedirectResponse(f"/sessions/{session}", 303)


def goal(request: Request, fields: dict[str, str]) -> Response:
    """Set or remove the goal."""
    subject, wanted = subject_named(request), fields.get("goal", "").strip().replace(",", ".")
    try:
        goal_deg = float(wanted) if wanted else None
    except ValueError as e:
        raise UsageError(text("people.bad_goal")) from e
    if goal_deg is not None and not GOAL_DEG[0] <= goal_deg <= GOAL_DEG[1]:
        raise UsageError(text("people.bad_goal"))
    with known(request) as store:
        store.set_goal(subject, goal_deg)
    return RedirectResponse(f"/people/{key(subject)}", 303)


async def remove(request: Request) -> Response:
    """Remove everything about a person whose name was typed."""
    subject, fields = subject_named(request), await form(request)
    if normal(fields.get("name", "")) != subject:
        raise UsageError(text("people.name_differs"))

    queue = queue_of(request)
    await queue.forget(subject)  # first: a job that goes on would save its session

    def forget() -> str:
        with known(request) as store:
            sessions = [row.id for row in store.list(subject)]
            done = store.forget(subject)
        for session in sessions:
            queue.store.drop_pictures(session)
        return text("people.left_behind", where=", ".join(done.unreachable)) if done.unreachable else ""

    trouble = await run_in_threadpool(forget)
    if trouble:
        raise UsageError(trouble)
    return RedirectResponse("/people", 303)


def export(request: Request) -> Response:
    """A person's sessions as a file."""
    subject, kind = subject_named(request), request.path_params["kind"]
    if kind not in EXPORTS:
        raise HTTPException(404)
    with known(request) as store:
        records = list(store.records(subject))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"sessions.{kind}"
        if kind == "pdf":
            _print(records[-1].id, target, request)
        else:
            write_records(records, target, Format(kind))
        data = target.read_bytes()
    name = f"{safe_name(subject)}.{ENDINGS.get(kind, kind)}"
    return Response(data, media_type=EXPORTS[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _print(session_id: str, target: Path, request: Request) -> None:
    from mobility_check.app.saved import stored_page
    from mobility_check.report.pdf import print_pdf

    store, database = queue_of(request).store, request.app.state.database
    source = target.with_suffix(".html")
    source.write_text(stored_page(session_id, None, store=store, database=database, inline=True), encoding="utf-8")
    print_pdf(source, target)


ROUTES: list[BaseRoute] = [
    Route("/people", everybody),
    Route("/people", posted(retest), methods=["POST"]),
    Route("/people/{key}", person),
    Route("/people/{key}/compare", compare),
    Route("/people/{key}/goal", posted(goal), methods=["POST"]),
    Route("/people/{key}/export/{kind}", export),
    Route("/people/{key}/delete", remove, methods=["POST"]),
    Route("/sessions/{session}", session),
    Route("/sessions/{session}", posted(edit), methods=["POST"]),
    Route("/sessions/{session}/report", session_report),
    Route("/sessions/{session}/{folder}/{name}", asset),
]
