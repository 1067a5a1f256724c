"""What a request may take of the machine, and until when."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hinterland.cores import usable_cores
from hinterland.parameters import check_integer, check_number
from hinterland.serve.problems import Problem


@dataclass(frozen=True)
class Limits:
    """Bounds of the service.

    Parameters
    ----------
    body_bytes : most of a request's body.
    rows : most in a request.
    columns : most in a request's table, those that the model does not use among them.
    seconds : a request may take, its body's way here and the wait for a worker included.
    at_once : requests that are scored at the same time, each by a thread of its own.
    waiting : further requests that may be on their way or wait; beyond, the answer is 503.

    Raises
    ------
    TypeError, ValueError
        For one out of its range; it names it.
    """

    body_bytes: int = 16 * 2**20
    rows: int = 10_000
    columns: int = 10_000
    seconds: float = 30.0
    at_once: int = field(default_factory=usable_cores)
    waiting: int = 64

    def __post_init__(self) -> None:
        for name in ("body_bytes", "rows", "columns", "at_once"):
            check_integer(name, getattr(self, name), least=1)
        check_integer("waiting", self.waiting, least=0)
        check_number("seconds", self.seconds, above=0)


class Deadline:
    """The moment at which a request is given up.

    Parameters
    ----------
    seconds : from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, 0 at least."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise the problem ``out_of_time`` where none are left."""
        if not self.left():
            raise self.passed()

    def passed(self) -> Problem:
        """The problem of a request that took too long."""
        return Problem(
            504,
            "out_of_time",
            f"the request was given up after {self.seconds:g} seconds; send fewer rows, or ask for fewer reasons",
        )
