"""The values of a column, whatever its make: a NumPy array of numbers or booleans, or an Arrow array of anything."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Values: TypeAlias = Any
"""A column's values: a NumPy array of numbers or booleans, or an Arrow array."""

KINDS_READ = "numbers, booleans, text, categories, durations, dates, timestamps and times of day"
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def kind_of(values: Values) -> str | None:
    """Say what a column's type holds, or None where it is nothing that can be encoded.

    Returns ``"number"``, ``"boolean"``, ``"category"`` (text too), ``"time"`` (no time zone), ``"zoned_time"``,
    ``"time_of_day"`` or ``"empty"`` (no value present, so no type either).
    """
    if isinstance(values, np.ndarray):
        return "boolean" if values.dtype == bool else "number"
    kind = values.type
    is_type = pa.types
    if is_type.is_null(kind):
        return "empty"
    if is_type.is_boolean(kind):
        return "boolean"
    if any(
        test(kind)
        for test in (is_type.is_integer, is_type.is_floating, is_type.is_decimal, is_type.is_duration)
    ):
        return "number"
    if is_text(values) or (
        is_type.is_dictionary(kind) and (_is_text(kind.value_type) or is_type.is_primitive(kind.value_type))
    ):
        return "category"
    if is_type.is_timestamp(kind):
        return "time" if kind.tz is None else "zoned_time"
    if is_type.is_time(kind):
        return "time_of_day"
    return "time" if is_type.is_date(kind) else None


def is_text(values: Values) -> bool:
    """Whether values are text that was not declared to be categories."""
    return not isinstance(values, np.ndarray) and _is_text(values.type)


def type_of(values: Values) -> str:
    """Name the storage type of a column, for messages."""
    return str(values.dtype if isinstance(values, np.ndarray) else values.type)


def describe_type(values: Values) -> str:
    """Say in words what the storage type of a column holds."""
    if isinstance(values, np.ndarray):
        return (
            "booleans"
            if values.dtype == bool
            else "whole numbers"
            if values.dtype.kind in "iu"
            else "numbers"
        )
    kind, is_type = values.type, pa.types
    if is_type.is_dictionary(kind):
        return f"categories ({kind.value_type})"
    tests = {
        "whole numbers": is_type.is_integer,
        "numbers": is_type.is_floating,
        "booleans": is_type.is_boolean,
    }
    return next((words for words, test in tests.items() if test(kind)), str(kind))


def as_numbers(values: Values) -> npt.NDArray[np.float64]:
    """Give numbers, or booleans as 0 and 1, as float64 (n,), NaN where missing; durations in seconds."""
    if isinstance(values, np.ndarray):
        return values.astype(np.float64, copy=False)
    kind, per_second = values.type, 1
    if pa.types.is_duration(kind):
        values, per_second = values.cast(pa.int64()), _PER_SECOND[kind.unit]
    elif pa.types.is_boolean(kind):
        values = values.cast(pa.uint8())
    elif pa.types.is_decimal(kind) or pa.types.is_null(kind):
        values = values.cast(pa.float64(), safe=False)
    numbers: npt.NDArray[np.float64] = values.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return numbers / per_second if per_second != 1 else numbers


def as_texts(values: Values) -> pa.Array:
    """Give categories as their text, null where missing."""
    return values.cast(pa.large_string())


def as_times(values: Values) -> Values:
    """Give dates and timestamps as Arrow timestamps in their own unit and zone."""
    return values if pa.types.is_timestamp(values.type) else values.cast(pa.timestamp("s"))


def as_missing(values: Values) -> npt.NDArray[np.bool_]:
    """Say which values are missing (n,), whatever their type."""
    if isinstance(values, np.ndarray):
        return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    missing: npt.NDArray[np.bool_] = values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    return missing


def seconds(times: Values) -> npt.NDArray[np.float64]:
    """Seconds since 1970-01-01 of Arrow timestamps, as float64 (n,), NaN where missing."""
    ticks: npt.NDArray[np.generic] = times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return ticks.astype(np.float64, copy=False) / float(_PER_SECOND[times.type.unit])


def combined(values: Values) -> Values:
    """Give a chunked array as one; anything else as it is."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)
