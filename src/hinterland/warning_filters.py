"""Warnings that are left out for a while, without threads leaving one another's filters behind."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()


def _start_anew() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


@contextmanager
def ignoring(category: type[Warning]) -> Iterator[None]:
    """Leave out warnings of a category inside the block; one thread at a time, as filters are the whole process's.

    Two threads that change and restore them crosswise would leave the change behind for ever.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield
