"""The live check in a real browser, with a clip in the place of its camera."""

from __future__ import annotations

import json
import struct

import av
import pytest

from mobility_check.app.live_work import _card, _decoded
from mobility_check.errors import MissingExtraError
from mobility_check.history.store import HistoryStore
from mobility_check.pipeline import analyze_track
from mobility_check.report.pdf import find_browser
from synthetic.stickfigure import Figure, kicks
from tests.app.conftest import FLAGS, new_page
from tests.footage import KICKS_END_S, SAMPLES, derive
from tests.once import once


@pytest.fixture(scope="module")
def camera(playwright, tmp_path_factory):
    """A Chromium whose camera plays a sample's first leg."""
    try:
        program = find_browser()
    except MissingExtraError:
        pytest.skip("no Chromium, Chrome or Edge on this computer")

    def make(folder):
        clip = derive(SAMPLES[-1], folder / "clip.mp4", stop_s=KICKS_END_S, height=480, fps=15)
        as_mjpeg(clip, folder / "camera.mjpeg")

    film = once(tmp_path_factory, "camera", make) / "camera.mjpeg"
    flags = [
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    running = playwright.chromium.launch(executable_path=program, args=flags)
    yield running
    running.close()


def as_mjpeg(clip, target):
    with av.open(str(clip)) as source, av.open(str(target), "w", format="mjpeg") as out:
        read = source.streams.video[0]
        stream = out.add_stream("mjpeg", rate=read.average_rate)
        stream.width, stream.height, stream.pix_fmt = read.width, read.height, "yuvj420p"
        stream.bit_rate = 12_000_000
        for i, frame in enumerate(source.decode(read)):
            picture = frame.reformat(format="yuvj420p")
            picture.pts, picture.time_base = i, 1 / read.average_rate
            out.mux(stream.encode(picture))
        out.mux(stream.encode())


def test_a_check_is_seen_measured_and_kept(camera, app):
    page = new_page(camera, app, permissions=["camera"])
    page.goto(app.origin + "/live")
    page.fill("[name=subject]", "C-1")
    page.uncheck("[name=voice]")
    page.select_option("[name=reps]", "1")
    page.set_viewport_size({"width": 390, "height": 844})  # where the second click meets words
    page.dblclick("text=Start")
    page.wait_for_selector("#prompt:not(:text('Loading the model'))", timeout=60_000)
    page.wait_for_selector("#dots p", timeout=90_000)
    assert page.evaluate("getSelection().toString()") == ""
    page.keyboard.press("Escape")  # one leg has kicked: the check is ended by hand
    page.wait_for_selector("#card:visible, #trouble:not(:empty)", timeout=300_000)
    assert page.inner_text("#trouble") == ""
    assert "leg" in page.inner_text("#lines")
    job = page.get_attribute("#report", "href")
    stored = json.loads((app.root / job[1:] / "session.json").read_text(encoding="utf-8"))["result"]
    assert stored["schema"] == "mobility-check/result/1"
    assert list((app.root / "jobs").rglob("*.mp4")) == []
    page.click("#report")
    assert page.wait_for_selector("iframe.report").content_frame().wait_for_selector("h1")
    assert "clip was deleted" not in page.inner_text("main")  # there was none
    assert page.faults == []
    page.context.close()


@pytest.mark.parametrize("sessions_before", [0, 2])
def test_a_check_without_a_number_tells_of_no_change_and_no_saving(tmp_path, sessions_before):
    """The person may be new, so that the history does not know them."""
    database = str(tmp_path / "history.db")
    with HistoryStore.open(database) as store:
        for i in range(sessions_before):
            measured = analyze_track(Figure(kicks("right", extension_deg=15.0 + 5 * i)).track()).result
            store.save(measured, subject="C-1", date=f"2026-01-0{i + 1}")
    nothing = analyze_track(Figure(duration_s=4.0).track()).result
    card = _card(nothing, "C-1", None, database)
    assert not card["scored"]
    assert not [line for line in card["lines"] if "C-1" in line or "since" in line]


def test_a_check_with_a_number_tells_what_has_changed_and_for_whom_it_is_saved(tmp_path):
    database = str(tmp_path / "history.db")
    with HistoryStore.open(database) as store:
        for i in range(2):
            result = analyze_track(Figure(kicks("right", extension_deg=15.0 + 10 * i)).track()).result
            saved = store.save(result, subject="C-1", date=f"2026-01-0{i + 1}")
    lines = " ".join(_card(result, "C-1", saved.id, database)["lines"])
    assert "since last time" in lines
    assert "saved for C-1" in lines


def test_a_camera_that_may_not_be_used_is_told(browser, app):
    page = new_page(browser, app)
    page.goto(app.origin + "/live")
    page.click("text=Start")
    page.wait_for_selector("#trouble:not(:empty)")
    assert "start again" in page.inner_text("#trouble")
    assert page.is_visible("#choices")
    page.context.close()


@pytest.fixture(scope="module")
def live_page(browser, app):
    """The live page, open for all who only speak to the server from it."""
    page = new_page(browser, app)
    page.goto(app.origin + "/live")
    yield page
    assert page.faults == []
    page.context.close()


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"subject": "", "reps": "3", "pictures": True},
        {"subject": "", "reps": 99, "pictures": True},
        {"subject": "x" * 70, "reps": 3, "pictures": True},
        {"subject": "", "reps": True, "pictures": 1},
        [],
        "x",
        7,
    ],
)
def test_choices_that_cannot_be_used_are_told(live_page, choices):
    said = live_page.evaluate(
        """choices => new Promise(done => {
          const socket = new WebSocket(`ws://${location.host}/live/socket`);
          socket.onopen = () => socket.send(JSON.stringify(choices));
          socket.onmessage = message => done(JSON.parse(message.data));
          socket.onclose = () => done({state: "closed"}); })""",
        choices,
    )
    assert said["state"] == "failed"
    assert said["message"].endswith(".")


def jpeg(width: int, height: int) -> bytes:
    """The head of a JPEG that claims that size."""
    return (
        b"\xff\xd8\xff\xc0\x00\x11\x08"
        + struct.pack(">HH", height, width)
        + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"\xff\xd8\xff",
        jpeg(65535, 65535),
        jpeg(1, 1),
        b"GIF89a" + b"\0" * 50,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
    ],
    ids=["empty", "text", "cut", "huge", "no data", "gif", "png"],
)
def test_a_picture_that_is_none_is_left_out(data):
    assert _decoded(data) is None
