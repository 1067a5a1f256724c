"""Dates and times as people write them: the format of a column, and reading texts by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.text.time_layouts import (
    ISO,
    OFFSET,
    Fields,
    clock_fields,
    date_fields,
    seconds_east,
)

_EXAMPLE = {
    "%Y": "2024",
    "%G": "2024",
    "%y": "24",
    "%m": "01",
    "%d": "31",
    "%b": "Jan",
    "%V": "05",
    "%T": "14:05:09",
    "%H": "14",
    "%I": "2",
    "%M": "05",
    "%S": "09",
    "%p": "PM",
}
_ISO_ZONED = rf"^(?P<local>[0-9-]{{10}}[T ][0-9:.]+)(?P<zone>Z|{OFFSET})$"
_YEAR_1 = -719_162  # days; Arrow reads a year 0 as well
_PER_DAY = {"us": 86_400 * 10**6, "ns": 86_400 * 10**9}
_NS_DAYS = 106_751  # about 292 years, beyond which 64 bits do not count nanoseconds from 1970


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

    date: str = ISO
    clock: str = ""
    zoned: bool = False

    @property
    def is_time_of_day(self) -> bool:
        """Whether there is no date: ``14:05``."""
        return not self.date

    @property
    def is_iso(self) -> bool:
        """Whether computers write dates so, and nothing about them needs to be said."""
        return self.date == ISO

    def describe(self) -> str:
        """Say it in words with an example, as ``dates, day first, as 31/01/2024``."""
        if self.is_time_of_day:
            return f"times of day as {self.example()}"
        kind = "times" if self.clock else "dates"
        order = {"%d": ", day first,", "%m": ", month first,", "%y": ", year first,"}.get(self.date[:2], "")
        swappable = "%d" in self.date and "%m" in self.date
        return f"{kind}{order if swappable else ''} as {self.example()}{' +01:00' if self.zoned else ''}"

    def example(self) -> str:
        """Give a time of the format, without a zone."""
        text = f"{self.date} {self.clock if '%T' not in self.date else ''}".strip()
        for token, shown in _EXAMPLE.items():
            text = text.replace(token, shown)
        return text


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
        unit = self.local.type.unit
        offset = pc.cast(pc.cast(self.offset, pa.int64()), pa.duration("s")).cast(pa.duration(unit))
        return pc.assume_timezone(pc.subtract(self.local, offset), "UTC")


def read_times(texts: Any, format: TimeFormat) -> ReadTimes:
    """Read dates or date-times (n,) by a format that has a date, missing tokens being null already."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if format.is_iso and (fast := read_iso(pc.utf8_trim_whitespace(texts))):
        return fast
    coded = pc.dictionary_encode(texts)
    fields = date_fields(tidied(coded.dictionary), format.date)
    local = _local(fields).take(coded.indices)
    zones = pc.dictionary_encode(fields.zone)
    east = pa.array(
        [seconds_east(zone) if zone else None for zone in zones.dictionary.to_pylist()], pa.int32()
    )
    offset = pc.if_else(local.is_null(), None, east.take(zones.indices).take(coded.indices))
    return ReadTimes(local, offset, np.asarray(pc.and_(local.is_null(), texts.is_valid())))


def read_times_of_day(texts: Any) -> tuple[Any, np.ndarray]:
    """Read times of day (n,) as seconds since midnight: float64 Arrow array and a boolean mask of the unreadable."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    coded = pc.dictionary_encode(texts)
    fields = clock_fields(tidied(coded.dictionary))
    seconds = pa.array(fields.nanoseconds / 1e9, pa.float64(), mask=~fields.readable).take(coded.indices)
    return seconds, np.asarray(pc.and_(seconds.is_null(), texts.is_valid()))


def seconds_of_day(values: Any) -> Any:
    """Give Arrow times of day (time32 or time64) as seconds since midnight, float64, null where null."""
    return pc.divide(pc.cast(pc.cast(pc.cast(values, pa.time64("ns")), pa.int64()), pa.float64()), 1e9)


def tidied(texts: Any) -> Any:
    """Give texts (n,) with one kind of blank and none around."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"[\s\x{a0}\x{202f}\x{2009}]+", " "))


def read_iso(texts: Any) -> ReadTimes | None:
    """Read texts (n,) quickly if all are as Arrow reads them; otherwise give None."""
    zones, present = None, texts.drop_null()
    if len(present) and re.match(_ISO_ZONED, present[0].as_py()):
        found = pc.extract_regex(texts, _ISO_ZONED)
        if found.null_count != texts.null_count:
            return None
        texts, zones = pc.struct_field(found, "local"), pc.struct_field(found, "zone")
    for unit in ("us", "ns"):
        try:
            local = pc.cast(texts, pa.timestamp(unit))
        except pa.ArrowInvalid:
            continue
        if len(present) and pc.min(local.cast(pa.int64())).as_py() < _YEAR_1 * _PER_DAY[unit]:
            return None
        offset = pa.nulls(len(texts), pa.int32())
        if zones is not None:
            coded = pc.dictionary_encode(zones)
            east = pa.array([seconds_east(zone) for zone in coded.dictionary.to_pylist()], pa.int32())
            offset = east.take(coded.indices)
        return ReadTimes(local, offset, np.zeros(len(texts), bool))
    return None


def _local(fields: Fields) -> Any:
    readable, in_nanoseconds = fields.readable, fields.fraction_digits > 6
    if in_nanoseconds:
        readable = readable & (np.abs(fields.days) < _NS_DAYS)
        return pa.array(fields.days * _PER_DAY["ns"] + fields.nanoseconds, pa.timestamp("ns"), mask=~readable)
    counts = fields.days * _PER_DAY["us"] + fields.nanoseconds // 1000
    return pa.array(counts, pa.timestamp("us"), mask=~readable)
