"""Numbers that may stand for a missing value: far outside of all others, and often."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEWEST, LEAST_SHARE = 3, 0.005
FAR = 2.0
"""Such a number lies further from the nearest other than so many times the range of the middle nine tenths."""

_LARGEST = (2.0**15 - 1, 2.0**16 - 1, 2.0**31 - 1, 2.0**32 - 1, 1e20, 1e30)


def sentinel(there: npt.NDArray[np.float64]) -> tuple[float, int] | None:
    """Give the least or largest of finite numbers (n,), if it may be a sentinel, and how often it occurs."""
    for value in (there.min(), there.max()):
        if not _is_usual(float(value)):
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


def _is_usual(value: float) -> bool:
    """Whether people write such a number for a missing value: a negative whole one, nines, or the end of a type."""
    whole = value % 1 == 0
    return whole and (value < 0 or set(f"{value:.0f}") == {"9"} or value in _LARGEST)
