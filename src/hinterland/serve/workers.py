"""Threads that score, and how many requests may wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from hinterland.serve.limits import Deadline, Limits
from hinterland.serve.problems import Problem
from hinterland.threads import set_own_threads

Result = TypeVar("Result")


class Workers:
    """Some threads, and a bounded number of requests that are on their way, wait or are scored.

    All but the work itself runs in the thread of the event loop, so that counts need no lock.

    Parameters
    ----------
    limits : how many.
    n_threads : torch threads that each of ours computes with.

    Attributes
    ----------
    n_in_hand : requests that were let in, and works that go on after their request was given up.
    """

    def __init__(self, limits: Limits, n_threads: int = 1) -> None:
        self._most = limits.at_once + limits.waiting
        self._threads = ThreadPoolExecutor(
            limits.at_once, "scoring", initializer=set_own_threads, initargs=(n_threads,)
        )
        self.n_in_hand = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Let a request in for the time of the block; raise the problem ``busy`` where too many are in."""
        if self.n_in_hand >= self._most:
            raise Problem(
                503,
                "busy",
                f"{self.n_in_hand:,} requests are in hand, and no more may wait; try again",
                headers={"Retry-After": "1"},
            )
        self.n_in_hand += 1
        try:
            yield
        finally:
            self.n_in_hand -= 1

    async def run(self, work: Callable[[], Result], deadline: Deadline) -> Result:
        """Do a work in a thread and give its result.

        Raises
        ------
        Problem
            ``out_of_time`` at the deadline. A thread cannot be stopped: the work is to look at the clock itself, and
            counts as in hand until it ends.
        """
        job = self._threads.submit(work)
        future = asyncio.wrap_future(job)
        done, _ = await asyncio.wait({future}, timeout=deadline.left())
        if done:
            return future.result()
        if not job.cancel():
            self.n_in_hand += 1
            future.add_done_callback(self._ended)
        raise deadline.passed()

    def close(self) -> None:
        """End the threads, after what they do now."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, future: asyncio.Future[Result]) -> None:
        self.n_in_hand -= 1
        if not future.cancelled():
            future.exception()  # asked for, so that asyncio does not complain of one that nobody saw
