"""Attacks on the app: each is refused with a sentence, without a traceback, and the server goes on."""

from __future__ import annotations

import base64
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from mobility_check.app.gate import WEB_PORT, Gate
from mobility_check.app.store import FAULT_FILE
from tests.app.conftest import App
from tests.commandline import call

PAGES = ("/", "/measure", "/quit")


def refused(answer, *statuses: int) -> None:
    assert answer.status in statuses, answer
    assert b"Traceback" not in answer.body
    assert len(answer.body) < 5000


@pytest.fixture(autouse=True)
def alive(app):
    yield
    assert app.ask("GET", "/").status == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_safety_headers(app, path):
    answer = app.ask("GET", path)
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert b"<script>" not in answer.body
    assert b" style=" not in answer.body
    assert b" onclick" not in answer.body


@pytest.mark.parametrize(
    "host",
    [
        None,
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "evil.example:{port}",
        "127.0.0.1:{port}.evil.example",
        "0.0.0.0:{port}",
        "LOCALHOST.:{port}",
        "localhost.:{port}",
        "[::1]:{port}",
        "127.0.0.1:{port}@evil.example",
        "127.1:{port}",
        "2130706433:{port}",
        " 127.0.0.1:0{port}",
    ],
)
def test_another_host_is_refused(app, host):
    named = host.format(port=app.port) if host else None
    refused(app.ask("GET", "/", Host=named), 421, 400)
    refused(app.ask("POST", "/quit", b"", Host=named), 421, 400)


def test_a_browser_leaves_the_usual_port_of_the_web_out():
    assert "localhost" in Gate(port=WEB_PORT).hosts()
    assert "localhost" not in Gate(port=8080).hosts()


def test_localhost_is_this_computer_too(app):
    assert app.ask("GET", "/", Host=f"localhost:{app.port}").status == 200


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
    ],
)
def test_a_change_from_another_origin_is_refused(app, origin):
    named = origin.format(port=app.port) if origin else None
    for path in ("/quit", "/uploads", "/jobs", "/people/P-1/delete", "/phone", "/batch"):
        refused(app.ask("POST", path, b"", Origin=named), 403)
    refused(app.ask("PUT", "/uploads/0123456789abcdef?offset=0", b"x", Origin=named), 403)


@pytest.mark.parametrize("path", ["/start?token=x", "/people/TS0x/export/pdf", "/batch?at=/", "/jobs/0123456789abcdef"])
def test_another_page_cannot_ask_for_what_costs_something(app, path):
    refused(app.ask("GET", path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors"), 403)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "PROPFIND", "DELETE"])
def test_other_methods_do_nothing(app, method):
    refused(app.ask(method, "/"), 403, 404, 405)
    refused(app.ask(method, "/", Origin="http://evil.example", Access_Control_Request_Method="POST"), 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_another_site_or_port_asks_for_is_refused(app, site, method):
    refused(app.ask(method, "/", Sec_Fetch_Site=site), 403)


@pytest.mark.parametrize(
    "cookie", [None, "mobility-check-1=x", "mobility-check-{port}=", "mobility-check-{port}=guess", "\x00;=;"]
)
def test_without_the_cookie_nothing_is_shown(app, cookie):
    named = cookie.format(port=app.port) if cookie else None
    for path in (*PAGES, "/static/app.css", "/nowhere"):
        refused(app.ask("GET", path, Cookie=named), 401, 400)
    refused(app.ask("POST", "/quit", b"", Cookie=named), 401, 400)


def test_the_token_works_once_and_leaves_the_address(new_app):
    app = new_app()
    first = app.ask("GET", f"/start?{app.address.partition('?')[2]}")
    assert (first.status, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"mobility-check-{app.port}=")
    for word in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    refused(app.ask("GET", f"/start?{app.address.partition('?')[2]}"), 401)
    refused(app.ask("GET", "/start?token=guess"), 401)
    refused(app.ask("GET", "/start"), 401)


def test_only_the_command_itself_gets_a_new_address(app):
    for secret in (None, "Bearer ", "Bearer guess", "Basic x"):
        refused(app.ask("POST", "/control", b"", Authorization=secret), 401)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../gate.py",
        "/static/%2e%2e%2fgate.py",
        "/static/..%5cgate.py",
        "/static//etc/passwd",
        "/jobs/..%2f..%2fx/report",
        "/jobs/../../etc/passwd",
        "/jobs/%00/report",
        "/uploads/..%2frunning",
        "/jobs/0123456789abcdef/stills/..%2fjob",
        "/static/",
        "/jobs/",
        "/people/..%2f..%2fetc",
        "/jobs/0123456789abcdef/mobility-check-assets-..%2f..%2f/page.js",
    ],
)
def test_an_address_is_never_a_path(app, path):
    answer = app.ask("GET", path)
    assert answer.status in (307, 404), answer
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "archive.zip", "list.m3u8", "page.html", "clip.mp4.exe", "", "a" * 5000, "track.npz", "../../x.sh"],
)
def test_only_clips_are_taken(app, name):
    refused(app.ask("POST", "/uploads", {"name": name, "size": 10}), 422)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.mp4",
        "/etc/cron.d/x.mp4",
        "C:\\x\\..\\y.mp4",
        "con.mp4",
        "a\x00b.mp4",
        "<img src=x onerror=alert(1)>.mp4",
    ],
)
def test_a_name_never_becomes_a_path(app, name):
    before = {p for p in app.folder.rglob("*") if p.parent.name != "uploads"}
    made = app.ask("POST", "/uploads", {"name": name, "size": 10})
    assert made.status == 201
    assert {p for p in app.folder.rglob("*") if p.parent.name != "uploads"} == before
    assert {p.stem for p in (app.root / "uploads").iterdir()} >= {made.json["id"]}
    assert app.ask("DELETE", f"/uploads/{made.json['id']}").status == 204


