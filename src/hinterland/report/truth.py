"""Labels and times of a table's rows, gathered batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables import LabelColumn, frames, to_kinds
from hinterland.tables.truth import ANOMALY, NORMAL, UNLABELLED, Codes

__all__ = ["ANOMALY", "NORMAL", "UNLABELLED", "Codes", "LabelColumn", "TimeColumn", "truth_from_array"]


def truth_from_array(label: Any, n_rows: int) -> Codes:
    """Check labels given as a boolean array (n,), true for an anomaly.

    Raises
    ------
    TypeError, ValueError
        For another type, another length, or one class.
    """
    array = np.asarray(label)
    if array.dtype != np.bool_:
        raise TypeError(
            f"label must be a column's name or a boolean array, true for an anomaly, got dtype {array.dtype}"
        )
    if array.shape != (n_rows,):
        raise ValueError(f"label must have one value for each of the {n_rows} rows, got shape {array.shape}")
    if array.all() or not array.any():
        raise ValueError(
            f"label marks {'every' if array.all() else 'no'} row as an anomaly: both classes are needed"
        )
    return array.astype(np.int8)


class TimeColumn:
    """Gathers a column of times or numbers as float64: seconds since 1970, or the number itself; NaN where missing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_time = False
        self._kind: str | None = None
        self._parts: list[npt.NDArray[np.float64]] = []
        self._n_rows = 0

    def add(self, column: Any, *, is_text: bool) -> None:
        """Take a batch of the column; the first with a value decides what it holds.

        Raises
        ------
        TableError
            Where a value is neither a number nor a time; it names the row.
        """
        values = pa.table({self.name: column})[self.name].combine_chunks()
        kind = frames.kind_of(values)
        if kind == "category":  # text, which only its values tell from numbers and times
            values, is_text = values.cast(pa.string()), True
        if is_text:
            kind = self._kind or self._kind_of_text(values)
        elif kind not in ("number", "time", "zoned_time", "empty"):
            raise TableError(
                f"time column {self.name!r} of type {column.type} holds neither times nor numbers"
            )
        values = self._typed(values, kind, is_text)
        is_time = kind in ("time", "zoned_time")
        numbers = frames.seconds(frames.as_times(values)) if is_time else frames.as_numbers(values)
        if np.isfinite(numbers).any():
            self._kind, self.is_time = kind, is_time
        self._parts.append(np.asarray(numbers, np.float64))
        self._n_rows += len(numbers)

    def _kind_of_text(self, values: Any) -> str:
        for kind in ("number", "time", "zoned_time"):
            try:
                self._typed(values, kind, True)
            except TableError:
                continue
            return kind
        self._typed(values, "time", True)
        raise AssertionError("unreachable: the line above raises")

    def _typed(self, values: Any, kind: str, is_text: bool) -> Any:
        table = pa.table({self.name: values})
        typed = to_kinds(table, {self.name: kind}, is_text=is_text, first_row=self._n_rows + 1)
        return typed[self.name].combine_chunks()

    def values(self) -> npt.NDArray[np.float64]:
        """All rows, (n,).

        Raises
        ------
        TableError
            Where no row has a value.
        """
        values = np.concatenate(self._parts) if self._parts else np.empty(0)
        if not np.isfinite(values).any():
            raise TableError(f"time column {self.name!r} has no value in any row")
        return values
