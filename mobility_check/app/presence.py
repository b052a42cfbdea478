"""Which pages are open: each holds a WebSocket, and the app ends some time after the last one was closed.

A page that is reloaded or replaced by the next one is back within the grace; a job, a batch or a phone that is let in
keeps the app running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

GRACE_S = 60.0


class Presence:
    """Counts the open pages.

    ``on_alone`` is called when no page has been open for ``GRACE_S`` and nothing is under way; not before the first.
    """

    def __init__(self, *, is_busy: Callable[[], bool], on_alone: Callable[[], None] | None) -> None:
        self._is_busy, self._on_alone = is_busy, on_alone
        self._pages = 0
        self._waiting: asyncio.Task[None] | None = None

    def opened(self) -> None:
        """A page was opened."""
        self._pages += 1
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def closed(self) -> None:
        """A page was closed, or its computer has gone to sleep."""
        self._pages -= 1
        if not self._pages and self._on_alone is not None:
            self._waiting = asyncio.create_task(self._end(self._on_alone))

    async def _end(self, on_alone: Callable[[], None]) -> None:
        await asyncio.sleep(GRACE_S)
        while self._is_busy():
            await asyncio.sleep(GRACE_S)
        on_alone()


async def _stay(ws: WebSocket) -> None:
    await ws.accept()
    presence: Presence = ws.app.state.presence
    presence.opened()
    try:
        while (await ws.receive())["type"] != "websocket.disconnect":  # what a page says does not matter
            pass
    finally:
        presence.closed()


ROUTES = [WebSocketRoute("/presence", _stay)]