@pytest.mark.parametrize("size", ["", "-1", "0", "x", "1e3", "9" * 15, "9" * 400, "٣"])
def test_an_impossible_size_is_refused(app, size):
    refused(app.ask("POST", "/uploads", {"name": "a.mp4", "size": size}), 400, 422)


def test_more_than_announced_is_refused(app):
    made = app.ask("POST", "/uploads", {"name": "a.mp4", "size": 1000}).json["id"]
    refused(app.ask("PUT", f"/uploads/{made}?offset=0", b"x" * 1001), 413)
    refused(app.ask("PUT", f"/uploads/{made}?offset=7", b"x"), 409)
    for offset in ("5000", "-1", "1e3", "", "9" * 40, "0x10"):
        refused(app.ask("PUT", f"/uploads/{made}?offset={offset}", b"x"), 400, 409)
    refused(app.ask("PUT", f"/uploads/{made}?offset=0", b"5\r\nxxxxx\r\n", Content_Length="-1"), 400)
    refused(app.ask("POST", "/jobs", {"uploads": made}), 422)
    refused(app.ask("POST", "/jobs", {"uploads": "0123456789abcdef"}), 404)
    refused(app.ask("POST", "/jobs", b"uploads=" + b"x" * 70_000), 413)
    refused(app.ask("POST", "/jobs", b"&" * 60_000), 400)
    refused(app.ask("POST", "/jobs", b"a=1&" * 200), 400)
    refused(app.ask("POST", "/jobs", b"\xff\xfe=%ff"), 400, 422)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": None},
        {"Cookie": None},
        {"Host": "evil.example"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_web_socket_from_elsewhere_is_refused(app, headers):
    key = base64.b64encode(os.urandom(16)).decode()
    shake = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Key": key,
        "Sec_WebSocket_Version": "13",
        "Origin": app.origin,
        **headers,
    }
    refused(app.ask("GET", "/live/socket", None, **shake), 403, 421)


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1.mp4", "\u202egnp.mp4", "{{7*7}}.mp4", "%00.mp4", "💥" * 500 + ".mp4"])
def test_a_strange_name_is_only_shown(app, name):
    made = app.ask("POST", "/uploads", {"name": name, "size": 3})
    assert made.status == 201
    assert "x-evil" not in made.headers
    assert app.ask("PUT", f"/uploads/{made.json['id']}?offset=0", b"abc").status == 200
    job = app.ask("POST", "/jobs", {"uploads": made.json["id"]}).json["address"]
    assert app.ended(job)["state"] == "failed"
    shown = app.ask("GET", job)
    assert shown.status == 200
    assert "x-evil" not in shown.headers
    assert b"49.mp4" not in shown.body
    assert app.ask("POST", f"{job}/delete", b"").status == 303


