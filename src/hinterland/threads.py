"""How many threads torch computes with: one, unless asked for or measured to be faster.

Small layers gain nothing from a second thread, and lose much where the machine is busy.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal, TypeVar

import torch
from threadpoolctl import threadpool_limits

from hinterland.cores import usable_cores

Threads = int | Literal["auto"]

GAIN_NEEDED = 1.15
"""More threads must be at least this many times faster than one; less is within what a measurement errs."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class ForkedProcessWarning(UserWarning):
    """One thread computes where several were asked for, as several would wait for ever in a forked process."""


class _Process:
    """What is this process's alone: locks no other thread held when it was forked, and the thread that it began as."""

    def __init__(self) -> None:
        self.lock, self.in_order = threading.Lock(), threading.Lock()
        self.forked_thread: int | None = None

    def start_anew(self) -> None:
        """Be the child's, after a fork."""
        self.lock, self.in_order = threading.Lock(), threading.Lock()
        self.forked_thread = threading.get_ident()


_PROCESS = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_PROCESS.start_anew)


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Compute with n threads inside the block; other threads of the process keep their number, and this one's returns.

    Where this process was forked and the thread is that which it was forked with, it computes with one, and says so:
    GNU OpenMP waits there for threads that stayed behind in the parent. New threads of the process have none to wait
    for.
    """
    if n > 1 and threading.get_ident() == _PROCESS.forked_thread:
        warnings.warn(
            f"one thread computes instead of {n}, as this process was forked, where GNU OpenMP hangs with several; "
            "start processes by 'spawn' or 'forkserver' for more",
            ForkedProcessWarning,
            stacklevel=4,
        )
        n = 1
    with (
        _PROCESS.lock
    ):  # a thread that is new takes the common number over here, and that is not ours for now
        before = torch.get_num_threads()
    if before == n:
        yield
        return
    try:
        set_own_threads(n)
        yield
    finally:
        set_own_threads(before)


@contextmanager
def in_order() -> Iterator[None]:
    """Have scikit-learn, and BLAS under it, compute with one thread inside the block.

    k-means adds up what several threads found in the order in which they end, and is to give the same bits. A second
    thread of BLAS gains nothing on the small matrices of a clustering, and waits: on a busy machine of two cores
    scikit-learn's mixture of 20 Gaussians has been seen to take nine times as long with it. One block runs at a time:
    the numbers are the whole process's.
    """
    with _PROCESS.in_order, threadpool_limits(1):
        yield


def in_threads(function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Results of a function of each item, in order: of as many at once as torch has threads here, each with one."""
    n = min(torch.get_num_threads(), len(items))
    if n < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(n, initializer=set_own_threads, initargs=(1,)) as pool:
        return list(pool.map(function, items))


def set_own_threads(n: int) -> None:
    """Have this thread compute with n from now on.

    torch sets with it what new threads start with; another thread puts that back at once.
    """
    with _PROCESS.lock:
        torch.get_num_threads()  # a thread's first question would undo what was set before
        try:
            common = _elsewhere(torch.get_num_threads)
        except RuntimeError:  # no thread can be started, as while Python ends: then none will ask either
            torch.set_num_threads(n)
            return
        try:
            torch.set_num_threads(n)
        finally:
            _elsewhere(lambda: torch.set_num_threads(common))


def _elsewhere(function: Callable[[], _Result]) -> _Result:
    """Result of a function that cannot fail, from a new thread."""
    results: list[_Result] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


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
