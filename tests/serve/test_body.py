"""Bodies of any size and pace, as a server hands them over."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from hinterland.serve.application import application
from hinterland.serve.body import LET_GO
from hinterland.serve.limits import Limits
from hinterland.serve.served import ServedModel

SMALL = Limits(body_bytes=1_000, seconds=0.3)
JSON = {"content-type": "application/json"}


@pytest.fixture
def app(served: ServedModel) -> Any:
    return application(served, limits=SMALL)


def named(answer: Any, status: int, name: str) -> None:
    assert (answer.status, json.loads(answer.body)["error"]) == (status, name)


def test_a_body_in_parts_is_put_together(served: ServedModel, rows: Any, ask: Any) -> None:
    body = json.dumps(rows[:2]).encode()
    parts = [body[i : i + 7] for i in range(0, len(body), 7)]
    answer = ask(application(served), parts, JSON)
    assert answer.status == 200
    assert len(json.loads(answer.body)["rows"]) == 2
    assert "connection" not in answer.headers


def test_a_stream_without_end_is_given_up(app: Any, ask: Any) -> None:
    answer = ask(app, itertools.repeat(b" " * 500), JSON)
    named(answer, 413, "body_too_large")
    assert answer.headers["connection"] == "close"
    assert answer.n_received <= 3 + LET_GO * 1_000 / 500 + 1


def test_a_body_that_is_too_long_is_let_go_by_before_the_answer(app: Any, ask: Any) -> None:
    """So that a client which reads only once all is sent gets it."""
    answer = ask(app, [b" " * 500] * 10, {**JSON, "content-length": "5000"})
    named(answer, 413, "body_too_large")
    assert answer.n_received == 11
    assert "connection" not in answer.headers


def test_a_client_that_asks_first_sends_nothing(app: Any, ask: Any) -> None:
    answer = ask(app, [b" " * 500] * 10, {**JSON, "content-length": "100000000", "expect": "100-continue"})
    named(answer, 413, "body_too_large")
    assert answer.n_received == 0
    assert answer.headers["connection"] == "close"


def test_a_slow_body_is_given_up(app: Any, ask: Any) -> None:
    answer = ask(app, [b"["], JSON, ends=False)
    named(answer, 408, "slow_body")
    assert answer.headers["connection"] == "close"


def test_answers_that_need_no_body_do_not_wait_for_one_for_ever(app: Any, ask: Any) -> None:
    answer = ask(app, [b"["], {}, ends=False, path="/nowhere")
    named(answer, 404, "not_found")
    assert answer.headers["connection"] == "close"


def test_every_answer_has_a_number_and_safe_headers(app: Any, ask: Any) -> None:
    first, second = (ask(app, [], {}, path="/health", method="GET").headers for _ in range(2))
    assert len(first["x-request-id"]) == 16
    assert first["x-request-id"] != second["x-request-id"]
    assert first["x-content-type-options"] == "nosniff"
    assert first["content-security-policy"].startswith("default-src 'none'")
