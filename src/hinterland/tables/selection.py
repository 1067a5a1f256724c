"""Rows by the value that they have in a column, the value given as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables.matching import matching
from hinterland.tables.vocabulary import Vocabulary


def equals(column: Any, value: str) -> npt.NDArray[np.bool_]:
    """Say which rows of a column (n,) have a value, by ``hinterland.tables.matching``."""
    vocabulary = Vocabulary()
    vocabulary.add(column)
    return np.array(matching(vocabulary.values, value), bool)[vocabulary.codes()]


def rows_with(table: pa.Table, column: str, value: str) -> npt.NDArray[np.bool_]:
    """Say which rows of a table (n,) have a value in a column.

    Raises
    ------
    TableError
        Where there is no such column, or no row has the value; the message says which values there are.
    """
    if column not in table.column_names:
        raise TableError(f"there is no column {column!r} to select rows by; found {table.column_names}")
    chosen = equals(table[column], value)
    if not chosen.any():
        raise TableError(f"no row has {column}={value}; found {text_counts(table[column])}")
    return chosen


def select(table: pa.Table, column: str, value: str) -> pa.Table:
    """Rows that have a value in a column, without that column; errors as those of ``rows_with``."""
    return table.filter(pa.array(rows_with(table, column, value))).drop_columns([column])


def text_counts(column: Any) -> str:
    """Say which values a column has most often, with how many rows each: ``'a' (3), 'b' (1)``."""
    vocabulary = Vocabulary()
    vocabulary.add(column)
    return vocabulary.found()
