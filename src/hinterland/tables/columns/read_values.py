"""Values of a column read by a reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hinterland.errors import TableError
from hinterland.tables.columns.moments import moments
from hinterland.tables.columns.readings import FINITE, Reading
from hinterland.tables.text.missing import without_missing
from hinterland.tables.text.number_format import plain_numbers
from hinterland.tables.text.number_text import NumberFormat, read_numbers
from hinterland.tables.text.time_text import TimeFormat, read_times, read_times_of_day, seconds_of_day
from hinterland.tables.values import (
    Values,
    as_numbers,
    as_times,
    combined,
    is_text,
    kind_of,
    type_of,
)

_ARROW = pa.csv.ConvertOptions()


class Read(NamedTuple):
    """Values of a column as its kind has them, and which of them (n,) could not be read.

    Numbers and booleans are float64 (NaN where missing), so are times of day, in seconds; categories are Arrow text;
    times are Arrow timestamps. ``note`` says what was made to fit.
    """

    values: Any
    bad: npt.NDArray[np.bool_]
    expected: str
    note: str = ""


class RetypedError(TableError):
    """A column's type can hold no value of its kind."""


def read(values: Values, reading: Reading) -> Read:
    """Read a column's values (n,) by a reading.

    Numbers are read where booleans are meant and the other way round, anything plain where categories are meant, times
    with or without a zone, dates and timestamps: what is the same but for its storage.

    Raises
    ------
    RetypedError
        For a type whose values can never be of that kind.
    """
    values = combined(values)
    if reading.is_left_out:
        return Read(values, np.zeros(len(values), bool), "anything")
    if isinstance(values, pa.Array) and pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    found = kind_of(values)
    if found is None:
        raise RetypedError(f"found unreadable ({type_of(values)}), expected {reading.kind}")
    if found == "empty":
        values, found = pa.nulls(len(values), pa.string()), "category"
    result = _READERS[reading.kind](values, found, reading)
    if result is None:
        raise RetypedError(f"found {found} ({type_of(values)}), expected {reading.kind}")
    return result


def _read_number(values: Values, found: str, reading: Reading) -> Read | None:
    if is_text(values):
        format = reading.number or NumberFormat()
        # Nearly always all are plain: then none can be a word for a missing value, and none need be looked up.
        numbers, bad = plain_numbers(values) if format.is_plain else None, np.zeros(len(values), bool)
        if numbers is None:
            numbers, bad = read_numbers(_present(values, reading), format)
        numbers = as_numbers(numbers)
    elif found in ("number", "boolean"):
        numbers, bad = as_numbers(values), np.zeros(len(values), bool)
    else:
        return None
    numbers = without_missing_numbers(numbers, reading.missing)
    if reading.infinite != "clip":
        infinite = np.isinf(numbers)
        if infinite.any():
            if reading.infinite == "error":
                return Read(
                    numbers, bad | infinite, f"{reading.expected}, or nothing" if bad.any() else FINITE
                )
            numbers = np.where(infinite, np.nan, numbers)
    return Read(numbers, bad, f"{reading.expected}, or nothing")


def without_missing_numbers(
    numbers: npt.NDArray[np.float64], tokens: tuple[str, ...]
) -> npt.NDArray[np.float64]:
    """Give numbers (n,), NaN where one equals a token that is a number itself."""
    coded = [float(token) for token in tokens if _is_number(token)]
    if coded:
        numbers = np.where(np.isin(numbers, coded), np.nan, numbers)
    return numbers


def _read_boolean(values: Values, found: str, reading: Reading) -> Read | None:
    if is_text(values):
        words = pc.utf8_lower(pc.utf8_trim_whitespace(_present(values, reading)))
        true = pc.is_in(words, pa.array(reading.true, words.type))
        false = pc.is_in(words, pa.array(reading.false, words.type))
        missing = words.is_null().to_numpy(zero_copy_only=False)
        true, false = (mask.to_numpy(zero_copy_only=False) for mask in (true, false))
        return Read(np.where(missing, np.nan, true), ~(true | false | missing), reading.expected)
    if found not in ("boolean", "number"):
        return None
    numbers = as_numbers(values)
    return Read(
        numbers, ~(np.isnan(numbers) | (numbers == 0) | (numbers == 1)), f"{reading.expected}, or 0 or 1"
    )


def _read_category(values: Values, found: str, reading: Reading) -> Read | None:
    none_bad = np.zeros(len(values), bool)
    if is_text(values) and reading.number is not None:  # codes, however they are written
        numbers, bad = read_numbers(_present(values, reading), reading.number)
        whole = _whole_as_integers(numbers)
        return Read(
            pc.if_else(pa.array(bad), values, whole.cast(values.type)).cast(pa.large_string()), none_bad, ""
        )
    if isinstance(values, np.ndarray):
        values = pa.array(values, from_pandas=True)
    if not is_text(values):
        if found in ("number", "boolean") and pa.types.is_floating(values.type):
            values = _whole_as_integers(values)
        values = values.cast(pa.large_string())
    return Read(_present(values.cast(pa.large_string()), reading), none_bad, reading.expected)


