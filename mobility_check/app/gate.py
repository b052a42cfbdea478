"""Who may talk to the server: this computer's own browser, after it has shown the start token.

Checked on every request, the WebSocket included: the Host (against DNS rebinding), where the request comes from (Origin
and Sec-Fetch-Site, against other pages in the same browser, those of another port included), and the cookie.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import ClassVar

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mobility_check.language import N_, gettext

WEB_PORT = 80
LOOPBACK = ("127.0.0.1", "localhost")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:;"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
START_PATH = "/start"
CONTROL_PATH = "/control"


Refusal = tuple[int, str]
"""Status and sentence of a request that is not answered."""
FOREIGN_HOST = (421, N_("This address is not the app's own; open the address that the command printed."))
FOREIGN_PAGE = (403, N_("Another page sent this request; the app answers its own pages only."))
NO_TOKEN = (401, N_("Start mobility-check again, or open the address that it printed; each address works once."))


@dataclass(slots=True)
class Gate:
    """The secrets of one run of the server."""

    used_up: ClassVar[str] = "errors.token_used"  # key of the sentence for a token that does not work any more
    has_menu: ClassVar[bool] = True  # whether whoever is let in may see all pages
    name: ClassVar[str] = "mobility-check"
    token_bytes: ClassVar[int] = 32  # how long a token is
    port: int
    host: str = "127.0.0.1"
    control: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    tokens: set[str] = field(default_factory=set)

    @property
    def cookie(self) -> str:
        """The cookie's name; it names the port, since browsers share cookies between ports."""
        return f"{self.name}-{self.port}"

    def hosts(self) -> set[str]:
        """What a request's Host may be; a browser leaves the usual port of the web out."""
        return {f"{name}:{self.port}" for name in LOOPBACK} | (set(LOOPBACK) if self.port == WEB_PORT else set())

    def new_address(self) -> str:
        """An address that lets one browser in, once."""
        token = secrets.token_urlsafe(self.token_bytes)
        self.tokens.add(token)
        return f"http://{self.host}:{self.port}{START_PATH}?token={token}"

    def take(self, token: str) -> bool:
        """Whether the token is good; it is used up by this."""
        found = next((t for t in self.tokens if hmac.compare_digest(t.encode(), token.encode())), None)
        self.tokens.discard(found or "")
        return found is not None

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why the request is refused; ``None`` when it may pass."""
        connection = HTTPConnection(scope)
        headers = connection.headers
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self.hosts():
            return FOREIGN_HOST
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return FOREIGN_PAGE
        changing = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if changing and headers.getlist("origin") != [f"http://{hosts[0]}"]:
            return FOREIGN_PAGE
        if scope["path"] == START_PATH:
            return None
        secret, expected = (
            (headers.get("authorization", ""), f"Bearer {self.control}")
            if scope["path"] == CONTROL_PATH
            else (connection.cookies.get(self.cookie, ""), self.session)
        )
        return None if hmac.compare_digest(secret.encode(), expected.encode()) else NO_TOKEN


class Guard:
    """Middleware: refuses what the gate refuses, and adds the safety headers to every answer."""

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._gate.refusal(scope)
        if refusal is None:
            await self._app(scope, receive, guarded(send))
            return
        status, sentence = refusal
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": gettext(sentence)})
        else:
            answer = PlainTextResponse(gettext(sentence) + "\n", status, {"Connection": "close"})
            await answer(scope, receive, guarded(send))


def guarded(send: Send) -> Send:
    """``send`` that adds the safety headers which an answer does not have yet."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
