"""Threads of bounded number, and requests that wait for them."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from hinterland.serve.application import application
from hinterland.serve.limits import Deadline, Limits
from hinterland.serve.problems import Problem
from hinterland.serve.served import ServedModel
from hinterland.serve.workers import Workers


def test_no_more_works_run_at_once_than_may() -> None:
    workers, running, most = Workers(Limits(at_once=2, waiting=20)), 0, 0
    lock = threading.Lock()

    def work() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1
        return 1

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(workers.run(work, Deadline(20)) for _ in range(12)))

    assert asyncio.run(all_of_them()) == [1] * 12
    assert most == 2
    workers.close()


def test_beyond_those_that_may_wait_it_is_busy_and_says_when_to_come_again() -> None:
    workers = Workers(Limits(at_once=1, waiting=1))
    with workers.admitted(), workers.admitted():
        with pytest.raises(Problem, match="2 requests are in hand") as caught, workers.admitted():
            pass
        assert (caught.value.status, caught.value.name) == (503, "busy")
        assert caught.value.headers == {"Retry-After": "1"}
    with workers.admitted():
        assert workers.n_in_hand == 1
    assert workers.n_in_hand == 0


def test_a_work_that_is_given_up_counts_until_it_ends() -> None:
    workers, ends = Workers(Limits(at_once=1, waiting=5)), threading.Event()

    async def overdue() -> None:
        with pytest.raises(Problem, match=r"given up after 0.05 seconds") as caught:
            await workers.run(ends.wait, Deadline(0.05))
        assert (caught.value.status, caught.value.name) == (504, "out_of_time")
        assert workers.n_in_hand == 1
        with pytest.raises(Problem, match="given up"):  # it waits for the thread, and is not begun
            await workers.run(lambda: pytest.fail("was begun"), Deadline(0.05))
        assert workers.n_in_hand == 1
        ends.set()
        while workers.n_in_hand:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(overdue(), 20))


def test_errors_of_a_work_are_its_requests() -> None:
    workers = Workers(Limits(at_once=1))

    async def failing() -> None:
        await workers.run(lambda: 1 / 0, Deadline(20))

    with pytest.raises(ZeroDivisionError):
        asyncio.run(failing())


def test_a_request_that_takes_too_long_is_given_up(
    served: ServedModel, rows: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = threading.Event()
    monkeypatch.setattr(ServedModel, "score", lambda *_, **__: ends.wait(20))
    app = application(served, limits=Limits(seconds=0.1, at_once=1, waiting=0))
    body, headers = [json.dumps(rows[:1]).encode()], {"content-type": "application/json"}
    answer = ask(app, body, headers)
    assert (answer.status, json.loads(answer.body)["error"]) == (504, "out_of_time")
    answer = ask(app, body, headers)  # the only thread is still at it
    assert (answer.status, json.loads(answer.body)["error"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    ends.set()


def test_reasons_stop_at_the_deadline(
    served: ServedModel, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hinterland.serve import served as module
    from hinterland.tables import as_table_file

    monkeypatch.setattr(module, "EXPLAINED_AT_ONCE", 1)
    asked = 0

    class Late(Deadline):
        def check(self) -> None:
            nonlocal asked
            asked += 1
            if asked > 5:
                raise self.passed()

    with pytest.raises(Problem, match="given up"):
        served.score(as_table_file(table), Late(1), top=1, explained="all")
    assert asked == 6
