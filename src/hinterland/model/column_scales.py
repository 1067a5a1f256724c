"""Center and scale of each column of a matrix, for any numbers that a float64 holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Scaling = Literal["standard", "minmax"]

WILD = 1e8
"""A value this many typical deviations off its column's median says nothing of the others: it has no part in their
scale. On public tables the farthest of honest values lie a million to forty million off."""

SQUARABLE = 1e-140
"""Deviations above this have squares that keep their digits."""

TYPICAL_ROWS = 10_000
"""Rows, evenly spread, that typical deviations are looked up on, where ``ENOUGH`` of them deviate at all."""

ENOUGH = 100

_LARGEST = np.finfo(np.float64).max


def column_scales(rows: Floats, how: Scaling, *, constant_unit: float = 1.0) -> tuple[Floats, Floats]:
    """Center (d,) and scale (d,) of rows (n, d): mean and standard deviation, or minimum and range.

    Values that are ``WILD`` have no part in them: a single 1e300 would leave all others equal to one another. A column
    that is constant, up to a few units in the last place, has the share ``constant_unit`` of its size as its scale, or
    of 1 where it is 0, so that a change in it shows.
    """
    size = np.abs(rows).max(0)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        if how == "standard":
            center, scale = rows.mean(0), rows.std(0)
        else:
            center, scale = rows.min(0), np.ptp(rows, 0)
        constant = np.ptp(rows, 0) <= 4 * np.spacing(size)
    statistics = _STATISTICS[how]
    for j in np.flatnonzero(~constant):
        column = rows[:, j]
        kept = ~wild_values(column)
        safe = kept.all() and np.isfinite(center[j]) and SQUARABLE < scale[j] < np.inf
        if not safe:
            center[j], scale[j] = statistics(column[kept])
            if scale[j] == 0:  # but for its wild values it is constant
                scale[j] = constant_unit * (size_of(column[kept]) or 1.0)
    return center, np.where(constant, constant_unit * np.where(size > 0, size, 1.0), scale)


def wild_values(column: Floats) -> npt.NDArray[np.bool_]:
    """Which values of a column (n,) are ``WILD`` typical deviations, or more, off its median.

    The typical deviation is the median one among values that are not the median itself, as half of a column of counts
    may be 0. With values of a single kind beside the median there is nothing that they could be wild against.
    """
    step = max(1, len(column) // TYPICAL_ROWS)
    middle = _middle(column[::step])
    distance = np.abs(column / 2 - middle / 2)  # halves, as a difference may be above the largest float
    seen = distance[::step]
    if np.count_nonzero(seen) < ENOUGH:  # rare values need all rows
        seen = distance
    with np.errstate(over="ignore"):
        return (distance > 0) & (distance >= WILD * _typical(seen))


def size_of(values: Floats) -> float:
    """Largest absolute value."""
    return float(np.abs(values).max())


def _middle(values: Floats) -> float:
    """Lower median: one of the values, which no sum of two can overflow."""
    return float(np.partition(values, (len(values) - 1) // 2)[(len(values) - 1) // 2])


def _typical(distance: Floats) -> float:
    there = distance[distance > 0]
    return _middle(there) if len(there) else 0.0


def _mean_and_deviation(values: Floats) -> tuple[float, float]:
    """Of values whose squares a float64 may not hold or tell from zero: in units of the largest, about the middle."""
    middle = _middle(values)
    half = values / 2 - middle / 2
    largest = size_of(half)
    if largest == 0:
        return middle, 0.0
    shares = half / largest
    return middle + 2 * (largest * float(shares.mean())), _double(largest * float(shares.std()))


def _least_and_range(values: Floats) -> tuple[float, float]:
    least = float(values.min())
    return least, _double(float(values.max()) / 2 - least / 2)


def _double(value: float) -> float:
    """Twice a value, or the largest float."""
    return 2 * value if value < _LARGEST / 2 else float(_LARGEST)


_STATISTICS: dict[Scaling, Callable[[Floats], tuple[float, float]]] = {
    "standard": _mean_and_deviation,
    "minmax": _least_and_range,
}
