"""One view of every make of table: a column is a NumPy array of numbers, or an Arrow array of anything else.

pandas, polars and Arrow tables hold the same values under different types. Reading all of them into
Arrow (numbers stay NumPy, without a copy) leaves one place that knows what a column is.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables.parquet import pandas_index
from hinterland.tables.values import (
    KINDS_READ,
    Values,
    as_missing,
    as_numbers,
    as_texts,
    as_times,
    kind_of,
    seconds,
    type_of,
)

__all__ = [
    "KINDS_READ",
    "Frame",
    "Values",
    "as_missing",
    "as_numbers",
    "as_texts",
    "as_times",
    "is_arrow",
    "is_frame",
    "kind_of",
    "read_array",
    "read_frame",
    "refuse_lazy",
    "seconds",
    "type_of",
    "unmasked",
]


_NUMBERS = (int, float, Decimal, np.number, np.bool_)
_WRITTEN = (str, *_NUMBERS, dt.date, dt.time)


@dataclass(frozen=True)
class Frame:
    """A table, whatever its make.

    Attributes
    ----------
    names : list of str, or None where some are not text
    keys : list of str
        What the columns are told by, other names than text by their text; None where they are only numbered, from 0.
    index : tuple of str
        Names of columns that pandas stored as the index of its frame.
    n_rows, n_columns : int
    column : callable
        ``column(position, start, stop)`` gives the values of a stretch of rows.
    """

    names: list[str] | None
    n_rows: int
    n_columns: int
    column: Callable[[int, int, int], Values]
    keys: list[str] | None = None
    index: tuple[str, ...] = ()


def is_frame(X: object) -> bool:
    """Whether ``X`` is a DataFrame of pandas or polars, or a table or record batch of Arrow."""
    return isinstance(X, pd.DataFrame | pa.Table | pa.RecordBatch) or _is_polars(X, "DataFrame")


def is_arrow(X: object) -> bool:
    """Whether ``X`` is a table or record batch of Arrow."""
    return isinstance(X, pa.Table | pa.RecordBatch)


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
    repeated = sorted(label for label, n_times in Counter(map(str, labels)).items() if n_times > 1)
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
    keys = None if labels == list(range(len(labels))) else [str(label) for label in labels]
    index = pandas_index(X.schema) if isinstance(X, pa.Table | pa.RecordBatch) else ()
    return Frame(names, n_rows, len(labels), column, keys, index)


def read_array(X: npt.NDArray[Any]) -> Frame:
    """View a 2-d array of numbers; booleans count as the numbers 0 and 1."""
    X = np.asarray(X)
    X = X.view(np.uint8) if X.dtype == bool else X
    return Frame(None, X.shape[0], X.shape[1], lambda position, start, stop: X[start:stop, position])


def unmasked(X: Any) -> Any:
    """A masked array with NaN where it is masked; anything else as it is."""
    return np.ma.filled(X.astype(np.float64), np.nan) if isinstance(X, np.ma.MaskedArray) else X


def refuse_lazy(X: object) -> None:
    """Raise TypeError for a polars LazyFrame, which has no rows yet."""
    if _is_polars(X, "LazyFrame"):
        raise TypeError(
            "X is a polars LazyFrame, which holds no rows; expected a DataFrame: call collect() first"
        )


def _from_pandas(series: pd.Series[Any], label: object) -> Values:
    series = _of_plain_dtype(series)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iufb":
        return series.to_numpy()
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError) as error:
        there = series[series.notna()]
        if all(isinstance(value, _NUMBERS) for value in there):
            return series.astype(np.float64).to_numpy()
        if all(isinstance(value, _WRITTEN) for value in there):  # cells of a spreadsheet, of several types
            texts = series.map(str, na_action="ignore")
            return pa.array(texts.astype(object), pa.string(), from_pandas=True)
        found = sorted({type(value).__name__ for value in there})
        raise TableError(
            f"column {label!r} (dtype {series.dtype}) cannot be read: "
            f"found values of type {', '.join(found)}; expected one of {KINDS_READ}"
        ) from error


def _of_plain_dtype(series: pd.Series[Any]) -> pd.Series[Any]:
    """Give periods as their beginnings, intervals as text, and sparse values with all of them."""
    dtype = series.dtype
    if isinstance(dtype, pd.PeriodDtype):
        beginnings: pd.Series[Any] = series.dt.to_timestamp()
        return beginnings
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(np.asarray(series))
    inner = dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype
    if isinstance(inner, pd.IntervalDtype):
        return series.astype(object).map(str, na_action="ignore")
    return series


def _is_polars(X: object, name: str) -> bool:
    polars = sys.modules.get("polars")  # whoever holds a polars frame has imported polars
    return polars is not None and isinstance(X, getattr(polars, name))
