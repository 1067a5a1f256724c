"""Numbers that stand for times: seconds since 1970 and its fractions, and 20240131 or 20240131235959."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

EPOCHS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Ticks a second."""
CALENDAR = "yyyymmddhhmmss"
FIRST, LAST = 631_152_000, 4_102_444_800
"""1990 and 2100, in seconds since 1970: what lies within may be a time."""
NEAR, LONGEST = (946_684_800, 2_208_988_800), 20 * 365 * 86_400
"""2000 and 2040, and twenty years: whole fractions of seconds within are a time whatever the column is called, as no
other number has so many digits and so few that differ."""
FEWEST_DATES = 5
"""So many different valid dates are not valid by chance: of numbers between two years one in thirty is."""
_NAME = re.compile(
    r"time|date|stamp|epoch|(^|[_\W])(ts|day|when|at|created|updated|modified|start|end|stime|ltime|datum|zeit|seen|login"
    r"|occurred|expires|expiry|born|birthday|dob|heure|jour|fecha|hora|visit|visited|accessed|changed|sent|received)"
    r"([_\W]|$)",
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
    if (
        low >= 19_000_101_000_000
        and high < 21_010_000_000_000
        and likely
        and not moments(there, CALENDAR)[1].any()
    ):
        return CALENDAR
    for unit, ticks in EPOCHS.items():
        if likely and FIRST * ticks <= low < high <= LAST * ticks:
            return unit
        is_near = NEAR[0] * ticks <= low < high <= NEAR[1] * ticks and high - low <= LONGEST * ticks
        if ticks > 1 and is_near and len(there) >= FEWEST_DATES and not (there % 1).any():
            return unit
    return None


def moments(numbers: Floats, epoch: str) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Give the Arrow timestamps (n,), in UTC and without a zone, of numbers, and which are none (n,)."""
    missing = np.isnan(numbers)
    if epoch == "yyyymmdd":
        times, valid = _dates(np.where(missing, 0, numbers))
        return pa.array(times, mask=~valid), ~valid & ~missing
    if epoch == CALENDAR:
        days, clock = np.divmod(np.where(missing, 0, numbers), 1_000_000)
        times, valid = _dates(days)
        hours, minutes, seconds = clock // 10_000, clock // 100 % 100, clock % 100
        valid &= (hours < 24) & (minutes < 60) & (seconds < 60) & (clock % 1 == 0)
        times = times + (hours * 3_600 + minutes * 60 + seconds).astype("timedelta64[s]")
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
