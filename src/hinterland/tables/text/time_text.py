"""How a column as a whole writes its dates, times, or times of day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.text.missing import weighed
from hinterland.tables.text.time_format import (
    ReadTimes,
    TimeFormat,
    read_iso,
    read_times,
    read_times_of_day,
    seconds_of_day,
    tidied,
)
from hinterland.tables.text.time_layouts import (
    ISO,
    LAYOUTS,
    Fields,
    clock_fields,
    date_fields,
    date_pattern,
)

__all__ = [
    "FoundTimes",
    "ReadTimes",
    "TimeFormat",
    "find_time_format",
    "read_times",
    "read_times_of_day",
    "seconds_of_day",
]

_SAMPLE = 100
_GROWING = 8  # dates in a row that only grow by chance once in 20,000 columns
_PLAIN_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DURATION = re.compile(r"\d+:\d{2}(?::\d{2})?(?:[.,]\d+)?")


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

    @property
    def day_first(self) -> bool | None:
        """Whether the column settles that the day, or the month, is first: a hint for the file's other columns."""
        if (
            self.format is None
            or self.is_ambiguous
            or not {"%d", "%m"} <= set(re.findall("%.", self.format.date))
        ):
            return None
        return {"%d": True, "%m": False}.get(self.format.date[:2])


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
    texts, weights = weighed(texts, counts)
    if not weights.sum():
        return FoundTimes(None, "there are no values")
    some = np.unique(np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(int))
    sample = tidied(texts.take(pa.array(some)))
    allowed = float(weights[some].sum()) * (0.0 if least == 1.0 else min(1.0, 1.5 * (1.0 - least) + 0.1))
    likely = [
        name for name in LAYOUTS if _fits(date_pattern(name), sample.to_pylist(), weights[some], allowed)
    ]
    if not likely:
        clocks = clock_fields(sample).readable
        if weights[some][~clocks].sum() > allowed:  # free text is told from a few, soon
            return FoundTimes(None, _complaint(sample, clocks))
    if likely == [ISO] and read_iso(texts):
        return FoundTimes(_format(ISO, sample, date_fields(sample, ISO)), share=1.0)
    return _found(*_without_clocks(texts, weights), likely, least, day_first, in_order)


def _found(
    texts: Any, weights: np.ndarray, layouts: list[str], least: float, day_first: bool | None, in_order: bool
) -> FoundTimes:
    total = float(weights.sum())
    tidy = tidied(texts)
    read = {layout: date_fields(tidy, layout) for layout in layouts}
    shares = {layout: float(weights[fields.readable].sum()) / total for layout, fields in read.items()}
    share = max(shares.values(), default=0.0)
    if share >= least and share > 0.0:
        best = {layout: fields for layout, fields in read.items() if shares[layout] == share}
        return _dates(best, texts, share, day_first, in_order)
    clocks = clock_fields(tidy)
    clock_share = float(weights[clocks.readable].sum()) / total
    if clock_share >= least and clock_share > 0.0:
        return FoundTimes(TimeFormat("", _clock(tidy, clocks)), share=clock_share)
    if layouts and share >= clock_share:
        layout = max(layouts, key=lambda name: shares[name])
        bad = texts[int((~read[layout].readable).argmax())].as_py()
        return FoundTimes(None, f"not all are dates as {TimeFormat(layout).example()}: {bad!r}", share=share)
    return FoundTimes(None, _complaint(tidy, clocks.readable), share=clock_share)


def _without_clocks(texts: Any, weights: np.ndarray) -> tuple[Any, np.ndarray]:
    """One text for each that differs in more than a plain, real clock time, in order, with the sum of the weights."""
    short = texts
    for clock, same in (
        (rf"{_PLAIN_CLOCK}:[0-5][0-9](?:[.][0-9]{{1,9}})?", "00:00:00"),
        (_PLAIN_CLOCK, "00:00"),
    ):
        short = pc.replace_substring_regex(short, rf"(^|[T ,]){clock}((?:Z|[-+][0-9:]+)?)$", rf"\1{same}\2")
    places = np.asarray(pc.dictionary_encode(short).indices)
    first = np.unique(places, return_index=True)[1]
    return texts.take(pa.array(first)), np.bincount(places, weights)


def _fits(pattern: str, sample: list[str], weights: np.ndarray, allowed: float) -> bool:
    compiled = re.compile(pattern)
    for text, weight in zip(sample, weights, strict=True):
        if not compiled.match(text):
            allowed -= weight
            if allowed < 0.0:
                return False
    return True


def _dates(
    read: dict[str, Fields], texts: Any, share: float, day_first: bool | None, in_order: bool
) -> FoundTimes:
    """Choose among layouts that read equally many texts; they differ in the order of day, month and year."""
    layouts = list(read)
    formats = {name: _format(name, texts, fields) for name, fields in read.items()}
    if "." in layouts[0]:
        layouts = layouts[:1]  # with points the day comes first, everywhere
    if len(layouts) > 1 and day_first is not None:
        wanted = [name for name in layouts if name.startswith("%d" if day_first else "%m")]
        layouts = wanted or layouts
    if len(layouts) > 1 and in_order:
        steady = [name for name in layouts if _only_grows(read[name])]
        layouts = steady if len(steady) == 1 else layouts
    if len(layouts) == 1:
        return FoundTimes(formats[layouts[0]], share=share)
    first, other = formats[layouts[0]], formats[layouts[1]]
    parts = {"%d": "the day", "%m": "the month", "%y": "the year"}
    reason = (
        f"{parts[layouts[0][:2]]} is taken to be first in {texts[0].as_py()!r}, not {parts[layouts[1][:2]]}: "
        "the column does not settle it"
    )
    return FoundTimes(first, reason, other, share)


def _only_grows(fields: Fields) -> bool:

    steps = np.diff(fields.days[fields.readable])
    return len(steps) >= _GROWING - 1 and bool((steps >= 0).all() or (steps <= 0).all())


def _format(layout: str, texts: Any, fields: Fields) -> TimeFormat:
    if "hour" not in fields.present:
        return TimeFormat(layout)
    return TimeFormat(layout, _clock(texts, fields), "zone" in fields.present)


def _clock(texts: Any, fields: Fields) -> str:
    if "half" in fields.present:
        return "%I:%M:%S %p" if "second" in fields.present else "%I:%M %p"
    pointed = pc.match_substring_regex(
        texts.filter(pa.array(fields.readable)), r"(?:^|[T ,])[0-9]{1,2}[.][0-9]{2}[.][0-9]{2}$"
    )
    mark = "." if pc.any(pointed).as_py() else ":"
    return mark.join(["%H", "%M", "%S"] if "second" in fields.present else ["%H", "%M"])


def _complaint(texts: Any, are_clocks: np.ndarray) -> str:
    few = texts.slice(0, _SAMPLE).to_pylist()
    patterns = [re.compile(date_pattern(layout)) for layout in LAYOUTS]
    strange = (text for text in few if not any(pattern.match(text) for pattern in patterns))
    unread = (text for text, is_clock in zip(few, are_clocks, strict=False) if not is_clock)
    bad = next(unread if are_clocks.any() else strange, few[0])
    if _DURATION.fullmatch(bad):
        return f"{bad!r} is no time of day; durations are not read"
    return f"cannot be read as dates or times: {bad!r}"
