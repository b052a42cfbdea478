"""Clips come in chunks, straight to disk; after a lost connection the sender asks where to go on."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mobility_check.app.pages import form
from mobility_check.app.store import Store
from mobility_check.app.words import text

CHUNK_BYTES = 8 << 20
"""What a sender sends at once; the server takes up to twice as much."""


async def begin(request: Request) -> Response:
    """Announce a clip by name and size; gives its id."""
    fields = await form(request)
    upload = _store(request).new_upload(fields.get("name", ""), _number(fields.get("size", "")))
    return JSONResponse({"id": upload, "chunk": CHUNK_BYTES}, 201)


async def upload(request: Request) -> Response:
    """One upload: where it is, the next chunk, or its end."""
    store = _store(request)
    if request.method == "PUT":
        return await _take(request, store)
    path, facts = store.upload(request.path_params["upload"])
    if request.method == "DELETE":
        for file in (path, path.with_suffix(".json")):
            file.unlink(missing_ok=True)
        return Response(status_code=204)
    return JSONResponse({"offset": path.stat().st_size, "size": facts["size"]})


def _store(request: Request) -> Store:
    found: Store = request.app.state.queue.store
    return found


async def _take(request: Request, store: Store) -> Response:
    """Add a chunk at the end of what is here; what arrives before the connection breaks is kept.

    The newest sender of an upload takes it over: the one before may be a connection that was lost without a word.

    Raises:
        HTTPException: it goes beyond the announced size, another sender took over, or the disk is full.
    """
    path, facts = store.upload(request.path_params["upload"])
    offset = _number(request.query_params.get("offset", ""))
    if offset != path.stat().st_size:
        return JSONResponse({"offset": path.stat().st_size}, 409)
    if not store.room_bytes():
        raise HTTPException(507, text("errors.disk_full"))
    room = min(facts["size"], offset + 2 * CHUNK_BYTES)
    store.senders[path.name] = request
    try:
        with path.open("r+b") as file:
            file.seek(offset)
            async for part in request.stream():
                if store.senders.get(path.name) is not request:
                    raise HTTPException(409, text("errors.other_sender"))
                if file.tell() + len(part) > room:
                    raise HTTPException(413, text("errors.too_large"))
                try:
                    file.write(part)
                    file.flush()
                except OSError as e:
                    raise HTTPException(507, text("errors.disk_full")) from e
            return JSONResponse({"offset": file.tell()})
    finally:
        if store.senders.get(path.name) is request:
            del store.senders[path.name]


def _number(text_: str) -> int:
    if not text_.isascii() or not text_.isdigit() or len(text_) > 15:
        raise HTTPException(400, text("errors.bad_form"))
    return int(text_)
