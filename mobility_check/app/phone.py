"""Film with a phone: a second, upload-only listener on the local network, for ten minutes and one phone.

It speaks HTTP, and the page says that the Wi-Fi carries the clip unencrypted. A certificate of our own would make every
phone show a warning about an attack, which people would learn to click away; so the listener is off unless asked for,
short, and behind a token that works once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import uvicorn
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mobility_check.app import pages, uploads
from mobility_check.app.answers import HANDLERS, server_config, start
from mobility_check.app.gate import Gate, Guard
from mobility_check.app.measure import checked, known_people, queue_of
from mobility_check.app.pages import form, page, static
from mobility_check.app.queue import Queue
from mobility_check.app.words import text
from mobility_check.errors import UsageError

OPEN_S = 600.0
FINISH_S = 60.0
"""A clip that is being copied when the time is up may go on as long as a chunk comes within this time."""
MOST_CLIPS = 10
PROBE = ("192.0.2.1", 9)
"""An address that nobody has: asking which way leads there sends nothing."""


class PhoneGate(Gate):
    """Lets the phone in: by its own host, and one phone only."""

    used_up = "phone.taken"
    has_menu = False
    name = "mobility-check-phone"
    token_bytes = 16  # the code on the screen stays coarse enough for any camera

    def hosts(self) -> set[str]:
        """The one address that the code shows."""
        return {f"{self.host}:{self.port}"}


class _Server(uvicorn.Server):
    """Leaves the signals to the app's own server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Phone:
    """The listener, while it is open."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._server: _Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changing = asyncio.Lock()
        self._until = 0.0
        self.address = ""
        self.fields: dict[str, Any] = {}
        self.uploads: set[str] = set()
        self.jobs: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether a phone can send."""
        return self._server is not None

    @property
    def left_s(self) -> int:
        """How long it stays open."""
        return max(0, round(self._until - time.monotonic()))

    @property
    def minutes(self) -> int:
        """The same, rounded up."""
        return -(-self.left_s // 60)

    async def open(self, fields: dict[str, Any]) -> None:
        """Listen for one phone; its clips are measured with these fields.

        Raises:
            UsageError: this computer is in no network.
        """
        async with self._changing:
            await self._close()
            await self._listen(fields)

    async def _listen(self, fields: dict[str, Any]) -> None:
        listener = socket.create_server((lan_address(), 0))
        host, port = listener.getsockname()
        gate = PhoneGate(port=port, host=host)
        self.address, self.fields, self.uploads, self.jobs = gate.new_address(), fields, set(), []
        app = Starlette(
            routes=PHONE_ROUTES,
            middleware=[Middleware(Guard, gate=gate)],
            exception_handlers=HANDLERS,
        )
        app.state.gate, app.state.phone, app.state.queue = gate, self, self._queue
        self._server = _Server(server_config(app, ws="none", lifespan="off"))
        self._until = time.monotonic() + OPEN_S
        self._tasks = [asyncio.create_task(self._server.serve(sockets=[listener])), asyncio.create_task(self._expire())]
        while not self._server.started and not self._tasks[0].done():
            await asyncio.sleep(0.01)  # told to exit before it has started, it would leave its socket open

    def stays(self, *, silent_s: float = 0.0) -> None:
        """The phone was heard this long ago: its clip may be finished."""
        self._until = max(self._until, time.monotonic() + FINISH_S - silent_s)

    async def _expire(self) -> None:
        while self.left_s > 0:
            await asyncio.sleep(min(5, self.left_s))
            for upload in self.uploads & set(self._queue.store.senders):  # a chunk over a slow Wi-Fi takes its time
                with contextlib.suppress(OSError):
                    self.stays(silent_s=time.time() - (self._queue.store.uploads / upload).stat().st_mtime)
        if self._server is not None:
            self._server.should_exit = True
            self._server = None

    async def close(self) -> None:
        """Stop listening."""
        async with self._changing:
            await self._close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server, self._tasks = None, []


def lan_address() -> str:
    """This computer's address in the local network.

    Raises:
        UsageError: it is in none.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(PROBE)
        return str(probe.getsockname()[0])
    raise UsageError(text("phone.no_network"))


# pages on the computer


def _phone(request: Request) -> Phone:
    found: Phone = request.app.state.phone
    return found


def show(request: Request) -> Response:
    """The form, or the code while a phone may send."""
    phone = _phone(request)
    code = _code(phone.address) if phone.is_open else ""
    people = known_people(request.app.state.database)
    return page("phone", here="measure", phone=phone, code=code, people=people)


def _code(address: str) -> Markup:
    from mobility_check.video.qr import qr_modules

    code = qr_modules(address)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(code) for x, dark in enumerate(row) if dark)
    label, size = Markup.escape(text("phone.code")), len(code)
    back = f'<path class="qr-back" d="M0 0h{size}v{size}h-{size}z"/>'
    return Markup(
        f'<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}">{back}<path d="{path}"/></svg>'
    )


async def begin(request: Request) -> Response:
    """Open the listener, or close it."""
    fields = await form(request)
    if "stop" in fields:
        await _phone(request).close()
        return RedirectResponse("/measure", 303)
    await _phone(request).open(checked(fields))
    return RedirectResponse("/phone", 303)


def events(request: Request) -> Response:
    """What the phone has sent."""
    phone = _phone(request)
    return pages.events(lambda: {"jobs": list(phone.jobs), "minutes": phone.minutes, "ended": not phone.is_open})


ROUTES: list[BaseRoute] = [
    Route("/phone", show),
    Route("/phone", begin, methods=["POST"]),
    Route("/phone/events", events),
]


# pages on the phone


def send_page(request: Request) -> Response:
    """How to film, and the button for the phone's camera."""
    return page("send")


async def begin_upload(request: Request) -> Response:
    """Announce a clip."""
    phone = _phone(request)
    if len(phone.uploads) >= MOST_CLIPS:
        raise UsageError(text("phone.enough"))
    answer = await uploads.begin(request)
    phone.uploads.add(json.loads(bytes(answer.body))["id"])
    return answer


async def upload(request: Request) -> Response:
    """The next chunk, or how much is here."""
    phone = _phone(request)
    if not any(hmac.compare_digest(request.path_params["upload"].encode(), u.encode()) for u in phone.uploads):
        raise HTTPException(404)
    if request.method == "PUT":
        phone.stays()
    return await uploads.upload(request)


async def measure(request: Request) -> Response:
    """Measure what was sent."""
    phone, queue = _phone(request), queue_of(request)
    sent = (await form(request)).get("uploads", "").split()
    if not set(sent) <= phone.uploads:
        raise HTTPException(404)
    job = queue.store.new_job(sent, **phone.fields)
    await queue.add(job)
    phone.jobs.append(job.id)
    return JSONResponse({"number": len(phone.jobs) - 1}, 201)


def state(request: Request) -> Response:
    """How far the measurement of what was sent is; the numbers are shown on the computer."""
    phone, number = _phone(request), request.path_params["number"]
    if not 0 <= number < len(phone.jobs):
        raise HTTPException(404)
    phone.stays()
    job = queue_of(request).job(phone.jobs[number])
    return JSONResponse({"state": job.state, "share": job.share, "message": job.message})


PHONE_ROUTES: list[BaseRoute] = [
    Route("/start", start),
    Route("/", send_page),
    Route("/uploads", begin_upload, methods=["POST"]),
    Route("/uploads/{upload}", upload, methods=["GET", "PUT"]),
    Route("/measure", measure, methods=["POST"]),
    Route("/state/{number:int}", state),
    Route("/static/{name}", static),
]
