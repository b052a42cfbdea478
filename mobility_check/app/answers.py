"""What both listeners, the app's and the phone's, answer alike: the one-time address, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from mobility_check.app.gate import Gate
from mobility_check.app.pages import page
from mobility_check.app.words import text
from mobility_check.errors import MobilityCheckError

PLAIN = {404: "errors.not_there", 405: "errors.not_allowed"}
FORM = (400, 422)
"""What was filled in cannot be used: the page leads back to it."""
NO_MENU = 401
"""Who is not let in is shown no menu."""


async def start(request: Request) -> Response:
    """Let a browser in with the one-time token: set the cookie, and leave the token out of sight."""
    gate: Gate = request.app.state.gate
    if not gate.take(request.query_params.get("token", "")):
        return _answer(request, text(gate.used_up), NO_MENU)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(gate.cookie, gate.session, httponly=True, samesite="strict", path="/")
    return answer


def _http(request: Request, error: HTTPException) -> Response:
    is_ours = error.detail != HTTPStatus(error.status_code).phrase
    sentence = error.detail if is_ours else text(PLAIN.get(error.status_code, "errors.bad_form"))
    return _answer(request, sentence, error.status_code)


def _answer(request: Request, sentence: str, status: int) -> Response:
    if "json" in request.headers.get("accept", ""):
        return JSONResponse({"message": sentence}, status)
    gate: Gate = request.app.state.gate
    came_from = request.headers.get("referer", "")
    is_form = status in FORM and came_from.startswith(f"http://{request.headers['host']}/")
    back, menu = came_from if is_form else None, gate.has_menu and status != NO_MENU
    return page("problem", status=status, sentence=sentence, menu=menu, back=back)


def server_config(app: Starlette, **fields: Any) -> uvicorn.Config:
    """How either listener runs; ``fields`` as uvicorn takes them."""
    return uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        **fields,
    )


HANDLERS: dict[Any, Callable[[Request, Any], Response]] = {
    MobilityCheckError: lambda request, error: _answer(request, error.shown, 422),
    KeyError: lambda request, error: _answer(request, text("errors.not_there"), 404),
    HTTPException: _http,
    ClientDisconnect: lambda request, error: Response(status_code=400),  # nobody hears it; it is no fault of ours
    500: lambda request, error: _answer(request, text("errors.fault"), 500),
}
