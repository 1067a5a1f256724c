"""Dates and times as people write them: how a column as a whole writes them, and reading them so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TimeFormat:
    """How a column writes dates, times, or times of day; ``dataclasses.asdict`` is JSON.

    Attributes
    ----------
    date : order and marks of the date in ``strptime``'s letters, as ``%d.%m.%Y``; empty for times of day alone.
    clock : how the time of day is written, as ``%H:%M:%S``; empty for dates alone. For the description: any usual way
        of writing it behind a date is read.
    zoned : whether values carry a zone (``Z``, ``+01:00``, ``CET``).
    """

    date: str = "%Y-%m-%d"
    clock: str = ""
    zoned: bool = False

    @property
    def is_time_of_day(self) -> bool:
        """Whether there is no date: ``14:05``."""
        return not self.date

    @property
    def is_iso(self) -> bool:
        """Whether computers write dates so, and nothing about them needs to be said."""
        raise NotImplementedError

    def describe(self) -> str:
        """Say it in words with an example, as ``dates, day first, as 31/01/2024``."""
        raise NotImplementedError


@dataclass(frozen=True)
class FoundTimes:
    """What ``find_time_format`` found.

    Attributes
    ----------
    format : the format by which the column is read, or None if these are no dates or times.
    reason : why not, or why it is ambiguous, in words for a message; else empty.
    other : where day and month could be swapped throughout, the reading not taken; else None.
    share : share of the values (weighed by their counts) that the format reads.
    """

    format: TimeFormat | None
    reason: str = ""
    other: TimeFormat | None = None
    share: float = 0.0

    @property
    def is_ambiguous(self) -> bool:
        """Whether the column alone does not settle which of day and month is first."""
        return self.other is not None


@dataclass(frozen=True)
class ReadTimes:
    """Times of n rows.

    Attributes
    ----------
    local : Arrow timestamp array (n,) without a zone, what the clock on the wall showed, in microseconds, or in
        nanoseconds if a value has such digits; null where missing or unreadable.
    offset : int32 Arrow array (n,), seconds east of UTC, null where the text names no zone; the instant is
        ``local - offset``.
    unreadable : boolean (n,), texts that are no such time.
    """

    local: Any
    offset: Any
    unreadable: np.ndarray

    def instant(self) -> Any:
        """Give the UTC time stamps (n,), of type ``timestamp(unit, "UTC")``; null where no zone is known."""
        raise NotImplementedError


def find_time_format(
    texts: Any,
    counts: Sequence[int] | np.ndarray | None = None,
    *,
    least: float = 1.0,
    day_first: bool | None = None,
    in_order: bool = True,
) -> FoundTimes:
    """Decide for a column as a whole how its dates, times or times of day are written, or that they are none.

    Any first number above 12 settles that the day is first, any second one that the month is.

    Parameters
    ----------
    texts : the column's distinct texts, without missing tokens (nulls are passed over): Arrow array or list.
    counts : how often each occurs, for ``least`` and ``share``; once each if None.
    least : share of the values that must be times; the others are then unreadable.
    day_first : which to take where the column leaves it open, or None for no opinion (then the day, said as ambiguous).
    in_order : whether the texts are in the order of their first appearance in the file (as ``unique`` gives them), so
        that a column which only grows, or only falls, settles which is first.
    """
    raise NotImplementedError


def read_times(texts: Any, format: TimeFormat) -> ReadTimes:
    """Read dates or date-times (n,) by a format that has a date, missing tokens being null already."""
    raise NotImplementedError


def read_times_of_day(texts: Any) -> tuple[Any, np.ndarray]:
    """Read times of day (n,) as seconds since midnight: float64 Arrow array and a boolean mask of the unreadable."""
    raise NotImplementedError


def seconds_of_day(values: Any) -> Any:
    """Give Arrow times of day (time32 or time64) as seconds since midnight, float64, null where null."""
    raise NotImplementedError
