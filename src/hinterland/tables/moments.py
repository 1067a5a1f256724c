"""Numbers that stand for times: seconds since 1970 and its fractions, and dates written as 20240131."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

EPOCHS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Ticks a second."""
FIRST, LAST = 631_152_000, 4_102_444_800
"""1990 and 2100, in seconds since 1970: what lies within may be a time."""
FEWEST_DATES = 5
"""So many different valid dates are not valid by chance: of numbers between two years one in thirty is."""
_NAME = re.compile(
    r"time|date|stamp|epoch|(^|[_\W])(ts|day|when|at|created|updated|modified|start|end|stime|ltime|datum|zeit)([_\W]|$)",
    re.IGNORECASE,
)

Floats = npt.NDArray[np.float64]


def sounds_like_a_time(name: str) -> bool:
    """Whether a column's name speaks of a time."""
    return _NAME.search(name) is not None


def epoch_of(numbers: Floats, *, likely: bool) -> str | None:
    """Say what numbers (n,), NaN where missing, count if they may be times, else None.

    Parameters
    ----------
    numbers : at least one of them is there.
    likely : whether something else speaks for a time: the column's name, or that it only grows. Dates as 20240131 need
        no more than to be dates.
    """
    there = numbers[~np.isnan(numbers)]
    low, high = float(there.min()), float(there.max())
    if low >= 19_000_101 and high <= 21_001_231 and not (there % 1).any():
        _, wrong = moments(there, "yyyymmdd")
        if not wrong.any() and (likely or len(np.unique(there)) >= FEWEST_DATES):
            return "yyyymmdd"
    if likely and low < high:
        for unit, ticks in EPOCHS.items():
            if low >= FIRST * ticks and high <= LAST * ticks:
                return unit
    return None


def moments(numbers: Floats, epoch: str) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Give the Arrow timestamps (n,), in UTC and without a zone, of numbers, and which are none (n,)."""
    missing = np.isnan(numbers)
    if epoch == "yyyymmdd":
        times, valid = _dates(np.where(missing, 0, numbers))
        return pa.array(times, mask=~valid), ~valid & ~missing
    ticks = numbers * (1_000_000 / EPOCHS[epoch])
    valid = np.abs(np.where(missing, np.inf, ticks)) < 2**62
    times = np.where(valid, ticks, 0).round().astype(np.int64).view("datetime64[us]")
    return pa.array(times, mask=~valid), ~valid & ~missing


def _dates(numbers: Floats) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    valid = (numbers >= 10_101) & (numbers <= 99_991_231) & (numbers % 1 == 0)
    whole = np.where(valid, numbers, 19_700_101).astype(np.int64)
    year, month, day = whole // 10_000, whole // 100 % 100, whole % 100
    valid &= (month >= 1) & (month <= 12) & (day >= 1)
    first = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    date = first.astype("datetime64[D]") + (np.maximum(day, 1) - 1)
    valid &= date.astype("datetime64[M]") == first
    return date.astype("datetime64[s]"), valid