def _whole_as_integers(values: pa.Array) -> pa.Array:
    """Floats (n,) as integers where all of them are whole: codes that a gap turned into floats."""
    numbers = as_numbers(values)
    whole = np.isnan(numbers) | ((numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53))
    return pc.if_else(pc.is_nan(values), None, values).cast(pa.int64()) if whole.all() else values


def _read_time(values: Values, found: str, reading: Reading) -> Read | None:
    if found == "number" and reading.epoch is not None:
        return Read(
            *moments(without_missing_numbers(as_numbers(values), reading.missing), reading.epoch),
            reading.expected,
        )
    if is_text(values) and reading.epoch is not None:
        numbers, bad = read_numbers(_present(values, reading), NumberFormat())
        numbers = without_missing_numbers(as_numbers(numbers), reading.missing)
        times, no_moment = moments(numbers, reading.epoch)
        return Read(times, bad | no_moment, reading.expected)
    if is_text(values):
        return _read_time_text(values, reading)
    if found not in ("time", "zoned_time"):
        return None
    times, note = as_times(values), ""
    if reading.kind == "time" and found == "zoned_time":
        times = pc.local_timestamp(times)
        note = f"times of the zone {values.type.tz} are taken by its clock, as the model knows none"
    elif reading.kind == "zoned_time" and found == "time":
        times = _placed(times, reading.zone)
        note = f"times without a zone are taken to be of {reading.zone}"
    return Read(times, np.zeros(len(values), bool), reading.expected, note)


def _read_time_text(values: Values, reading: Reading) -> Read:
    present = _present(values, reading)
    expected = f"{reading.expected}, or nothing"
    if reading.pattern is not None:
        return Read(*_strptime(present, reading.pattern), expected)
    result = read_times(present, reading.time or TimeFormat(clock="%H:%M:%S"))
    if reading.kind == "time":
        if reading.as_arrow:  # as it does, a zone where none is meant is a mistake
            has_zone = result.offset.is_valid().to_numpy(zero_copy_only=False)
            return Read(result.local, result.unreadable | has_zone, expected)
        zoned = reading.time is not None and reading.time.zoned
        note = (
            ""
            if zoned or result.offset.null_count == len(present)
            else "of times with a zone the clock counts"
        )
        return Read(result.local, result.unreadable, expected, note)
    instant, here = result.instant(), result.offset.is_null()
    placed = _placed(result.local, reading.zone).cast(instant.type)
    without = pc.and_(here, result.local.is_valid())
    note = f"times without a zone are taken to be of {reading.zone}" if pc.any(without).as_py() else ""
    return Read(pc.if_else(without, placed, instant), result.unreadable, expected, note)


def _placed(times: Any, zone: str | None) -> Any:
    return pc.assume_timezone(times, zone or "UTC", ambiguous="earliest", nonexistent="earliest")


def _strptime(texts: Any, pattern: str) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Times by Python's ``strptime``, each text read once; what a zone is given with is the local clock."""
    encoded = pc.dictionary_encode(texts)
    parsed: list[dt.datetime | None] = []
    for text in encoded.dictionary.to_pylist():
        try:
            parsed.append(dt.datetime.strptime(text.strip(), pattern).replace(tzinfo=None))
        except ValueError:
            parsed.append(None)
    times = pc.take(pa.array(parsed, pa.timestamp("us")), encoded.indices)
    return times, pc.and_(times.is_null(), texts.is_valid()).to_numpy(zero_copy_only=False)


def _read_time_of_day(values: Values, found: str, reading: Reading) -> Read | None:
    if is_text(values):
        seconds, bad = read_times_of_day(_present(values, reading))
        return Read(as_numbers(seconds), bad, f"{reading.expected}, or nothing")
    if found != "time_of_day":
        return None
    return Read(as_numbers(seconds_of_day(values)), np.zeros(len(values), bool), reading.expected)


def _present(texts: Any, reading: Reading) -> Any:
    """Texts (n,) with null for what stands for a missing value."""
    if reading.as_arrow:
        trimmed = texts if reading.kind == "category" else pc.utf8_trim_whitespace(texts)
        return pc.if_else(pc.is_in(trimmed, pa.array(_ARROW.null_values, trimmed.type)), None, trimmed)
    return without_missing(texts, among_values=reading.kind != "category", more=reading.missing)


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


_READERS: Mapping[str, Callable[[Values, str, Reading], Read | None]] = {
    "number": _read_number,
    "boolean": _read_boolean,
    "category": _read_category,
    "time": _read_time,
    "zoned_time": _read_time,
    "time_of_day": _read_time_of_day,
}
