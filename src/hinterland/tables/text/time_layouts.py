"""The layouts in which people write dates and clock times, and their fields in texts."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MONTHS = """
jan january januar jänner janvier janv enero ene|feb february februar février févr fév febrero
mar march märz mär mrz mars marzo|apr april avril avr abril abr|may mai mayo
jun june juni juin junio|jul july juli juillet juil julio
aug august août aout agosto ago|sep sept september septembre septiembre|oct october oktober okt octobre octubre
nov november novembre noviembre|dec december dezember dez décembre déc diciembre dic
"""
_GROUPS = [names.split() for names in re.split(r"[|\n]", _MONTHS) if names]
_MONTH_NAMES = pa.array([name for names in _GROUPS for name in names])
_MONTH_NUMBERS = pa.array([number for number, names in enumerate(_GROUPS, 1) for _ in names])
_HOURS_EAST = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
    "AKST": -9,
    "HST": -10,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKDT": -8,
}
_DAY_NAME = (
    r"(?i:(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)[a-z]*[.]?,? +)?"
)
OFFSET = "[-+](?:0?[0-9]|1[0-5])(?::?[0-5][0-9])?"
_ZONE_NAME = "|".join(sorted(_HOURS_EAST, key=len, reverse=True))
_ZONE = (
    rf"(?: ?(?P<zone>(?i:{_ZONE_NAME})|(?:UTC|GMT)?{OFFSET})"
    r"(?: ?(?:\([A-Za-z ]+\)|\[[A-Za-z_/]+\]|[A-Z]{3,5}))?)?"  # the zone's name once more
)
_HALF = r"(?: ?(?P<half>[AaPp])[.]?[Mm][.]?)?"
_SECONDS = r"(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?"
_CLOCK = (
    rf"(?P<hour>[0-9]{{1,2}})(?:[:.hH]?(?P<minute>[0-9]{{2}})(?:[:.]?{_SECONDS})?)?(?: Uhr)?{_HALF}{_ZONE}"
)
_TOKENS = {
    "%Y": "(?P<year>[0-9]{4})",
    "%G": "(?P<year>[0-9]{4})",
    "%y": "(?P<year>[0-9]{2})",
    "%m": "(?P<month>[0-9]{1,2})",
    "%d": "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?",
    "%b": "(?P<name>[A-Za-zÀ-ž]{3,10})[.]?",
    "%V": "(?P<week>[0-9]{2})(?:-?(?P<weekday>[1-7]))?",
    "%T": _CLOCK,
    ".": "[.] ?",
    " ": " +",
}
TIMES_OF_DAY = (  # hours and minutes with a colon or am or pm, or hours, minutes and seconds with points
    rf"^(?P<hour>[0-9]{{1,2}})(?:[:hH](?P<minute>[0-9]{{2}})(?::{_SECONDS})?)?(?: Uhr)?{_HALF}$",
    rf"^(?P<hour>[0-9]{{1,2}})[.](?P<minute>[0-9]{{2}})[.]{_SECONDS}$",
)
ISO = "%Y-%m-%d"
LAYOUTS = (
    *(ISO, "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *(
        layout.replace("/", mark)
        for mark in "/.-"
        for layout in ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d")
    ),
    *(f"%d{mark}%b{mark}%{year}" for mark in ("-", " ", "/", ".", "") for year in "Yy"),
    *(
        "%d. %b %Y",
        "%d %b, %Y",
        "%b %d, %Y",
        "%b %d %Y",
        "%b-%d-%Y",
        "%b/%d/%Y",
        "%Y-%b-%d",
        "%Y %b %d",
        "%Y/%b/%d",
    ),
    *("%b %Y", "%b-%Y", "%b-%y", "%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%G-W%V", "%GW%V", "%b %d %T %Y"),
)
_PADDED = ("%Y%m%d", "%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100  # what less than three fields with marks between must lie in


@dataclass(frozen=True)
class Fields:
    """Fields of n texts; where not ``readable``, anything.

    Attributes
    ----------
    readable : boolean (n,), real dates and clock times of the layout.
    days : int64 (n,), since 1970-01-01.
    nanoseconds : int64 (n,), since midnight.
    zone : Arrow text (n,), as written; empty for none.
    present : which of ``hour``, ``second``, ``half`` (am or pm) and ``zone`` any readable text has.
    fraction_digits : the most digits of a fraction of a second.
    """

    readable: np.ndarray
    days: np.ndarray
    nanoseconds: np.ndarray
    zone: Any
    present: frozenset[str]
    fraction_digits: int


@functools.cache
def date_pattern(layout: str) -> str:
    """Give the regular expression of a date in a layout, a name of the day before it and a clock behind it at will."""
    date = "".join(_TOKENS.get(token, re.escape(token)) for token in re.findall("%.|[^%]", layout))
    if layout in _PADDED or (
        "%y" in layout and "/" not in layout and "%b" not in layout
    ):  # 1.2.13 is rather a version
        date = date.replace("{1,2}", "{2}")
    between = "(?:T|t|_|:|,? +(?:at +|um +)?)" + ("?" if layout == "%Y%m%d" else "")
    behind = "" if "%T" in layout else rf"(?:{between}{_CLOCK})?"
    return rf"^\[?{_DAY_NAME}{date}{behind}\]?$"


def date_fields(texts: Any, layout: str) -> Fields:
    """Read dates with or without clocks, texts (n,), by a layout."""
    found = _Found(texts, date_pattern(layout))
    year, month, day = found.number("year"), found.number("month", 1), found.number("day", 1)
    if "%y" in layout:
        year = year + np.where(year < 69, 2000, 1900)  # as POSIX has it
    readable = found.matched & (year >= 1)
    if layout in _PADDED:
        readable &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR)
    if "%b" in layout:
        place = pc.index_in(pc.cast(pc.utf8_lower(found.text("name")), pa.string()), _MONTH_NAMES)
        month = np.asarray(pc.fill_null(_MONTH_NUMBERS.take(place), 0))
    readable &= (month >= 1) & (month <= 12)
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    start, end = (_days(months + more) for more in (0, 1))
    readable &= (day >= 1) & (day <= end - start)
    days = start + day - 1
    if "%V" in layout:
        week, weekday = found.number("week"), found.number("weekday", 1)
        fourth = start + 3  # the fourth of January lies in week 1; day 0, 1970-01-01, was a Thursday
        days = fourth - (fourth + 3) % 7 + 7 * (week - 1) + weekday - 1
        readable &= (week >= 1) & (week <= 53)
    return _with_clock(found, readable, days)


def clock_fields(texts: Any) -> Fields:
    """Read times of day, texts (n,); those of 24 hours and beyond are not readable."""
    colons, points = (_Found(texts, pattern) for pattern in TIMES_OF_DAY)
    whole = ~(colons.is_empty("minute") & colons.is_empty("half"))  # 14 alone is a number, 2 PM a time
    midnight = np.zeros(len(texts), np.int64)
    first, second = (
        _with_clock(colons, colons.matched & whole, midnight),
        _with_clock(points, points.matched, midnight),
    )
    return Fields(
        first.readable | second.readable,
        midnight,
        np.where(second.readable, second.nanoseconds, first.nanoseconds),
        first.zone,
        first.present | second.present,
        max(first.fraction_digits, second.fraction_digits),
    )


def seconds_east(zone: str) -> int:
    """Give the offset from UTC, in seconds, of ``Z``, ``+01:00``, ``-0330``, ``CET``, ``GMT+1``."""
    if zone.upper() in _HOURS_EAST:
        return _HOURS_EAST[zone.upper()] * 3600
    sign, digits = -1 if "-" in zone else 1, re.sub("[^0-9]", "", zone)
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    return sign * (int(hours) * 3600 + int(minutes) * 60)


class _Found:
    """The named groups of a pattern in texts (n,)."""

    def __init__(self, texts: Any, pattern: str) -> None:
        self._names = set(re.findall(r"\?P<(\w+)>", pattern))
        self._groups = pc.extract_regex(texts, pattern)
        self.matched = np.asarray(self._groups.is_valid())

    def text(self, name: str) -> Any:
        if name not in self._names:
            return pa.array([""] * len(self.matched), pa.string())
        return pc.fill_null(pc.struct_field(self._groups, name), "")

    def is_empty(self, name: str) -> np.ndarray:
        return np.asarray(pc.equal(self.text(name), ""))

    def number(self, name: str, default: int = 0) -> np.ndarray:
        text = self.text(name)
        return np.asarray(pc.cast(pc.if_else(pc.equal(text, ""), str(default), text), pa.int64()))


def _with_clock(found: _Found, readable: np.ndarray, days: np.ndarray) -> Fields:
    hour, minute, second = (found.number(name) for name in ("hour", "minute", "second"))
    half = pc.utf8_lower(found.text("half"))
    is_half = ~found.is_empty("half")
    readable = readable & (~is_half | ((hour >= 1) & (hour <= 12)))
    hour = np.where(is_half, hour % 12 + 12 * np.asarray(pc.equal(half, "p")), hour)
    midnight = (hour == 24) & (minute == 0) & (second == 0)  # the end of a day
    readable = readable & ((hour <= 23) | midnight) & (minute <= 59) & (second <= 60)
    fraction = found.text("fraction")
    digits = pc.max(pc.utf8_length(fraction).filter(pa.array(readable))).as_py() or 0
    nanos = np.asarray(pc.cast(pc.utf8_rpad(fraction, 9, "0"), pa.int64()))
    nanoseconds = ((hour * 60 + minute) * 60 + second) * 10**9 + nanos
    present = frozenset(
        name for name in ("hour", "second", "half", "zone") if (readable & ~found.is_empty(name)).any()
    )
    return Fields(readable, days, nanoseconds, found.text("zone"), present, digits)


def _days(months: np.ndarray) -> np.ndarray:
    """Days since 1970 of the first of the month, from months since 1970."""
    return months.astype("M8[M]").astype("M8[D]").astype(np.int64)
