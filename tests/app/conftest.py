"""The app as a user starts it, in a process and folders of its own, and a browser that is let in."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from mobility_check.errors import MissingExtraError
from mobility_check.report.pdf import find_browser
from tests.commandline import command, environment
from tests.video.clips import make_clip

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class App:
    """A running app; ``ask`` speaks to it as its own page would, unless a header says otherwise."""

    folder: Path
    process: subprocess.Popen[str] = field(init=False)
    address: str = ""
    cookie: str = ""

    def start(self, *args: object) -> App:
        env = environment(HOME=str(self.folder), XDG_DATA_HOME=str(self.folder / "data"))
        env.pop("DISPLAY", None)
        self.process = subprocess.Popen(
            command("app", "--no-browser", *args), stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
        )
        assert self.process.stdout is not None
        found = re.search(r"http\S+", self.process.stdout.readline())
        assert found
        self.address = found[0]
        return self

    def enter(self) -> App:
        """Use the one-time address."""
        self.cookie = self.ask("GET", f"/start?{urlsplit(self.address).query}").headers["set-cookie"].partition(";")[0]
        return self

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    @property
    def process_folder(self) -> Path:
        """What the system says of the server's process."""
        return Path(f"/proc/{self.process.pid}")

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def root(self) -> Path:
        return self.folder / "data" / "mobility-check" / "app"

    def ask(self, method: str, path: str, body: bytes | dict[str, Any] | None = None, **headers: str | None) -> Answer:
        """One request; a header given as None is left out."""
        sent: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookie or None}
        if method not in ("GET", "HEAD"):
            sent["Origin"] = self.origin
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = urlencode(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def upload(self, clip: Path, name: str | None = None) -> str:
        """Copy a clip whole; its id."""
        data = clip.read_bytes()
        made = self.ask("POST", "/uploads", {"name": name or clip.name, "size": len(data)})
        assert made.status == 201, made.body
        taken = self.ask("PUT", f"/uploads/{made.json['id']}?offset=0", data)
        assert taken.json["offset"] == len(data)
        return str(made.json["id"])

    def measure(self, *clips: Path, **fields: str) -> str:
        """Start a job; its address."""
        uploads = " ".join(self.upload(clip) for clip in clips)
        made = self.ask("POST", "/jobs", {"uploads": uploads, **fields}, Accept="application/json")
        assert made.status == 201, made.body
        return str(made.json["address"])

    def ended(self, job: str) -> dict[str, Any]:
        """Wait for a job's end; its last state."""
        events = self.ask("GET", f"{job}/events").body.decode()
        last: dict[str, Any] = json.loads(events.strip().rpartition("data: ")[2])
        return last

    def stop(self, signum: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signum)
        code = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def rss_mb(self) -> float:
        """Memory of the server's process."""
        status = (self.process_folder / "status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1]) / 1024


@pytest.fixture(scope="session")
def nobody_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of grey: soon measured, where it does not matter what is seen."""
    return make_clip(tmp_path_factory.mktemp("nobody") / "nobody.mp4", frames=15)


@pytest.fixture
def new_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Makes apps over this test's folder; stops them."""
    made: list[App] = []

    def start(*args: object) -> App:
        made.append(App(tmp_path).start(*args))
        return made[-1]

    yield start
    for app in made:
        app.stop()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for the tests that change nothing in it; entered."""
    running = App(tmp_path_factory.mktemp("app")).start().enter()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
    """Chromium without a network."""
    try:
        program = find_browser()
    except MissingExtraError:
        pytest.skip("no Chromium, Chrome or Edge on this computer")
    running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
    yield running
    running.close()


@pytest.fixture
def visit(browser: Any, app: App) -> Iterator[Any]:
    """A page of the browser that is let in; a fault in its script fails the test."""
    page = new_page(browser, app)
    yield page
    assert page.faults == []
    page.context.close()


def new_page(browser: Any, app: App, **options: Any) -> Any:
    """A page of a fresh browser context that holds the app's cookie."""
    context = browser.new_context(**options)
    name, _, value = app.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": app.origin, "sameSite": "Strict", "httpOnly": True}])
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    return page
