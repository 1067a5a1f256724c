"""Serve an application until the process is asked to end; then finish what is in hand."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable

import uvicorn

from hinterland.serve.guard import Application
from hinterland.serve.limits import Limits

CONNECTIONS = 1_000
"""Most connections; a further one is answered 503."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; OSError, which names the address, where none can."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS)
    except OSError as error:
        raise OSError(error.errno, (error.strerror or str(error)).split(" (")[0], f"{host}:{port}") from error


def serve(
    application: Application, limits: Limits, listening: socket.socket, *, on_start: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT; once what is in hand is finished, the signal goes to the handler of before.

    Parameters
    ----------
    application, limits : of the service.
    listening : a socket that listens.
    on_start : called before the first request.
    """
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=int(limits.seconds) + 5,
        limit_concurrency=CONNECTIONS,
    )
    # Warnings of how rows are written go into answers; kept in registries they would grow for ever.
    warnings.simplefilter("ignore")
    on_start()
    uvicorn.Server(config).run(sockets=[listening])
