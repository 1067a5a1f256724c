"""How many threads torch computes with: one, unless asked for or measured to be faster.

Small layers gain nothing from a second thread, and lose much where the machine is busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from hinterland.cores import usable_cores

Threads = int | Literal["auto"]

GAIN_NEEDED = 1.15
"""More threads must be at least this many times faster than one; less is within what a measurement errs."""


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Compute with n threads inside the block; the number from before comes back after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fastest_threads(work: Callable[[], object], *, repeats: int = 5) -> int:
    """Measure ``work`` with one thread and with every core, in turn, and return the better number.

    The slowest and not the median run of several threads counts against the fastest of one, so that a choice that
    is only sometimes faster is never made.
    """
    cores = usable_cores()
    if cores == 1:
        return 1

    def seconds(n: int) -> float:
        with threads(n):
            started = time.perf_counter()
            work()
            return time.perf_counter() - started

    seconds(1), seconds(cores)  # first runs pay for caches and thread pools
    fastest_of_one, slowest_of_many = float("inf"), 0.0
    for _ in range(repeats):
        fastest_of_one = min(fastest_of_one, seconds(1))
        slowest_of_many = max(slowest_of_many, seconds(cores))
        if slowest_of_many * GAIN_NEEDED >= fastest_of_one:
            return 1  # further runs cannot change this, and several threads may be very slow
    return cores
