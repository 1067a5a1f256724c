"""Numbers that may stand for a missing value: far outside of all others, and often."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEWEST, LEAST_SHARE = 5, 0.002
FAR = 2.0
"""Such a number lies further from the nearest other than so many times the range of the middle nine tenths."""


def sentinel(numbers: npt.NDArray[np.float64]) -> tuple[float, int] | None:
    """Give the least or largest of numbers (n,), if it may be a sentinel, and how often it occurs."""
    there = numbers[np.isfinite(numbers)]
    if not len(there):
        return None
    for value in (there.min(), there.max()):
        if value % 1:
            continue
        same = there == value
        n_times = int(np.count_nonzero(same))
        if n_times < max(FEWEST, LEAST_SHARE * len(there)) or n_times > len(there) / 2:
            continue
        others = there[~same]
        low, high = np.quantile(others, [0.05, 0.95])
        nearest = np.abs(others - value).min()
        if nearest > FAR * (high - low) > 0:
            return float(value), n_times
    return None
