"""Two things at once, and ends in the middle: nothing is lost, nothing is done twice, nobody waits for ever."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mobility_check.app.pages import events
from mobility_check.app.queue import Queue
from mobility_check.app.running import only_server
from mobility_check.app.store import FAULT_FILE, Store
from mobility_check.errors import OutputError, UsageError
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result
from tests.app.conftest import App
from tests.app.test_people import person
from tests.beside import run_beside
from tests.commandline import call


def until(true, *, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def state(app: App, job: str) -> str:
    return str(json.loads((app.root / job[1:] / "job.json").read_text(encoding="utf-8"))["state"])


def test_ctrl_c_in_the_terminal_leaves_the_job_to_the_next_start(new_app, nobody_clip):
    """A terminal sends it to every process that was started there."""
    app = new_app().enter()
    job = app.measure(nobody_clip)
    until(lambda: state(app, job) == "running")
    os.killpg(app.process.pid, signal.SIGINT)
    app.process.wait(20)
    assert state(app, job) == "running"
    assert new_app().enter().ended(job)["state"] == "done"


def test_a_person_is_removed_with_the_job_that_is_under_way(new_app, nobody_clip):
    app = new_app().enter()
    database = app.folder / "data" / "mobility-check" / "history.db"
    with HistoryStore.open(database) as history:
        session = history.save(make_result(), subject="Q-1", date=date(2026, 8, 3)).id
    (app.root / "pictures" / session).mkdir()
    job, other = app.measure(nobody_clip, subject="Q-1"), app.measure(nobody_clip)
    until(lambda: state(app, job) == "running")
    assert app.ask("POST", f"{person('Q-1')}/delete", {"name": "Q-1"}).status == 303
    assert app.ask("GET", job).status == 404
    assert list((app.root / "pictures").iterdir()) == []
    assert app.ended(other)["state"] == "done"  # the queue goes on
    assert app.ended(app.measure(nobody_clip, subject="Q-2"))["state"] == "done"
    assert app.ask("GET", person("Q-1")).status == 404
    assert not (app.root / FAULT_FILE).exists()


def test_a_person_at_the_camera_is_not_removed(clinic_store):
    store, queue = clinic_store
    store.live_job(subject="Q-1")
    with pytest.raises(UsageError, match="at the camera"):
        run_beside(queue.forget("Q-1"))


@pytest.fixture
def clinic_store(tmp_path) -> tuple[Store, Queue]:
    store = Store(tmp_path)
    return store, Queue(store)


async def states(queue: Queue, job: str) -> AsyncIterator[dict[str, Any]]:
    """What a job's page is told, one after the other."""
    async for line in events(lambda: queue.progress(job)).body_iterator:
        yield json.loads(line.removeprefix("data: "))


def test_a_watcher_that_is_slow_hears_of_the_end(clinic_store):
    """The job ends while its last state is on its way to the page."""
    store, queue = clinic_store
    job = replace(store.live_job(), state="running")

    async def watched() -> list[str]:
        await queue.add(job)
        seen = []
        async for told in states(queue, job.id):
            seen.append(told["state"])
            if len(seen) == 1:
                queue._finish(job.id, {"state": "done"})
        return seen

    assert run_beside(watched()) == ["running", "done"]


def test_a_disk_without_room_ends_the_job_and_not_the_queue(clinic_store, monkeypatch):
    store, queue = clinic_store
    jobs = [replace(store.live_job(), state="queued") for _ in range(5)]

    def full(job):
        raise OutputError("The disk is full.")

    async def told() -> list[str]:
        await queue.start()
        monkeypatch.setattr(store, "save", full)
        for job in jobs:
            await queue.add(job)
        ended = [[s async for s in states(queue, job.id)][-1]["message"] for job in jobs]
        await queue.stop()
        return ended

    assert run_beside(told()) == ["The disk is full."] * len(jobs)
    assert queue.busy is False


def test_starts_at_once_make_one_server(tmp_path):
    env = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    apps = [App(tmp_path) for _ in range(3)]
    with ThreadPoolExecutor(len(apps)) as pool:
        list(pool.map(App.start, apps))
    try:
        until(lambda: sum(app.process.poll() is None for app in apps) == 1)
        assert len({app.port for app in apps}) == 1
        assert sorted(str(app.process.poll()) for app in apps) == ["0", "0", "None"]
        assert "with another history" in call("app", "--database", tmp_path / "x.db", **env).sentence(code=2)
        assert "running already" in call("app", "--port", apps[0].port + 1, **env).out
    finally:
        for app in apps:
            app.stop()


@pytest.mark.parametrize("note", ["", "[]", "null", '{"port": 9, "control": "x"}', '{"port": [], "control": 1}', "\0"])
def test_a_note_that_leads_nowhere_does_not_keep_the_app_from_starting(tmp_path, note):
    (tmp_path / "running.json").write_text(note)
    with only_server(tmp_path, database=None) as other:
        assert other is None


def test_a_server_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("mobility_check.app.running.WAIT_S", 0.2)
    with (
        only_server(tmp_path, database=None),
        pytest.raises(UsageError, match="does not answer"),
        only_server(tmp_path, database=None),
    ):
        pass


def test_a_batch_is_started_once(app, tmp_path, nobody_clip):
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(nobody_clip.read_bytes())
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: app.ask("POST", "/batch/start", {"folder": folder}).status, range(4)))
    assert sorted(told) == [303, 422, 422, 422]
    app.ask("POST", "/batch/stop", b"")
    app.ask("POST", "/batch/stop", b"")


def test_the_phone_is_opened_once(app):
    with ThreadPoolExecutor(4) as pool:
        told = {a.status for a in pool.map(lambda _: app.ask("POST", "/phone", {"subject": ""}), range(4))}
    if told == {422}:
        pytest.skip("this computer is in no network")
    assert app.ask("POST", "/phone", {"stop": "on"}).status == 303
    assert listening(app) == 1


def listening(app: App) -> int:
    """At how many ports the app's process listens."""
    sockets = set()
    for descriptor in (app.process_folder / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            sockets.add(os.readlink(descriptor))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(f"socket:[{row[9]}]" in sockets for row in rows if row[3] == "0A")


def test_what_could_not_be_measured_is_forgotten_too(app, tmp_path):
    wrong = tmp_path / "holiday.mp4"
    wrong.write_text("just words, and a lot of them")
    job = app.measure(wrong)
    assert app.ended(job)["state"] == "failed"
    assert list((app.root / job[1:]).glob("clip*")) == []


def test_two_tabs_with_one_clip(app, nobody_clip):
    upload = app.upload(nobody_clip)
    assert app.ask("POST", "/jobs", {"uploads": upload}).status == 201
    again = app.ask("POST", "/jobs", {"uploads": upload}, Accept="application/json")
    assert again.status == 404
    assert "choose it again" in again.json["message"]


@pytest.mark.parametrize("day", ["0026-08-03", "1969-12-31"])
def test_a_date_too_far_back_is_told(app, short_clip, day):
    upload = app.upload(short_clip)
    refused = app.ask("POST", "/jobs", {"uploads": upload, "date": day}, Accept="application/json")
    assert refused.status == 422
    assert "too far back" in refused.json["message"]
    assert app.ask("DELETE", f"/uploads/{upload}").status == 204
