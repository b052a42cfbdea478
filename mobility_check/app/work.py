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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobility_check.app.store import Job, Store
from mobility_check.app.words import text
from mobility_check.errors import MobilityCheckError

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session
    from mobility_check.history.records import SavedSession

MEASURING_SHARE = 0.92


def main() -> None:
    """Measure the job that the arguments name."""
    root, job, database = sys.argv[1:4]
    threading.Thread(target=_end_with_server, daemon=True).start()
    store = Store(Path(root))
    try:
        say(**measure(store, store.job(job), database=database or None))
    except MobilityCheckError as e:
        say(state="failed", message=_without_paths(str(e), store, store.job(job)))
    sys.stdout.flush()
    os._exit(0)  # models and threads need no tidy end


def say(**what: Any) -> None:
    """One line for the server."""
    print(json.dumps(what), flush=True)


def _end_with_server() -> None:
    sys.stdin.read()
    os._exit(1)


def _without_paths(sentence: str, store: Store, job: Job) -> str:
    """The sentence with the clip called as the user calls it."""
    for path, name in zip(store.files(job), job.names, strict=True):
        sentence = sentence.replace(str(path), name)
    return sentence


def measure(store: Store, job: Job, *, database: str | None) -> dict[str, Any]:
    """Measure, save, write the page and remove the clips unless they are kept; what the job becomes.

    Raises:
        MobilityCheckError: a clip, the model or the history cannot be read.
    """
    from mobility_check.pipeline import analyze_session
    from mobility_check.settings import load_settings

    settings = load_settings(None, test=job.test)
    files = store.files(job)
    session = analyze_session(files, settings=settings, on_progress=lambda x: say(share=MEASURING_SHARE * x))
    return finish(store, job, named(session, store, job), database=database)


def named(session: Session, store: Store, job: Job) -> Session:
    """The session with its clips called as the user calls them, unless they are kept: then where they are."""
    if job.keep:
        return session
    names = dict(zip(map(str, store.files(job)), job.names, strict=True))
    inputs = tuple(dataclasses.replace(i, path=names.get(i.path, i.path)) for i in session.result.inputs)
    return dataclasses.replace(session, result=dataclasses.replace(session.result, inputs=inputs))


def finish(store: Store, job: Job, session: Session, *, database: str | None) -> dict[str, Any]:
    """Everything after the numbers; what the job becomes."""
    from mobility_check.app import manual, pictures
    from mobility_check.assessments import describe
    from mobility_check.report.pictures import take_pictures
    from mobility_check.results import wording

    folder, result = store.folder(job.id), session.result
    shots = take_pictures(session)
    say(share=0.97)
    manual.keep_stills(session, folder)
    saved = save(session, job, database=database)
    if saved:
        pictures.keep(shots, store.pictures / saved.id)
    _write_pages(store, job, session, shots, session_id=saved.id if saved else None, database=database)
    (folder / "result.json").write_text(json.dumps(result.to_dict()), encoding="utf-8")
    if not job.keep:
        for file in store.files(job):
            file.unlink(missing_ok=True)
    return {"state": "done", "share": 1.0, "headline": wording.headline(result, describe(result.test)),
            "session": saved.id if saved else None}  # fmt: skip


def save(session: Session, job: Job, *, database: str | None) -> SavedSession | None:
    """Keep the session in the history, for a job with a person."""
    if job.subject is None:
        return None
    from mobility_check.history.saving import save_session

    return save_session(session, subject=job.subject, date=job.date, note=job.note, database=database)[0]


def _write_pages(
    store: Store, job: Job, session: Session, shots: Any, *, session_id: str | None, database: str | None
) -> None:
    """The page that the app shows, whose script and style are files, and the one in a single file to hand on."""
    from datetime import date

    from mobility_check.pages import session_data
    from mobility_check.report import write_report

    data = session_data(
        session, pictures=shots, subject=job.subject, session_id=session_id, database=database,
        day=date.fromisoformat(job.date) if job.date else date.today(), note=job.note or None,
    )  # fmt: skip
    folder = store.folder(job.id)
    write_report(data, folder / "report.html")
    write_report(data, store.jobs / f"{job.id}.html", assets="shared")
    (store.jobs / f"{job.id}.html").rename(folder / "page.html")


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # the border of the process: whatever it is, the user gets a sentence
        say(state="failed", message=text("errors.worker_fault", kind=type(fault).__name__))
        raise
