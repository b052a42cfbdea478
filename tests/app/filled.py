"""An app's folder and history with a job in every state and a person, and the addresses of every page there is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from PIL import Image

from mobility_check.app.pages import key
from mobility_check.app.store import Store
from mobility_check.history.store import HistoryStore
from mobility_check.language import gettext
from synthetic.factories import make_result

PAGES = ("/", "/measure", "/live", "/people", "/phone", "/batch?at=/", "/quit", "/nowhere")
DAYS = ("2026-08-03", "2026-09-14")


def fill(root: Path, database: Path) -> list[str]:
    """Addresses of every page, those of jobs in each state and of a person with two sessions included."""
    store, made = Store(root), []
    picture = Image.new("RGB", (320, 480), (90, 90, 90))
    for state in ("queued", "running", "choose", "failed", "done"):
        message = gettext("“{name}” is empty; copy the clip from the camera again.", name="a.mp4")
        job = store.live_job(people=2, kicker=1, subject="A-1", date="2026-08-03", message=message)
        store.save(dataclasses.replace(job, state=state, suffixes=(".mp4",), keep=True))
        folder = store.folder(job.id)
        points = {"shoulder": (100, 100), "hip": (110, 240), "knee": (120, 330)}
        still = {"width": 320, "height": 480, "points": points}
        facts = {"left": {"facing": "left", "rep": 0, "stills": {"standing": still, "hold": still}}}
        (folder / "manual.json").write_text(json.dumps(facts), encoding="utf-8")
        (folder / "page.html").write_text("<!doctype html><title>report</title><p>report", encoding="utf-8")
        for name in ("people", "left-standing", "left-hold"):
            picture.save(folder / f"{name}.jpg")
        made.append(f"/jobs/{job.id}")
    with HistoryStore.open(database) as history:
        results = [make_result(clips=(f"{day}.mp4",)) for day in DAYS]  # one clip again would be one session again
        sessions = [
            history.save(r, subject="A-1", date=d, note="a note").id for r, d in zip(results, DAYS, strict=True)
        ]
        history.set_goal("A-1", 20.5)
    compared = f"/people/{key('A-1')}/compare?a={sessions[0]}&b={sessions[1]}"
    return [*PAGES, *made, f"{made[-1]}/correct/left", f"/people/{key('A-1')}", compared, f"/sessions/{sessions[0]}"]
