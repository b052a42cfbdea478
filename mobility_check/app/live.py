"""Check at this camera: the browser's pictures go over one WebSocket into a live check of its own process."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mobility_check.app.measure import checked, known_people
from mobility_check.app.pages import page
from mobility_check.app.store import Job, Store
from mobility_check.app.words import text
from mobility_check.app.workers import end, start_worker
from mobility_check.errors import MobilityCheckError, UsageError

REPS = range(1, 11)
END_S = 10.0
MOST_CHECKS = 2


class _Choices(msgspec.Struct):
    """What the page says first."""

    subject: str
    reps: Annotated[int, Meta(ge=REPS[0], le=REPS[-1])]
    pictures: bool


def show(request: Request) -> Response:
    """The page."""
    people = known_people(request.app.state.database)
    return page("live", people=people, chosen=request.query_params.get("person", ""), reps=REPS)


async def socket(ws: WebSocket) -> None:
    """One check: choices first, then pictures; views and at the end the card go back."""
    await ws.accept()
    store: Store = ws.app.state.queue.store
    try:
        choices = msgspec.json.decode(await ws.receive_text(), type=_Choices)
        subject = checked({"subject": choices.subject})["subject"]
        if sum(job.state == "live" for job in store.all_jobs()) >= MOST_CHECKS:
            raise UsageError(text("live.many"))
        today = date.today().isoformat()
        job = store.live_job(subject=subject, date=today, reps=choices.reps, pictures=choices.pictures)
    except (MobilityCheckError, msgspec.MsgspecError, ValueError, KeyError, RecursionError) as e:
        await ws.send_json(
            {"state": "failed", "message": e.shown if isinstance(e, MobilityCheckError) else text("errors.bad_form")}
        )
        await ws.close()
        return
    except WebSocketDisconnect:
        return
    process = await start_worker("live_work", store, job.id, ws.app.state.database)
    sending = asyncio.create_task(_send(ws, process))
    try:
        await _answer(ws, process, job)
    finally:
        sending.cancel()
        with suppress(TimeoutError):  # a process that has said all ends by itself
            await asyncio.wait_for(process.wait(), END_S)
        await end(process)
        with suppress(KeyError):
            if store.job(job.id).state == "live":  # it ended without a word
                store.delete(job.id)


async def _send(ws: WebSocket, process: asyncio.subprocess.Process) -> None:
    """Pictures from the page to the check; the end of either ends the check."""
    pipe = process.stdin
    assert pipe is not None
    with suppress(WebSocketDisconnect, ConnectionError, KeyError):  # KeyError: a text is no picture
        while picture := await ws.receive_bytes():
            pipe.write(len(picture).to_bytes(4, "little") + picture)
            await pipe.drain()
    with suppress(ConnectionError):
        pipe.write_eof()


async def _answer(ws: WebSocket, process: asyncio.subprocess.Process, job: Job) -> None:
    """Views from the check to the page, until it has ended; that takes its time even if the page has gone."""
    assert process.stdout is not None
    said: dict[str, Any] = {}
    async for line in process.stdout:
        said = json.loads(line)
        with suppress(WebSocketDisconnect, RuntimeError):
            await ws.send_text(json.dumps(said | ({"job": job.id} if "state" in said else {})))
    with suppress(WebSocketDisconnect, RuntimeError):
        if "state" not in said:
            await ws.send_json({"state": "failed", "message": text("errors.worker_died")})
        await ws.close()


ROUTES: list[BaseRoute] = [Route("/live", show), WebSocketRoute("/live/socket", socket)]
