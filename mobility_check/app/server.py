"""The server: its routes, its start and its end."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mobility_check.app import batch, live, measure, people, phone, presence
from mobility_check.app.answers import HANDLERS, server_config, start
from mobility_check.app.gate import CONTROL_PATH, START_PATH, Gate, Guard
from mobility_check.app.pages import page, static
from mobility_check.app.queue import Queue
from mobility_check.app.running import noted
from mobility_check.app.screen import DEFAULT_PORT
from mobility_check.app.store import FAULT_FILE, Store
from mobility_check.errors import UsageError

PICTURE_BYTES = 4 << 20
"""The largest picture that the live page may send."""


def build(root: Path, *, port: int, database: str | None = None, stays: bool = True) -> Starlette:
    """The application over the app's folder, at a port that is bound; ``stays``: also when its last page is closed."""
    gate = Gate(port=port)
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
        exception_handlers=HANDLERS,
    )
    app.state.gate, app.state.queue, app.state.database, app.state.stop = gate, queue, database, lambda: None
    app.state.phone, app.state.batch = phone.Phone(queue), batch.Runs(database)

    def is_busy() -> bool:
        checks = any(job.state == "live" for job in store.all_jobs())
        return queue.busy or checks or app.state.batch.is_running or app.state.phone.is_open

    app.state.presence = presence.Presence(is_busy=is_busy, on_alone=None if stays else lambda: app.state.stop())
    return app


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


def home(request: Request) -> Response:
    """Three large ways in, how to film, and what was measured last."""
    return page("home", jobs=[j for j in request.app.state.queue.store.all_jobs() if j.state != "live"][:6])


async def control(request: Request) -> Response:
    """A second start of the command asks for an address that opens this server."""
    return JSONResponse({"address": request.app.state.gate.new_address()})


async def leave(request: Request) -> Response:
    """Ask whether to stop, or stop."""
    queue: Queue = request.app.state.queue
    if request.method == "GET":
        return page("quit", busy=queue.busy, in_batch=request.app.state.batch.is_running, stopped=False)
    threading.Timer(0.3, request.app.state.stop).start()
    return page("quit", stopped=True)


def app_folder() -> Path:
    """Where the app keeps its things: beside the history, on each system."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mobility-check", appauthor=False)) / "app"


def bind(port: int | None) -> socket.socket:
    """A socket on the loopback: at this port, or at the usual one, or at any that is free.

    Raises:
        UsageError: the port that was asked for is taken, or not for everybody.
    """
    for wanted in (port,) if port else (DEFAULT_PORT, 0):
        try:
            return socket.create_server(("127.0.0.1", wanted))
        except PermissionError as e:
            if port:
                raise UsageError(
                    "Port {port} is kept for the system; choose one from 1024 on with --port.", port=port
                ) from e
        except OSError:
            continue
    raise UsageError("Port {port} is taken by another program; choose another one with --port.", port=port)


def serve(
    root: Path, *, port: int | None, database: str | None, stays: bool, on_address: Callable[[str, int], None]
) -> None:
    """Run the server until it is stopped; ``on_address`` is told the address that opens it, and its port."""
    with bind(port) as listener:
        app = build(root, port=listener.getsockname()[1], database=database, stays=stays)
        server = uvicorn.Server(server_config(app, ws="websockets-sansio", ws_max_size=PICTURE_BYTES))
        gate: Gate = app.state.gate
        faults = logging.FileHandler(root / FAULT_FILE, mode="w", encoding="utf-8", delay=True)
        faults.setLevel(logging.ERROR)  # the server's own; broken requests are no news for the user
        for name in ("uvicorn", "asyncio"):
            logging.getLogger(name).addHandler(faults)
        app.state.stop = lambda: setattr(server, "should_exit", True)
        if hasattr(signal, "SIGHUP"):  # a closed terminal ends it as Ctrl-C does
            signal.signal(signal.SIGHUP, server.handle_exit)
        with noted(root, gate, database=database):
            on_address(gate.new_address(), gate.port)
            server.run(sockets=[listener])
