"""Measure a clip: copied in chunks, measured in a process of its own, forgotten; nothing is lost on the way."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import time

import numpy as np
import pytest
from PIL import Image

from mobility_check.app import manual
from mobility_check.app.store import FAULT_FILE
from mobility_check.kinematics.landmarks import Landmark
from mobility_check.pipeline import analyze_tracks
from mobility_check.video.sink import video_sink
from synthetic.stickfigure import Figure, kicks
from tests.app.conftest import App


@pytest.fixture(scope="module")
def measured(app, short_clip) -> str:
    """A job that has ended well, of a person."""
    job = app.measure(short_clip, subject="M-1")
    assert app.ended(job)["state"] == "done"
    return job


def stored(app: App, job: str) -> dict:
    return json.loads((app.root / job.removeprefix("/") / "session.json").read_text(encoding="utf-8"))["result"]


def test_the_score_is_that_of_analyze(app, measured, short_measured):
    expected = short_measured.run.result()
    assert stored(app, measured)["sides"] == expected["sides"]


def test_the_report_is_shown_and_can_be_taken_along(app, measured):
    page = app.ask("GET", f"{measured}/report")
    assert page.status == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    found = page.body.decode()
    assert "<script>" not in found
    folder = found.split('href="')[1].split('"')[0].rpartition("/")[0]
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript"), ("bokeh.min.js", "text/javascript")):
        asset = app.ask("GET", f"{measured}/{folder}/{name}")
        assert (asset.status, asset.headers["content-type"].partition(";")[0]) == (200, kind)
    alone = app.ask("GET", f"{measured}/report.html")
    assert "attachment" in alone.headers["content-disposition"]


def test_the_clip_is_forgotten_and_its_path_never_told(app, measured):
    job = app.root / measured.removeprefix("/")
    clips = [f for f in app.folder.rglob("*") if f.suffix == ".mp4"]
    assert [f for f in clips if job in f.parents or f.parents[1] != app.root / "jobs"] == []  # others may be under way
    assert [i["path"] for i in stored(app, measured)["inputs"]] == ["kick.mp4"]
    assert str(app.folder).encode() not in app.ask("GET", f"{measured}/report").body


def test_a_kept_clip_is_where_the_page_says(new_app, nobody_clip):
    app = new_app().enter()
    job = app.measure(nobody_clip, keep="on", subject="P-1", date="2026-08-03", note="first")
    assert app.ended(job)["state"] == "done"
    (clip,) = [f for f in app.folder.rglob("*") if f.suffix == ".mp4"]
    assert clip.parent == app.root / "clips"
    assert clip.read_bytes() == nobody_clip.read_bytes()
    assert str(clip) in app.ask("GET", job).body.decode()
    assert app.ask("POST", f"{job}/delete", b"").status == 303
    assert not clip.exists()
    assert app.ask("GET", job).status == 404


def test_every_file_is_private(app, measured):
    assert [f.name for f in app.root.rglob("*") if f.stat().st_mode & 0o077] == []


def test_a_clip_without_an_angle_says_why_it_was_not_saved_and_leads_to_no_missing_page(app, nobody_clip):
    job = app.measure(nobody_clip, subject="M-9")
    assert app.ended(job)["state"] == "done"
    shown = app.ask("GET", job).body.decode()
    assert "Not saved for M-9, since no angle was measured." in shown
    assert 'href="/people/' not in shown


def test_it_can_be_saved_for_a_person_afterwards(app, nobody_clip):
    job = app.measure(nobody_clip)
    assert app.ended(job)["state"] == "done"
    assert app.ask("POST", f"{job}/save", {"subject": ""}).status == 422
    assert app.ask("POST", f"{job}/save", {"subject": "L-4"}).status == 303
    assert "L-4" in app.ask("GET", "/people").body.decode()
    assert app.ask("POST", f"{job}/save", {"subject": "L-4"}).status == 303  # a double click
    assert app.ask("POST", f"{job}/save", {"subject": "L-5"}).status == 422
    assert app.ask("POST", f"{job}/delete", {"session": "on"}).status == 303
    assert "L-4" not in app.ask("GET", "/people").body.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", "03.08.2026"), ("date", "2999-01-01"), ("subject", "x" * 65), ("subject", "a\x07b"), ("test", "../x")],
)
def test_a_field_that_cannot_be_used_is_told(app, short_clip, field, value):
    upload = app.upload(short_clip)
    answer = app.ask("POST", "/jobs", {"uploads": upload, field: value}, Accept="application/json")
    assert answer.status == 422
    assert answer.json["message"].endswith((".", "signs."))
    assert app.ask("DELETE", f"/uploads/{upload}").status == 204


def test_what_is_no_video_fails_with_its_sentence_and_name(app, tmp_path):
    wrong = tmp_path / "holiday.mp4"
    wrong.write_text("just words, and a lot of them")
    job = app.measure(wrong, subject="Jörg")
    ended = app.ended(job)
    assert ended["state"] == "failed"
    assert 'href="/measure?person=J%C3%B6rg"' in app.ask("GET", job).body.decode()
    assert "holiday.mp4" in ended["message"]
    assert str(app.folder) not in ended["message"]


def test_a_copy_goes_on_after_the_connection_is_cut_three_times(app, short_clip):
    data = short_clip.read_bytes()
    upload = app.ask("POST", "/uploads", {"name": "a.mp4", "size": len(data)}).json["id"]
    for part in (5, 4, 3):
        offset = app.ask("GET", f"/uploads/{upload}").json["offset"]
        cut(
            app,
            f"/uploads/{upload}?offset={offset}",
            data[offset : offset + len(data) // part],
            whole=len(data) - offset,
        )
    offset = settled(app, upload)
    assert 0 < offset < len(data)
    assert app.ask("PUT", f"/uploads/{upload}?offset={offset}", data[offset:]).json["offset"] == len(data)
    assert (app.root / "uploads" / upload).read_bytes() == data
    assert app.ask("DELETE", f"/uploads/{upload}").status == 204
    fault = app.root / FAULT_FILE
    assert not fault.exists() or "ClientDisconnect" not in fault.read_text(encoding="utf-8")


def cut(app: App, path: str, data: bytes, *, whole: int) -> None:
    """Send less than announced and go."""
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\nCookie: {app.cookie}\r\nOrigin: {app.origin}\r\n"
        f"Content-Length: {whole}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", app.port)) as raw:
        raw.sendall(head.encode() + data)
    settled(app, path.split("/")[2].partition("?")[0])


def settled(app: App, upload: str) -> int:
    """How much of it is here once nothing more comes."""
    before = -1
    while (now := app.ask("GET", f"/uploads/{upload}").json["offset"]) != before:
        before = now
        time.sleep(0.1)
    return now


def test_a_large_copy_stays_out_of_memory(new_app):
    """200 MB here; the size changes nothing, since each part is written as it comes."""
    app = new_app().enter()
    chunk = os.urandom(8 << 20)
    upload = app.ask("POST", "/uploads", {"name": "a.mov", "size": 25 * len(chunk)}).json["id"]
    idle_mb = app.rss_mb()
    for i in range(25):
        assert app.ask("PUT", f"/uploads/{upload}?offset={i * len(chunk)}", chunk).status == 200
    assert app.rss_mb() - idle_mb < 30
    assert idle_mb < 120


def test_a_killed_server_takes_its_jobs_up_again(new_app, nobody_clip):
    app = new_app().enter()
    jobs = [app.measure(clip) for clip in (nobody_clip, nobody_clip, nobody_clip)]
    half = app.ask("POST", "/uploads", {"name": "b.mp4", "size": 100}).json["id"]
    app.ask("PUT", f"/uploads/{half}?offset=0", b"x" * 40)
    deadline = time.monotonic() + 60
    while "running" not in states(app, jobs) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert states(app, jobs).count("running") <= 2
    app.stop(signal.SIGKILL)
    again = new_app().enter()
    assert [again.ended(job)["state"] for job in jobs] == ["done"] * 3
    assert again.ask("GET", f"/uploads/{half}").json == {"offset": 40, "size": 100}


def states(app: App, jobs: list[str]) -> list[str]:
    return [json.loads((app.root / job[1:] / "job.json").read_text(encoding="utf-8"))["state"] for job in jobs]


def test_quit_stops_the_server_and_says_so(new_app):
    app = new_app().enter()
    answer = app.ask("POST", "/quit", b"")
    assert b"has stopped" in answer.body
    assert app.process.wait(15) == 0
    assert not (app.root / "running.json").exists()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_with_a_job_under_way(new_app, short_clip, signum):
    app = new_app().enter()
    app.measure(short_clip)
    app.process.send_signal(signum)
    assert app.process.wait(15) in (0, 130)


def test_the_blurred_face_leaves_the_shoulder_to_be_seen(tmp_path):
    figure = Figure(kicks("right"), duration_s=16.0, fps=10.0, size=(360, 640), leg_px=200.0)
    tiles = np.random.default_rng(1).integers(0, 256, (80, 45, 1), dtype=np.uint8)
    wall = np.repeat(np.kron(tiles, np.ones((8, 8, 1), np.uint8)), 3, axis=2)
    with video_sink(tmp_path / "wall.mp4", size=(360, 640)) as sink:
        for time_s in figure.time_s:
            sink.write(wall, time_s=float(time_s))
    track = figure.track()
    track = dataclasses.replace(track, meta=dataclasses.replace(track.meta, path=str(tmp_path / "wall.mp4")))
    manual.keep_stills(analyze_tracks([track]), tmp_path)
    facts = manual.stills(tmp_path)["right"]["stills"]["standing"]
    still = np.asarray(Image.open(tmp_path / "right-standing.jpg").convert("L"), dtype=float)
    x, y = (round(v) for v in facts["points"]["shoulder"])
    scale = still.shape[0] / 640
    nose_x, nose_y = (track.xy_px[0, Landmark.NOSE] * scale).round().astype(int)
    assert still[y - 16 : y + 16, x - 16 : x + 16].std() > 2 * still[nose_y - 16 : nose_y, nose_x - 16 : nose_x].std()


def test_a_leg_can_be_corrected_by_hand(app, measured):
    job = measured
    facts = json.loads((app.root / job[1:] / "manual.json").read_text(encoding="utf-8"))
    assert list(facts) == ["right"]
    before = stored(app, job)["sides"]["right"]["score_deg"]
    points = {
        f"{moment}-{name}": f"{x},{y}"
        for moment, still in facts["right"]["stills"].items()
        for name, (x, y) in still["points"].items()
    }
    assert app.ask("GET", f"{job}/stills/right-hold").headers["content-type"] == "image/jpeg"
    assert app.ask("GET", f"{job}/correct/right").status == 200
    assert app.ask("GET", f"{job}/correct/left").status == 404
    assert app.ask("POST", f"{job}/correct/right", {**points, "hold-knee": "-5,3"}).status == 422
    assert app.ask("POST", f"{job}/correct/right", {**points, "hold-knee": "nan,3"}).status == 422
    assert app.ask("POST", f"{job}/correct/right", points).status == 303
    made = json.loads((app.root / job[1:] / "manual-right.json").read_text(encoding="utf-8"))
    leg = made["sides"]["right"]
    assert leg["score_deg"] == pytest.approx(before, abs=4.0)  # the points as found, without the estimator
    assert leg["reps"][0]["manual"] is True
    assert made["provenance"]["angle_rule"].endswith("/manual")
    low, high = leg["ci95_deg"]
    assert 4 < high - low < 25
    assert stored(app, job)["sides"]["right"]["score_deg"] == before
    records = app.ask("GET", "/people/TS0x/export/json").json
    assert len(records) == 2
    assert {"manual" in json.dumps(r["result"]["provenance"]["angle_rule"]) for r in records} == {True, False}
