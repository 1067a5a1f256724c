from __future__ import annotations

from typing import Any

import pytest

from hinterland.cores import usable_cores
from hinterland.serve.limits import Deadline, Limits
from hinterland.serve.problems import Problem


def test_the_usual_limits_leave_no_request_unbounded() -> None:
    limits = Limits()
    assert limits.at_once == usable_cores()
    assert all(value > 0 for value in vars(limits).values())


@pytest.mark.parametrize(
    ("name", "value"),
    [("body_bytes", 0), ("rows", 0), ("columns", 1.5), ("seconds", 0), ("seconds", float("inf")), ("at_once", 0),
     ("waiting", -1)],
)  # fmt: skip
def test_limits_out_of_their_range_are_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        Limits(**{name: value})


def test_a_deadline_passes() -> None:
    deadline = Deadline(1e-6)
    while deadline.left():
        pass
    with pytest.raises(Problem, match="given up after 1e-06 seconds"):
        deadline.check()
    Deadline(60).check()
