"""Columns of dates, timestamps and times of day: what recurs, as points on a circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.preprocessing.tabular.number_column import (
    MISSING,
    Floats,
    Matrix,
    NumberColumn,
    NumberScale,
    is_learnt,
)
from hinterland.tables.values import seconds as seconds_of

DAY, WEEK = 86_400.0, 7 * 86_400.0
LEAST_PERIODS = 2
"""A part of a time recurs where training spans at least so many of its periods."""
OUTSIDE = 2.0
"""Radius at which a missing time lies where too few were missing in training to learn from."""
_LOOK = 1000


@dataclass
class TimeColumn:
    """A date or timestamp: hour of the day and day of the week as points on a circle, seconds only where asked for.

    Each circle is there where training spans two of its turns and shows more than one place on it; the week's not where
    times are months, each its first or last day. With a time zone,
    seconds count the instant and the circles the clock of the zone seen in training, so the same instant gives the
    same columns whatever zone it is written in. A missing time sits in the middle of the circles and is marked, where
    training had some; else it lies outside of them.
    """

    seconds: NumberColumn | None
    zone: str | None
    has_hour: bool
    has_weekday: bool
    middle: float | None = None
    has_missing: bool = False
    outside: bool = False

    @classmethod
    def fit(
        cls,
        times: pa.Array,
        numbers: NumberScale,
        clip: float | None,
        heavy_tail: float | None,
        absolute: bool,
    ) -> TimeColumn:
        """Learn from Arrow timestamps, null where missing, at least one there."""
        zone = times.type.tz
        hour, weekday = _clock(times, zone)
        seconds = seconds_of(times)
        span = float(np.nanmax(seconds) - np.nanmin(seconds))
        column = cls(
            NumberColumn.fit(seconds, numbers, clip, heavy_tail) if absolute else None,
            zone,
            _varies(hour) and span >= LEAST_PERIODS * DAY,
            _varies(weekday) and span >= LEAST_PERIODS * WEEK and not _are_months(times, zone),
            float(np.nanmedian(seconds)),
            is_learnt(times.null_count, len(times)),
        )
        column.outside = not column.has_missing
        return column

    @property
    def kind(self) -> str:
        """``"time"``, or ``"zoned_time"`` with a time zone."""
        return "time" if self.zone is None else "zoned_time"

    @property
    def typical(self) -> str:
        """The median moment in ISO 8601, a Z behind it where it is UTC."""
        middle = self.middle if self.seconds is None else self.seconds.typical
        assert middle is not None
        return f"{np.datetime64(round(middle), 's')}{'' if self.zone is None else 'Z'}"

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        hour = [":hour_sin", ":hour_cos"] * self.has_hour
        weekday = [":weekday_sin", ":weekday_cos"] * self.has_weekday
        if self.seconds is not None:
            return [*self.seconds.labels, *hour, *weekday]
        return [*hour, *weekday, *[MISSING] * (self.has_missing and bool(hour or weekday))]

    @property
    def recurring(self) -> str:
        """What recurs, in words."""
        return " and ".join(["hour of the day"] * self.has_hour + ["day of the week"] * self.has_weekday)

    def encode(self, times: pa.Array, out: Matrix) -> None:
        """Write seconds, the circles and whether the time is missing, as ``labels`` says."""
        first = 0
        if self.seconds is not None:
            first = len(self.seconds.labels)
            self.seconds.encode(seconds_of(times), out[:, :first])
        if not (self.has_hour or self.has_weekday):
            return
        hour, weekday = _clock(times, self.zone)
        for turn in [hour] * self.has_hour + [weekday] * self.has_weekday:
            _write_circle(turn, out[:, first : first + 2], self.outside)
            first += 2
        if self.seconds is None and self.has_missing:
            out[:, first] = times.is_null().to_numpy(zero_copy_only=False)


@dataclass
class TimeOfDayColumn:
    """A time of the day, as a point on a circle; a missing one as in `TimeColumn`."""

    kind: ClassVar[str] = "time_of_day"
    typical: str
    has_missing: bool

    @classmethod
    def fit(cls, seconds: Floats) -> TimeOfDayColumn:
        """Learn from seconds since midnight (n,), NaN where missing, at least one there."""
        angle = 2 * np.pi * seconds[~np.isnan(seconds)] / DAY
        middle = np.arctan2(np.sin(angle).sum(), np.cos(angle).sum()) / (2 * np.pi) % 1 * DAY
        moment = np.datetime64(round(float(middle)) % int(DAY), "s")
        return cls(str(moment)[-8:], is_learnt(int(np.isnan(seconds).sum()), len(seconds)))

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        return [":hour_sin", ":hour_cos", *[MISSING] * self.has_missing]

    def encode(self, seconds: Floats, out: Matrix) -> None:
        """Write the circle, and whether the time is missing where training had some."""
        _write_circle(seconds / DAY, out[:, :2], not self.has_missing)
        if self.has_missing:
            out[:, 2] = np.isnan(seconds)


def _write_circle(turns: Floats, out: Matrix, outside: bool) -> None:
    """Write sine and cosine of turns (n,); a missing one in the middle, or ``OUTSIDE`` of the circle."""
    missing = np.isnan(turns)
    out[:, 0] = np.nan_to_num(np.sin(2 * np.pi * turns))
    out[:, 1] = np.nan_to_num(np.cos(2 * np.pi * turns))
    if outside:
        out[missing] = OUTSIDE / 2**0.5


def _clock(times: pa.Array, zone: str | None) -> tuple[Floats, Floats]:
    """Give how much of the day and, in whole days, of the week has passed on the zone's clock, in turns."""
    days = seconds_of(_local(times, zone)) / DAY
    whole = np.floor(days)
    return days - whole, np.mod(whole + 3, 7) / 7  # 1970-01-01 was a Thursday; weeks start on Monday


def _local(times: pa.Array, zone: str | None) -> pa.Array:
    """Give times on the zone's clock."""
    return times if zone is None else pc.local_timestamp(times.cast(pa.timestamp(times.type.unit, zone)))


def _are_months(times: pa.Array, zone: str | None) -> bool:
    """Whether all times are on the first day of a month, or all on the last; the first ones are looked at first."""
    days = np.floor(seconds_of(_local(times, zone)) / DAY)
    dates = days[~np.isnan(days)].astype(np.int64).astype("datetime64[D]")
    return any(
        all((moved == moved.astype("datetime64[M]")).all() for moved in (shifted[:_LOOK], shifted))
        for shifted in (dates, dates + 1)
    )


def _varies(turns: npt.NDArray[np.float64]) -> bool:
    return bool(np.nanmin(turns) < np.nanmax(turns))
