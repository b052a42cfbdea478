"""Measure a clip: uploads, jobs and what they give."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mobility_check.app import manual, pages, uploads
from mobility_check.app.pages import form, page
from mobility_check.app.queue import Queue
from mobility_check.app.store import Job, Store
from mobility_check.app.words import text
from mobility_check.errors import UsageError
from mobility_check.files import CLIP_SUFFIXES
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.names import check_subject, day_of_test

if TYPE_CHECKING:
    from mobility_check.history.store import HistoryStore

TESTS = ("kick-back", "knee-drive")
NOTE_CHARACTERS = 2000
PAIN: dict[str, bool | None] = {"": None, "no": False, "yes": True}
REPORT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)
"""For the report's page alone: its charts set styles as they are drawn. Scripts come from files here too."""
ASSET_FOLDER = re.compile(r"mobility-check-assets-[0-9a-f]{10}")
ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "bokeh.min.js": "text/javascript"}


def queue_of(request: Request) -> Queue:
    """The jobs under way."""
    found: Queue = request.app.state.queue
    return found


def _job(request: Request) -> Job:
    return queue_of(request).job(request.path_params["job"])


def new(request: Request) -> Response:
    """The form: clips, person, date, test."""
    people = known_people(request.app.state.database)
    chosen = request.query_params.get("person", "")
    return page(
        "measure",
        people=people,
        chosen=chosen,
        today=date.today().isoformat(),
        tests=TESTS,
        endings=",".join(CLIP_SUFFIXES),
        clips=queue_of(request).store.clips,
    )


def has_history(database: str | None) -> bool:
    """Whether there is a history yet; asking makes none."""
    from mobility_check.history.database import location

    where = location(database)
    return "://" in where or Path(where).exists()


def opened(database: str | None) -> HistoryStore:
    """The history."""
    from mobility_check.history.store import HistoryStore

    return HistoryStore.open(database)


def known_people(database: str | None) -> list[str]:
    """Pseudonyms in the history, in order; empty when there is no history yet."""
    if not has_history(database):
        return []
    with opened(database) as store:
        return sorted({row.subject for row in store.list()}, key=str.casefold)


async def begin(request: Request) -> Response:
    """Make a job of uploaded clips."""
    fields = await form(request)
    queue = queue_of(request)
    choices = {**checked(fields), "keep": fields.get("keep") == "on", "pain": pain_of(fields)}
    try:
        job = queue.store.new_job(fields.get("uploads", "").split(), **choices)
    except KeyError as e:  # another page has measured it, or it was left alone for too long
        raise HTTPException(404, text("errors.clip_gone")) from e
    await queue.add(job)
    return JSONResponse({"address": f"/jobs/{job.id}"}, 201)


def checked(fields: dict[str, str]) -> dict[str, str | None]:
    """Person, date, test and note of a form.

    Raises:
        UsageError: one of them cannot be used.
    """
    subject, day, test = (fields.get(name, "").strip() for name in ("subject", "date", "test"))
    when = day_of_test(day) if day else date.today()
    if (test := test or TESTS[0]) not in TESTS:
        raise UsageError(text("errors.bad_form"))
    return {
        "subject": check_subject(subject) if subject else None,
        "date": when.isoformat(),
        "test": test,
        "note": fields.get("note", "")[:NOTE_CHARACTERS],
    }


def pain_of(fields: dict[str, str]) -> dict[Side, bool | None]:
    """Whether each leg hurt; ``None`` where it was not asked.

    Raises:
        UsageError: a field says something else.
    """
    try:
        return {side: PAIN[fields.get(f"pain_{side}", "")] for side in SIDES}
    except KeyError as e:
        raise UsageError(text("errors.bad_form")) from e


def show(request: Request) -> Response:
    """A job: its progress, the people to choose from, or its report."""
    job = _job(request)
    folder = queue_of(request).store.folder(job.id)
    return page(
        "job",
        job=job,
        heading=text("job.several" if job.state == "choose" else f"job.{job.state}"),
        here="measure",
        people=range(1, job.people + 1),
        sides=manual.stills(folder),
        corrected=manual.scores(folder),
        files=queue_of(request).store.files(job) if job.keep else [],
    )


def events(request: Request) -> Response:
    """The job's progress as server-sent events."""
    job = _job(request).id
    return pages.events(lambda: queue_of(request).progress(job))


def report(request: Request) -> Response:
    """The report's page."""
    page_file = queue_of(request).store.folder(_job(request).id) / "page.html"
    return pages.file(page_file, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})


