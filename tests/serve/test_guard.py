"""What is around every request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from hinterland.serve.guard import Guard
from hinterland.serve.limits import Limits
from hinterland.serve.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(lambda: 7)


def test_a_client_that_left_is_counted_and_no_error(
    metrics: Metrics, ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ClientDisconnect

    guard = Guard(app, Limits(), metrics, ["/score"])
    with pytest.raises(ValueError, match="not enough values"):  # nothing is sent
        ask(guard, [], {})
    assert b'hinterland_requests_total{route="/score",status="499"} 1.0' in metrics.page()
    assert not caplog.records


def test_an_answer_that_broke_off_is_an_error_of_the_service(metrics: Metrics, ask: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the midst")

    answer = ask(Guard(app, Limits(), metrics, ["/score"]), [], {})
    assert answer.body == b""
    page = metrics.page()
    assert b'hinterland_requests_total{route="/score",status="500"} 1.0' in page
    assert b'hinterland_errors_total{error="internal_error"} 1.0' in page
    assert b"hinterland_requests_in_hand 7.0" in page


def test_paths_that_are_asked_for_do_not_become_names_of_counts(metrics: Metrics, ask: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})

    for path in ("/a", "/b", "/c"):
        ask(Guard(app, Limits(), metrics, ["/score"]), [], {}, path=path)
    assert b'hinterland_requests_total{route="other",status="404"} 3.0' in metrics.page()


def test_what_is_no_request_goes_through(metrics: Metrics) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(Guard(app, Limits(), metrics, [])({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
