"""Pages from templates, the files that they load, and what a form sends."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from mobility_check.app.words import text
from mobility_check.language import retold, templates

FORM_BYTES = 64 << 10
LOOK_S = 0.5
HERE = Path(__file__).parent
STYLE = HERE.parent / "report" / "assets" / "page.css"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def environment() -> jinja2.Environment:
    """The templates with what they may call."""
    made = templates(HERE / "templates")
    made.globals |= {"t": text, "retold": retold}  # type: ignore[dict-item]
    made.filters |= {"key": key, "place": "{:.1f}".format}
    return made


def key(subject: str) -> str:
    """A person in an address: any pseudonym, also one with a slash in it."""
    return base64.urlsafe_b64encode(subject.encode()).decode().rstrip("=")


def subject_of(key_: str) -> str:
    """The person that an address names.

    Raises:
        HTTPException: it names none.
    """
    try:
        return base64.urlsafe_b64decode(key_ + "=" * (-len(key_) % 4)).decode()
    except (binascii.Error, ValueError) as e:
        raise HTTPException(404) from e


def page(name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page; ``here`` in the values names the current entry of the menu."""
    html = environment().get_template(f"{name}.html.j2").render({"here": name, **values})
    return HTMLResponse(html, status)


@cache
def _static_files() -> Mapping[str, Path]:
    """Name → file: what is not in this table is not served, so that no address becomes a path."""
    return {"page.css": STYLE} | {f.name: f for f in (HERE / "static").iterdir() if f.suffix in TYPES}


def static(request: Request) -> Response:
    """A style sheet, script or drawing of ours."""
    file = _static_files().get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    return Response(file.read_bytes(), media_type=TYPES[file.suffix])


async def body(request: Request, *, limit: int = FORM_BYTES) -> bytes:
    """What was sent, up to the limit.

    Raises:
        HTTPException: it is larger.
    """
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > limit:
            raise HTTPException(413, text("errors.too_large"))
    return bytes(found)


async def form(request: Request) -> dict[str, str]:
    """The fields of a small form.

    Raises:
        HTTPException: it is too large or not text.
    """
    try:
        return dict(parse_qsl((await body(request)).decode("utf-8"), keep_blank_values=True, max_num_fields=50))
    except ValueError as e:
        raise HTTPException(400, text("errors.bad_form")) from e


def posted(handle: Callable[[Request, dict[str, str]], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a form and answers it in a thread, as Starlette runs endpoints that do not wait."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(handle, request, await form(request))

    return endpoint


def file(path: Path, **fields: Any) -> FileResponse:
    """A file as the answer; ``fields`` as ``FileResponse`` takes them.

    Raises:
        HTTPException: it is not there.
    """
    if not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, **fields)


def events(read: Callable[[], dict[str, Any] | None]) -> StreamingResponse:
    """A state as server-sent events: now and whenever it has changed, until there is none or it has ``ended``."""

    async def lines() -> AsyncIterator[str]:
        told: dict[str, Any] = {}
        while (now := read()) is not None:
            if now != told:
                yield f"data: {json.dumps(now)}\n\n"
            told = now
            if now["ended"]:
                return
            await asyncio.sleep(LOOK_S)

    return StreamingResponse(lines(), media_type="text/event-stream")
