from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from hinterland import fit_calibrated
from hinterland.pipeline import table_pipeline
from hinterland.serve.application import application
from hinterland.serve.served import ServedModel

N = 80


def visits() -> pa.Table:
    """A table of every kind of column, a tenth of its rows odd."""
    random = np.random.default_rng(0)
    return pa.table(
        {
            "id": [f"v{i}" for i in range(N)],
            "age": random.normal(40, 8, N) + 90 * (np.arange(N) % 10 == 3),
            "visits": random.integers(1, 20, N),
            "service": random.choice(["http", "ftp"], N),
            "vip": random.random(N) < 0.5,
            "when": pa.array(pd.date_range("2024-05-01", periods=N, freq="7h")),
        }
    )


@pytest.fixture(scope="session")
def table() -> pa.Table:
    return visits()


@pytest.fixture(scope="session")
def rows(table: pa.Table) -> list[dict[str, Any]]:
    """The table's rows as JSON has them."""
    return [{**row, "when": row["when"].isoformat()} for row in table.to_pylist()]


@pytest.fixture(scope="session")
def model(table: pa.Table) -> Any:
    detector = table_pipeline("dagmm", hidden=(6,), epochs=2, steps=20, random_state=0, contamination=0.1)
    return fit_calibrated(detector, table, share=0.25)


@pytest.fixture(scope="session")
def served(model: Any) -> ServedModel:
    return ServedModel(model, {"class": "a pipeline"})


@pytest.fixture(scope="session")
def client(served: ServedModel) -> Iterator[TestClient]:
    with TestClient(application(served), raise_server_exceptions=False) as client:
        yield client


class Answer(NamedTuple):
    """What an application sent, and how many messages it took of the request."""

    status: int
    headers: dict[str, str]
    body: bytes
    n_received: int


Ask = Callable[..., Answer]


def _ask(
    app: Any,
    parts: Iterable[bytes],
    headers: dict[str, str],
    *,
    path: str = "/score",
    method: str = "POST",
    ends: bool = True,
) -> Answer:
    """Ask an application with a body in parts, as a server hands it over; one that does not end leaves it waiting."""
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9), "root_path": "",
    }  # fmt: skip
    sent: list[Any] = []
    left = iter(parts)
    n_received = 0

    async def receive() -> Any:
        nonlocal n_received
        n_received += 1
        part = next(left, None)
        if part is not None:
            return {"type": "http.request", "body": part, "more_body": True}
        if not ends:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, *bodies = sent
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], names, b"".join(body.get("body", b"") for body in bodies), n_received)


@pytest.fixture
def ask() -> Ask:
    return _ask