def asset(request: Request) -> Response:
    """Style and script of the report's page."""
    name = request.path_params["name"]
    if name not in ASSETS or not ASSET_FOLDER.fullmatch(request.path_params["folder"]):
        raise HTTPException(404)
    found = queue_of(request).store.jobs / request.path_params["folder"] / name
    return pages.file(found, media_type=ASSETS[name])


def still(request: Request) -> Response:
    """A picture of a job: of the people to choose from, or of a leg to correct."""
    name = request.path_params["name"]
    folder = queue_of(request).store.folder(_job(request).id)
    if name not in manual.STILLS:
        raise HTTPException(404)
    return pages.file(folder / f"{name}.jpg", media_type="image/jpeg")


def download(request: Request) -> Response:
    """The report as one file, to keep or to hand on."""
    job = _job(request)
    whole, name = queue_of(request).store.folder(job.id) / "report.html", f"report-{job.date}.html"
    return pages.file(whole, media_type="text/html", filename=name, headers={"Content-Security-Policy": "sandbox"})


async def choose(request: Request) -> Response:
    """Measure another of the people in the clip, or keep the one that was measured."""
    fields, job, queue = await form(request), _job(request), queue_of(request)
    if job.state in ("queued", "running") and job.person == fields.get("person"):  # a double click
        return RedirectResponse(f"/jobs/{job.id}", 303)
    if job.state != "choose" or fields.get("person", "") not in [str(n + 1) for n in range(job.people)]:
        raise HTTPException(400, text("errors.bad_form"))
    again = replace(job, state="queued", share=0.0, person=fields["person"])
    queue.store.save(again)
    await queue.add(again)
    return RedirectResponse(f"/jobs/{job.id}", 303)


async def correct(request: Request) -> Response:
    """The stills of a leg with points to drag; or the angle from the points that were dragged."""
    job, side = _job(request), request.path_params["side"]
    folder = queue_of(request).store.folder(job.id)
    stills = manual.stills(folder)
    if side not in stills:
        raise HTTPException(404)
    if request.method == "GET":
        return page("correct", here="measure", job=job, side=side, stills=stills[side]["stills"])
    fields = await form(request)
    await run_in_threadpool(manual.correct, folder, job, side, fields, database=request.app.state.database)
    return RedirectResponse(f"/jobs/{job.id}", 303)


def save(request: Request, fields: dict[str, str]) -> Response:
    """Save for a person what was measured without one."""
    from mobility_check.app.saved import save_job

    job, store, subject = _job(request), queue_of(request).store, checked(fields)["subject"]
    back = RedirectResponse(f"/jobs/{job.id}", 303)
    if job.session and job.subject == subject:  # a double click
        return back
    if job.state != "done" or job.session or subject is None:
        raise UsageError(text("job.name_missing"))
    named = replace(job, subject=subject, note=job.note or fields.get("note", "")[:NOTE_CHARACTERS])
    store.save(replace(named, session=save_job(store, named, database=request.app.state.database)))
    return back


async def delete(request: Request) -> Response:
    """Remove a job and what it made; its session in the history only where that is said too."""
    fields, job = await form(request), _job(request)
    if fields.get("session") == "on" and job.session:
        await run_in_threadpool(_delete_session, job.session, queue_of(request).store, request.app.state.database)
    await queue_of(request).cancel(job.id)
    return RedirectResponse("/", 303)


def _delete_session(session: str, store: Store, database: str | None) -> None:
    with opened(database) as history:
        history.delete(session)
    store.drop_pictures(session)


ROUTES = [
    Route("/measure", new),
    Route("/uploads", uploads.begin, methods=["POST"]),
    Route("/uploads/{upload}", uploads.upload, methods=["GET", "PUT", "DELETE"]),
    Route("/jobs", begin, methods=["POST"]),
    Route("/jobs/{job}", show),
    Route("/jobs/{job}/events", events),
    Route("/jobs/{job}/report", report),
    Route("/jobs/{job}/report.html", download),
    Route("/jobs/{job}/stills/{name}", still),
    Route("/jobs/{job}/person", choose, methods=["POST"]),
    Route("/jobs/{job}/correct/{side}", correct, methods=["GET", "POST"]),
    Route("/jobs/{job}/save", pages.posted(save), methods=["POST"]),
    Route("/jobs/{job}/delete", delete, methods=["POST"]),
    Route("/jobs/{job}/{folder}/{name}", asset),
]
