"""The server: its routes, its start and its end."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mobility_check.app import batch, live, measure, people, phone, presence
from mobility_check.app.gate import CONTROL_PATH, START_PATH, Gate, Guard
from mobility_check.app.pages import page, problem, static
from mobility_check.app.queue import Queue
from mobility_check.app.screen import DEFAULT_PORT
from mobility_check.app.store import Store
from mobility_check.app.words import text
from mobility_check.errors import MobilityCheckError, UsageError
from mobility_check.files import atomic_path

PICTURE_BYTES = 4 << 20
"""The largest picture that the live page may send."""


@dataclass(slots=True)
class Running:
    """A server that listens: its gate, its application and its socket."""

    gate: Gate
    app: Starlette
    listener: socket.socket
    stop: Callable[[], None] = lambda: None


def build(root: Path, *, listener: socket.socket, database: str | None = None, stays: bool = True) -> Running:
    """The application over the app's folder, for a socket that is already bound.

    Args:
        stays: it goes on when its last page is closed.
    """
    gate = Gate(port=listener.getsockname()[1])
    store = Store(root)
    store.sweep()
    queue = Queue(store, database=database)

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        await queue.start()
        yield
        await app.state.phone.close()
        await app.state.batch.stop()
        await queue.stop()

    app = Starlette(
        routes=_routes(),
        lifespan=life,
        middleware=[Middleware(Guard, gate=gate)],
        exception_handlers={MobilityCheckError: _sentence, KeyError: _missing, HTTPException: _http, 500: _fault},
    )
    running = Running(gate, app, listener)
    app.state.gate, app.state.queue, app.state.database, app.state.running = gate, queue, database, running
    app.state.phone, app.state.batch = phone.Phone(queue), batch.Runs(database)

    def is_busy() -> bool:
        checks = any(job.state == "live" for job in store.all_jobs())
        return queue.busy or checks or app.state.batch.is_running or app.state.phone.is_open

    app.state.presence = presence.Presence(is_busy=is_busy, on_alone=None if stays else lambda: running.stop())
    return running


def _routes() -> list[BaseRoute]:
    return [
        Route("/", home),
        Route(START_PATH, start),
        Route(CONTROL_PATH, control, methods=["POST"]),
        Route("/quit", leave, methods=["GET", "POST"]),
        Route("/static/{name}", static),
        *measure.ROUTES,
        *people.ROUTES,
        *live.ROUTES,
        *phone.ROUTES,
        *batch.ROUTES,
        *presence.ROUTES,
    ]


async def home(request: Request) -> Response:
    """Three large ways in, how to film, and what was measured last."""
    return page("home", jobs=[j for j in request.app.state.queue.store.all_jobs() if j.state != "live"][:6])


async def start(request: Request) -> Response:
    """Let a browser in with the one-time token: set the cookie, and leave the token out of sight."""
    gate: Gate = request.app.state.gate
    if not gate.take(request.query_params.get("token", "")):
        return problem(text("errors.token_used"), status=401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(gate.cookie, gate.session, httponly=True, samesite="strict", path="/")
    return answer


async def control(request: Request) -> Response:
    """A second start of the command asks for an address that opens this server."""
    return JSONResponse({"address": request.app.state.gate.new_address()})


async def leave(request: Request) -> Response:
    """Ask whether to stop, or stop."""
    queue: Queue = request.app.state.queue
    if request.method == "GET":
        return page("quit", busy=queue.busy, stopped=False)
    threading.Timer(0.3, request.app.state.running.stop).start()
    return page("quit", busy=False, stopped=True)


def _sentence(request: Request, error: Exception) -> Response:
    return _answer(request, error.shown if isinstance(error, MobilityCheckError) else str(error), 422)


def _missing(request: Request, error: Exception) -> Response:
    return _answer(request, text("errors.not_there"), 404)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: text("errors.not_there"), 405: text("errors.not_allowed")}
    return _answer(request, known.get(error.status_code, error.detail), error.status_code)


def _fault(request: Request, error: Exception) -> Response:
    return _answer(request, text("errors.fault"), 500)


def _answer(request: Request, sentence: str, status: int) -> Response:
    if "json" in request.headers.get("accept", ""):
        return JSONResponse({"message": sentence}, status)
    return problem(sentence, status=status)


def app_folder() -> Path:
    """Where the app keeps its things: beside the history, on each system."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mobility-check", appauthor=False)) / "app"


def bind(port: int | None) -> socket.socket:
    """A socket on the loopback: at this port, or at the usual one, or at any that is free.

    Raises:
        UsageError: the port that was asked for is taken.
    """
    for wanted in (port,) if port else (DEFAULT_PORT, 0):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", wanted))
    raise UsageError("Port {port} is taken by another program; choose another one with --port.", port=port)


def running_address(root: Path) -> str | None:
    """An address of the server that already runs for this folder; ``None`` when there is none."""
    try:
        known = json.loads((root / "running.json").read_text(encoding="utf-8"))
        origin = f"http://127.0.0.1:{int(known['port'])}"
        headers = {"Authorization": f"Bearer {known['control']}", "Origin": origin}
        request = urllib.request.Request(f"{origin}{CONTROL_PATH}", data=b"", headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=2) as answer:
            return str(json.load(answer)["address"])
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def serve(
    root: Path, *, port: int | None, database: str | None, stays: bool, on_address: Callable[[str, int], None]
) -> None:
    """Run the server until it is stopped; ``on_address`` is told the address that opens it, and its port."""
    with bind(port) as listener:
        running = build(root, listener=listener, database=database, stays=stays)
        config = uvicorn.Config(
            running.app,
            http="h11",
            ws="websockets-sansio",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=PICTURE_BYTES,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # broken requests are no news for the user
        running.stop = lambda: setattr(server, "should_exit", True)
        if hasattr(signal, "SIGHUP"):  # a closed terminal ends it as Ctrl-C does
            signal.signal(signal.SIGHUP, server.handle_exit)
        note = root / "running.json"
        with atomic_path(note, durable=False) as tmp:
            tmp.write_text(json.dumps({"port": running.gate.port, "control": running.gate.control, "pid": os.getpid()}))
        on_address(running.gate.new_address(), running.gate.port)
        try:
            server.run(sockets=[listener])
        finally:
            note.unlink(missing_ok=True)