@pytest.mark.parametrize("subject", ["a\r\nb", "a\x00b", "\u202eabc", "a\u2028b"])
def test_a_person_is_never_called_so(app, subject):
    upload = app.ask("POST", "/uploads", {"name": "a.mp4", "size": 3}).json["id"]
    app.ask("PUT", f"/uploads/{upload}?offset=0", b"abc")
    refused(app.ask("POST", "/jobs", {"uploads": upload, "subject": subject}), 422)


def test_an_upload_has_one_sender_the_newest(app):
    upload = app.ask("POST", "/uploads", {"name": "a.mp4", "size": 1000}).json["id"]
    head = (
        f"PUT /uploads/{upload}?offset=0 HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\nCookie: {app.cookie}\r\n"
        f"Origin: {app.origin}\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as first:
        first.sendall(head.encode())
        assert app.ask("PUT", f"/uploads/{upload}?offset=0", b"b" * 600).json == {"offset": 600}
        first.sendall(b"a" * 1000)
        assert b"409" in first.recv(4096)
    assert app.ask("PUT", f"/uploads/{upload}?offset=600", b"b" * 400).json == {"offset": 1000}
    assert (app.root / "uploads" / upload).read_bytes() == b"b" * 1000
    assert app.ask("DELETE", f"/uploads/{upload}").status == 204


def test_slow_and_half_open_connections_keep_nobody_out(app):
    with ExitStack() as stack:
        for i in range(150):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", app.port), timeout=10))
            raw.sendall(b"GET / HTTP/1.1\r\nHost: 127.0" if i % 2 else b"")
        assert app.ask("GET", "/").status == 200


def test_a_web_socket_that_sends_nonsense_is_closed(visit, app):
    visit.goto(app.origin + "/measure")
    for text in ('"[" .repeat(20000)', '"x".repeat(5000000)', "new Uint8Array(9)"):
        told = visit.evaluate(NONSENSE.replace("TEXT", text))
        assert told in ("failed", "closed"), text
    visit.faults.clear()


def test_a_page_that_sends_nonsense_is_as_present_as_others(visit, app):
    visit.goto(app.origin + "/measure")
    visit.evaluate(
        """new Promise(done => { const socket = new WebSocket(`ws://${location.host}/presence`);
          socket.onopen = () => { socket.send(new Uint8Array(9)); setTimeout(done, 300); };
          socket.onclose = () => done(); })"""
    )
    assert not (app.root / FAULT_FILE).exists()


NONSENSE = """new Promise(done => {
  const socket = new WebSocket(`ws://${location.host}/live/socket`);
  socket.onopen = () => socket.send(TEXT);
  socket.onmessage = message => done(JSON.parse(message.data).state);
  socket.onclose = () => done("closed"); })"""


def test_broken_requests_do_not_stop_the_server(app):
    for sent in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"\r\n" * 1000,
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", app.port), timeout=10) as raw:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            said = raw.recv(4096)
            assert said == b"" or said.startswith(b"HTTP/1.1 4")


def test_two_hundred_requests_at_once(app):
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda i: app.ask("GET", PAGES[i % len(PAGES)], Cookie=app.cookie if i % 2 else None), range(200))
        )
    assert {a.status for a in answers} == {200, 401}


def test_it_listens_to_this_computer_only(app):
    table = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    listening = {row[1] for row in table if row[3] == "0A" and row[1].endswith(f":{app.port:04X}")}
    assert listening == {f"0100007F:{app.port:04X}"}


def test_a_host_for_others_is_refused():
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org"):
        assert "this computer only" in call("app", "--host", host).sentence(code=2)


def test_a_port_that_is_taken_is_told(app):
    assert "taken by another program" in call(
        "app", "--no-browser", "--port", app.port, XDG_DATA_HOME=str(app.folder / "other")
    ).sentence(code=2)


def test_a_second_start_opens_the_running_one(app):
    again = call("app", "--no-browser", HOME=str(app.folder), XDG_DATA_HOME=str(app.folder / "data"))
    assert again.code == 0
    address = again.out.split()[-1]
    assert address.startswith(f"{app.origin}/start?token=")
    assert App.ask(app, "GET", address.removeprefix(app.origin)).status == 303


def test_tokens_are_long_and_used_up():
    gate = Gate(port=1)
    token = gate.new_address().partition("token=")[2]
    assert len(token) >= 40
    assert [gate.take(token), gate.take(token)] == [True, False]
