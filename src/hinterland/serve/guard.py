"""Around every request: its number, its time, its body's end, and an answer to what nobody foresaw."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect

from hinterland.serve.body import Incoming, Message, Receive
from hinterland.serve.limits import Limits
from hinterland.serve.metrics import Metrics
from hinterland.serve.problems import MEDIA_TYPE, internal

Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG = logging.getLogger("hinterland.serve")
GONE = 499
"""Status that is counted for a client that left before its answer; none is sent."""
_SAFE = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


class Guard:
    """An application behind what all its answers have in common.

    Parameters
    ----------
    app : an ASGI application.
    limits, metrics : of the service.
    routes : paths that are counted by their names; all else is ``other``.
    """

    def __init__(self, app: Application, limits: Limits, metrics: Metrics, routes: Collection[str]) -> None:
        self._application = app
        self._limits, self._metrics, self._routes = limits, metrics, frozenset(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        started = time.perf_counter()
        route = scope["path"] if scope["path"] in self._routes else "other"
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        expects = Headers(scope=scope).get("expect", "").lower() == "100-continue"
        incoming = Incoming(receive, expects_leave=expects)
        status = 0

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not await incoming.let_go(self._limits):
                    headers["connection"] = "close"
                headers["x-request-id"] = request_id
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
                status = message["status"]
            await send(message)

        try:
            await self._application(scope, incoming.receive, answering)
        except ClientDisconnect:
            status = GONE
        except Exception:
            LOG.exception("request %s to %s failed", request_id, route)
            if not status:
                await _send(answering, request_id)
            status = 500
            self._metrics.failed(internal().name)
        finally:
            self._metrics.answered(route, status or GONE, time.perf_counter() - started)


async def _send(send: Send, request_id: str) -> None:
    """Send the answer to an error that nobody foresaw."""
    problem = internal()
    body = problem.body(request_id)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
