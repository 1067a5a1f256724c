"""``hinterland serve``."""

from __future__ import annotations

import logging
import signal
import sys
from ipaddress import ip_address
from typing import Annotated

import typer

from hinterland.cli import options
from hinterland.cli.console import Messages, messages


def serve(
    model: options.Model,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on; the default is this machine alone, 0.0.0.0 is every one."),
    ] = "127.0.0.1",
    most_rows: Annotated[int, typer.Option(min=1, help="Most rows in a request.")] = 10_000,
    most_bytes: Annotated[int, typer.Option(min=1, help="Most bytes in a request's body.")] = 16 * 2**20,
    seconds: Annotated[float, typer.Option(min=0.001, help="Time after which a request is given up.")] = 30.0,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Requests scored at the same time.", show_default="as many as there are cores"
        ),
    ] = None,
    waiting: Annotated[
        int, typer.Option(min=0, help="Further requests that may wait; beyond, the answer is 503.")
    ] = 64,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
) -> None:
    """Serve a saved model over HTTP: rows in, energies, labels and reasons out.

    POST /score takes JSON, CSV or an Arrow stream; GET /model, /health, /metrics and /docs say the rest. Where the
    environment variable HINTERLAND_TOKEN is set, requests must carry it. SIGTERM finishes what is in hand, and ends.
    """
    from hinterland.errors import MissingExtraError

    # While it serves, the server has a handler of its own, which waits for what is in hand, and hands over to this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with messages(quiet) as say:
        try:
            from hinterland.serve import running
            from hinterland.serve.application import application
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "hinterland":
                raise
            raise MissingExtraError(error.name, "serve", "hinterland serve") from error
        from hinterland.serve.limits import Limits
        from hinterland.serve.served import ServedModel
        from hinterland.serve.token import token_of_environment

        token = token_of_environment()
        given = {} if workers is None else {"at_once": workers}
        limits = Limits(body_bytes=most_bytes, rows=most_rows, seconds=seconds, waiting=waiting, **given)
        listening = running.listen(host, port)
        served = ServedModel.load(model, device=device, n_threads=threads)
        app = application(served, limits=limits, token=token, n_threads=threads)
        if token is None and not _is_here(host):
            say.note(
                f"Note: whoever reaches {host} may ask: set HINTERLAND_TOKEN, or let a proxy decide who may"
            )
    _log_to_stderr()
    place = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    start = f"Serving {model} on {place}: POST /score, GET /model, /health, /metrics, /docs"
    running.serve(app, limits, listening, on_start=lambda: Messages(quiet).note(start))


def _is_here(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _log_to_stderr() -> None:
    """Have errors of the service, which answers only number, on stderr with all there is to them."""
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # it warns of every request that is no HTTP
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
