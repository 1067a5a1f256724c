"""A request's body: read in bounded size and time, or let go by where the answer does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request

from hinterland.serve.limits import Deadline, Limits
from hinterland.serve.problems import Problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

LET_GO = 16
"""So many times the largest body, for so many times the longest request, is read and forgotten before an early answer:
whoever sends reads it only then."""


async def read_body(request: Request, limits: Limits, deadline: Deadline) -> bytes:
    """Give a request's body.

    Raises
    ------
    Problem
        Where it is empty, packed, too large (told by its length before any of it is read, or while it is read) or
        slow.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(415, "packed_body", f"the body has Content-Encoding {encoding!r}; send it unpacked")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.body_bytes:
        raise _too_large(limits)
    parts: list[bytes] = []
    n_bytes = 0
    stream = request.stream().__aiter__()
    while True:
        try:
            part = await asyncio.wait_for(anext(stream, b""), deadline.left())
        except TimeoutError:
            raise Problem(
                408,
                "slow_body",
                f"the body was not all here after {deadline.seconds:g} seconds",
                headers={"Connection": "close"},
            ) from None
        if not part:
            break
        n_bytes += len(part)
        if n_bytes > limits.body_bytes:
            raise _too_large(limits)
        parts.append(part)
    if not n_bytes:
        raise Problem(400, "empty_body", "the body is empty; expected rows as JSON, CSV or an Arrow stream")
    return b"".join(parts)


class Incoming:
    """The body on its way to an application: whether all of it came, and the rest of it let go by.

    Parameters
    ----------
    receive : of the server.
    expects_leave : whether the client waits to be told before it sends (``Expect: 100-continue``).
    """

    def __init__(self, receive: Receive, *, expects_leave: bool) -> None:
        self._receive = receive
        self._waits = expects_leave
        self.is_whole = False

    async def receive(self) -> Message:
        """The next message, as the application takes it."""
        message = await self._receive()
        self._waits = False
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.is_whole = True
        return message

    async def let_go(self, limits: Limits) -> bool:
        """Read and forget what is still to come, within bounds; whether the connection is then at its end of it."""
        if self.is_whole or self._waits:
            return self.is_whole
        deadline, n_left = Deadline(LET_GO * limits.seconds), LET_GO * limits.body_bytes
        while not self.is_whole and n_left > 0:
            try:
                message = await asyncio.wait_for(self.receive(), min(limits.seconds, deadline.left()))
            except TimeoutError:
                return False
            n_left -= len(message.get("body", b""))
        return self.is_whole


def _too_large(limits: Limits) -> Problem:
    return Problem(
        413, "body_too_large", f"the body is larger than {limits.body_bytes:,} bytes; send the rows in parts"
    )
