"""A phone sends a clip: one phone, uploads only, for a short time."""

from __future__ import annotations

import http.client
import json
import re
from urllib.parse import urlencode, urlsplit

import cv2
import numpy as np
import pytest

from mobility_check.app import phone
from mobility_check.errors import UsageError
from mobility_check.video.qr import qr_modules


@pytest.fixture
def code(app):
    """The address that the code says, while a phone may send."""
    opened = app.ask("POST", "/phone", {"subject": "F-1"})
    if opened.status == 422:
        pytest.skip("this computer is in no network")
    page = app.ask("GET", "/phone").body.decode()
    yield re.search(r"http://[\d.]+:\d+/start\?token=[\w-]+", page)[0]
    app.ask("POST", "/phone", {"stop": "on"})


def ask(address: str, method: str, path: str, body: bytes | dict | None = None, **headers: str | None):
    where = urlsplit(address)
    sent = {"Host": where.netloc, **({"Origin": f"http://{where.netloc}"} if method != "GET" else {}), **headers}
    body = urlencode(body).encode() if isinstance(body, dict) else body
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    try:
        connection.request(method, path, body, {k: v for k, v in sent.items() if v is not None})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def enter(address: str) -> dict[str, str]:
    status, headers, _ = ask(address, "GET", f"/start?{urlsplit(address).query}")
    assert status == 303
    return {"Cookie": headers["set-cookie"].partition(";")[0]}


def test_a_clip_is_sent_measured_and_shown_on_the_computer(app, code, nobody_clip):
    cookie = enter(code)
    data = nobody_clip.read_bytes()
    upload = json.loads(ask(code, "POST", "/uploads", {"name": "IMG_1.MOV", "size": len(data)}, **cookie)[2])["id"]
    assert ask(code, "PUT", f"/uploads/{upload}?offset=0", data, **cookie)[0] == 200
    status, _, body = ask(code, "POST", "/measure", {"uploads": upload}, **cookie)
    assert (status, json.loads(body)) == (201, {"number": 0})
    job = json.loads(
        app.ask("GET", "/phone").body and next(line[6:] for line in first_lines(app) if line.startswith("data: "))
    )["jobs"][0]
    assert app.ended(f"/jobs/{job}")["state"] == "done"
    assert json.loads(ask(code, "GET", "/state/0", **cookie)[2])["state"] == "done"
    assert "F-1" in app.ask("GET", f"/jobs/{job}").body.decode()


def test_what_is_refused_does_not_hold_back_the_other_clips(browser, code, nobody_clip, tmp_path):
    (tmp_path / "empty.mp4").touch()
    page = browser.new_page()
    page.goto(code)
    assert "this computer" not in page.inner_text("footer"), "a phone that sends is not where nothing is sent"
    page.set_input_files("#files", [tmp_path / "empty.mp4", nobody_clip])
    page.wait_for_selector("#measure:visible")
    assert page.inner_text("#state").startswith("“empty.mp4” is empty")
    page.close()


def first_lines(app) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    try:
        connection.request("GET", "/phone/events", headers={"Cookie": app.cookie, "Host": f"127.0.0.1:{app.port}"})
        return [connection.getresponse().readline().decode()]
    finally:
        connection.close()


def test_one_phone_only_and_nothing_but_uploads(code):
    cookie = enter(code)
    assert ask(code, "GET", f"/start?{urlsplit(code).query}")[0] == 401
    assert ask(code, "GET", "/")[0] == 401
    assert ask(code, "GET", "/", Host="evil.example", **cookie)[0] == 421
    assert ask(code, "POST", "/uploads", b"name=a.mp4&size=5", Origin="http://evil.example", **cookie)[0] == 403
    for path in (
        "/people",
        "/measure",
        "/jobs",
        "/live",
        "/control",
        "/quit",
        "/uploads/0123456789abcdef",
        "/state/7",
        "/static/../x",
    ):
        assert ask(code, "GET", path, **cookie)[0] in (401, 404, 405), path
    assert ask(code, "POST", "/measure", {"uploads": "0123456789abcdef"}, **cookie)[0] == 404


def test_enough_is_enough(code):
    cookie = enter(code)
    told = [
        ask(code, "POST", "/uploads", {"name": "a.mp4", "size": 9}, **cookie)[0] for _ in range(phone.MOST_CLIPS + 1)
    ]
    assert told == [201] * phone.MOST_CLIPS + [422]


def test_it_is_closed_when_it_is_stopped(app, code):
    app.ask("POST", "/phone", {"stop": "on"})
    with pytest.raises(OSError, match=r"refused|reset"):
        ask(code, "GET", "/")


def test_without_a_network_it_says_so(monkeypatch):
    monkeypatch.setattr(phone, "PROBE", ("256.256.256.256", 9))
    with pytest.raises(UsageError, match="no network"):
        phone.lan_address()


@pytest.mark.parametrize("text", ["http://192.168.178.23:49152/start?token=abcDEF_-123", "x"])
def test_a_code_reads_as_it_was_written(text):
    code = qr_modules(text)
    image = np.kron(np.where(code, 0, 255).astype(np.uint8), np.ones((8, 8), dtype=np.uint8))
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == text
