"""One view of every make of table: a column is a NumPy array of numbers, or an Arrow array of anything else.

pandas, polars and Arrow tables hold the same values under different types. Reading all of them into
Arrow (numbers stay NumPy, without a copy) leaves one place that knows what a column is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from hinterland.errors import TableError

Values: TypeAlias = Any
"""A column's values: a NumPy array of numbers or booleans, or an Arrow array."""

KINDS_READ = "numbers, booleans, text, categories, durations, dates and timestamps"
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class Frame:
    """A table, whatever its make.

    Attributes
    ----------
    names : list of str, or None where the columns are told by position only
    n_rows, n_columns : int
    column : callable
        ``column(position, start, stop)`` gives the values of a stretch of rows.
    """

    names: list[str] | None
    n_rows: int
    n_columns: int
    column: Callable[[int, int, int], Values]


def is_frame(X: object) -> bool:
    """Whether ``X`` is a DataFrame of pandas or polars, or a table or record batch of Arrow."""
    return isinstance(X, pd.DataFrame | pa.Table | pa.RecordBatch) or _is_polars(X, "DataFrame")


def read_frame(X: Any) -> Frame:
    """View a DataFrame or an Arrow table.

    Raises
    ------
    TableError
        Where the frame has no column, or two columns share a name.
    """
    labels = list(X.schema.names if isinstance(X, pa.Table | pa.RecordBatch) else X.columns)
    if not labels:
        raise TableError("the table has no columns; expected at least one")
    repeated = sorted({str(label) for label in labels if labels.count(label) > 1})
    if repeated:
        raise TableError(f"column names must differ from one another; found more than once: {repeated}")
    names = labels if all(isinstance(label, str) for label in labels) else None

    def column(position: int, start: int, stop: int) -> Values:
        if isinstance(X, pd.DataFrame):
            return _from_pandas(X.iloc[start:stop, position], labels[position])
        if _is_polars(X, "DataFrame"):
            return X.to_series(position).slice(start, stop - start).to_arrow()
        return X.column(position).slice(start, stop - start)

    n_rows = X.num_rows if isinstance(X, pa.Table | pa.RecordBatch) else len(X)
    return Frame(names, n_rows, len(labels), column)


def read_array(X: npt.NDArray[Any]) -> Frame:
    """View a 2-d array of numbers; booleans count as the numbers 0 and 1."""
    X = X.view(np.uint8) if X.dtype == bool else X
    return Frame(None, X.shape[0], X.shape[1], lambda position, start, stop: X[start:stop, position])


def refuse_lazy(X: object) -> None:
    """Raise TypeError for a polars LazyFrame, which has no rows yet."""
    if _is_polars(X, "LazyFrame"):
        raise TypeError(
            "X is a polars LazyFrame, which holds no rows; expected a DataFrame: call collect() first"
        )


def kind_of(values: Values) -> str | None:
    """Say what a column holds, or None where it is nothing that can be encoded.

    Returns ``"number"``, ``"boolean"``, ``"category"``, ``"time"`` (no time zone), ``"zoned_time"`` or
    ``"empty"`` (no value present, so no type either).
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
    if _is_text(kind) or (
        is_type.is_dictionary(kind) and (_is_text(kind.value_type) or is_type.is_primitive(kind.value_type))
    ):
        return "category"
    if is_type.is_timestamp(kind):
        return "time" if kind.tz is None else "zoned_time"
    return "time" if is_type.is_date(kind) else None


def type_of(values: Values) -> str:
    """Name the storage type of a column, for messages."""
    return str(values.dtype if isinstance(values, np.ndarray) else values.type)


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
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
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
    return values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)


def seconds(times: Values) -> npt.NDArray[np.float64]:
    """Seconds since 1970-01-01 of Arrow timestamps, as float64 (n,), NaN where missing."""
    ticks = times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return ticks.astype(np.float64, copy=False) / _PER_SECOND[times.type.unit]


def _from_pandas(series: pd.Series[Any], label: object) -> Values:
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iufb":
        return series.to_numpy()
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError) as error:
        found = sorted({type(value).__name__ for value in series if value is not None})
        raise TableError(
            f"column {label!r} (dtype {series.dtype}) cannot be read: "
            f"found values of type {', '.join(found)}; expected one of {KINDS_READ}"
        ) from error


def _is_polars(X: object, name: str) -> bool:
    polars = sys.modules.get("polars")  # whoever holds a polars frame has imported polars
    return polars is not None and isinstance(X, getattr(polars, name))


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
