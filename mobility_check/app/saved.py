"""Saved sessions: what a job measured is kept in the history, its pictures in the app's folder, and shown as a page.

Pictures of the peaks and of standing, faces blurred, compare two dates after the clips are gone. This module loads what
reports need, so the server imports it when it is first asked for one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from mobility_check.app.store import Job, Store
from mobility_check.files import atomic_path, make_folder
from mobility_check.history.store import HistoryStore
from mobility_check.kinematics.landmarks import Side
from mobility_check.pages import earlier_session, stored_data
from mobility_check.report import Picture, Pictures, ReportData, render
from mobility_check.report.page import write_shared_assets
from mobility_check.results.result import Result


def keep_pictures(pictures: Pictures, folder: Path) -> None:
    """Write the pictures to a folder of their own."""
    if not pictures.reps and not pictures.neutral:
        return
    make_folder(folder)
    found = {f"{side}-{place}": p for (side, place), p in pictures.reps.items()}
    found |= {f"{side}-standing": p for side, p in pictures.neutral.items()}
    facts: dict[str, Any] = {"note": pictures.note, "pictures": {}}
    for name, picture in found.items():
        (folder / f"{name}.jpg").write_bytes(picture.jpeg)
        facts["pictures"][name] = [picture.width_px, picture.height_px, picture.time_s, picture.clip]
    with atomic_path(folder / "pictures.json", durable=False) as tmp:
        tmp.write_text(json.dumps(facts), encoding="utf-8")


def load_pictures(folder: Path) -> Pictures:
    """The pictures of a session; none when there are none."""
    if not (folder / "pictures.json").is_file():
        return Pictures()
    facts = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    reps, neutral = {}, {}
    for name, (width, height, time_s, clip) in facts["pictures"].items():
        side, _, place = name.partition("-")
        picture = Picture((folder / f"{name}.jpg").read_bytes(), width, height, time_s, clip)
        if place == "standing":
            neutral[side] = picture
        else:
            reps[side, int(place)] = picture
    return Pictures(reps, neutral, facts["note"])


def save_job(store: Store, job: Job, *, database: str | None) -> str:
    """Keep what a job measured in the history of its person, with its pictures; the session's id.

    Raises:
        StoreError: the history cannot be written.
    """
    assert job.subject is not None
    folder = store.folder(job.id)
    record = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    with HistoryStore.open(database) as history:
        saved = history.save(
            Result.from_dict(record["result"]),
            subject=job.subject,
            date=job.date,
            note=job.note,
            pain=hurt(job),
            curves=record["curves"],
        )
    keep_pictures(load_pictures(folder / "pictures"), store.pictures / saved.id)
    return saved.id


def hurt(job: Job) -> dict[Side, bool]:
    """Whether a leg hurt, of the legs that were asked about."""
    return {side: hurts for side, hurts in job.pain.items() if hurts is not None}


def shared_page(data: ReportData, store: Store) -> str:
    """The page that the app shows; its style and script are files in a folder that all these pages share."""
    write_shared_assets(store.jobs)
    return render(data, assets="shared")


def stored_page(session: str, before: str | None, *, store: Store, database: str | None, inline: bool = False) -> str:
    """The page of a saved session as HTML; with ``before``, beside that earlier session.

    Raises:
        StoreError: there is no such session.
    """
    with HistoryStore.open(database) as history:
        record = history.get(session)
        data = stored_data(history, record, pictures=False)
        first = history.get(before) if before else None
    data = replace(data, pictures=load_pictures(store.pictures / record.id))
    if first:
        data = replace(data, earlier=earlier_session(first, load_pictures(store.pictures / first.id)))
    return render(data) if inline else shared_page(data, store)
