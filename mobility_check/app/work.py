"""One job in a process of its own: measures its clips and leaves the report in the job's folder.

Called as ``python -m mobility_check.app.work FOLDER JOB DATABASE``. It says how far it is in lines of JSON on standard
output, and ends when its standard input closes: the server is gone then, and its next run takes the job up again.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from mobility_check.app import crowd, manual
from mobility_check.app.saved import hurt, keep_pictures, load_pictures, save_job, shared_page
from mobility_check.app.store import FAULT_FILE, Job, Store
from mobility_check.app.words import text
from mobility_check.assessments import describe
from mobility_check.assessments.session import Session
from mobility_check.errors import MobilityCheckError
from mobility_check.files import atomic_path
from mobility_check.history.curves import curves_of
from mobility_check.language import preferred, use_language
from mobility_check.pages import session_data
from mobility_check.pipeline import analyze_session
from mobility_check.report import Pictures, write_report
from mobility_check.report.pictures import StillSource, take_pictures
from mobility_check.results import wording
from mobility_check.settings import load_settings

MEASURING_SHARE = 0.92


def run_process(run: Callable[[Store, Job, str | None], None]) -> None:
    """Run the job that the arguments name; whatever goes wrong, the server is told a sentence."""
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no word for the server
    use_language(preferred(os.environ))
    store = Store(Path(sys.argv[1]))
    job = store.job(sys.argv[2])
    try:
        run(store, job, sys.argv[3] or None)
    except MobilityCheckError as e:
        say(state="failed", message=_without_paths(e.shown, store, job))
    except Exception as fault:  # of any kind: who waits in the browser must hear of it; raised again
        (store.root / FAULT_FILE).write_text(traceback.format_exc(), encoding="utf-8")
        say(state="failed", message=text("errors.worker_fault", kind=type(fault).__name__))
        raise
    os._exit(0)  # models and threads need no tidy end


def say(**what: Any) -> None:
    """One line for the server, if it still is there."""
    with suppress(BrokenPipeError):
        print(msgspec.json.encode(what).decode(), flush=True)


def _end_with_server() -> None:
    sys.stdin.read()
    os._exit(1)


def _without_paths(sentence: str, store: Store, job: Job) -> str:
    """The sentence with the clip called as the user calls it."""
    for path, name in zip(store.files(job), job.names, strict=False):  # a live check has a name and no file
        sentence = sentence.replace(str(path), name)
    return sentence


def run(store: Store, job: Job, database: str | None) -> None:
    """Measure the job and say what it becomes; end with the server."""
    threading.Thread(target=_end_with_server, daemon=True).start()
    say(**measure(store, job, database=database))


def measure(store: Store, job: Job, *, database: str | None) -> dict[str, Any]:
    """Measure, save, write the page and remove the clips unless they are kept; what the job becomes.

    Raises:
        MobilityCheckError: a clip, the model or the history cannot be read.
    """
    settings = load_settings(None, test=job.test, person=job.person)
    files = store.files(job)
    session = analyze_session(files, settings=settings, on_progress=lambda x: say(share=MEASURING_SHARE * x))
    person = session.result.person
    if person is not None and person.of > 1 and job.person is None:
        crowd.draw_people(files[person.clip], person, store.folder(job.id) / "people.jpg")
        return {"state": "choose", "people": person.of, "kicker": person.number}
    return finish(store, job, named(session, store, job), database=database)


def named(session: Session, store: Store, job: Job) -> Session:
    """The session with its clips called as the user calls them, unless they are kept: then where they are."""
    if job.keep:
        return session
    names = dict(zip(map(str, store.files(job)), job.names, strict=True))
    inputs = tuple(dataclasses.replace(i, path=names.get(i.path, i.path)) for i in session.result.inputs)
    return dataclasses.replace(session, result=dataclasses.replace(session.result, inputs=inputs))


def finish(
    store: Store, job: Job, session: Session, *, database: str | None, frames: StillSource | None = None
) -> dict[str, Any]:
    """Everything after the numbers; what the job becomes. ``frames`` are what a live check kept; it has no clip."""
    folder, result = store.folder(job.id), session.result
    shots = _pictures(session, job, frames)
    if job.suffixes:
        manual.keep_stills(session, folder)
    say(share=0.96)
    record = {"result": result.to_dict(), "curves": curves_of(session)}
    (folder / "session.json").write_text(json.dumps(record), encoding="utf-8")
    keep_pictures(shots, folder / "pictures")
    saved = save_job(store, job, database=database) if job.subject and result.status != "not_scored" else None
    write_pages(store, job, session, shots, saved, database=database)
    store.drop_clips(job)
    return {
        "state": "done",
        "share": 1.0,
        "headline": wording.headline(result, describe(result.test)),
        "session": saved,
    }


def _pictures(session: Session, job: Job, frames: StillSource | None) -> Pictures:
    if not job.pictures:
        return Pictures()
    return take_pictures(session, readers={session.tracks[0].meta.path: frames} if frames else None)


def write_pages(
    store: Store, job: Job, session: Session, shots: Pictures, saved: str | None, *, database: str | None
) -> None:
    """The page that the app shows, whose script and style are files, and the one in a single file to hand on."""
    day = date.fromisoformat(job.date) if job.date else date.today()
    data = session_data(
        session,
        day=day,
        subject=job.subject,
        session_id=saved,
        database=database,
        pictures=shots,
        kept=lambda record: load_pictures(store.pictures / record.id),
        note=job.note or None,
        pain=hurt(job),
    )
    folder = store.folder(job.id)
    write_report(data, folder / "report.html")
    with atomic_path(folder / "page.html", durable=False) as tmp:
        tmp.write_text(shared_page(data, store), encoding="utf-8")


if __name__ == "__main__":
    run_process(run)
