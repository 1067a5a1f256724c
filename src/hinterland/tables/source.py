"""Any table as a stream of batches: a file, a DataFrame of pandas or polars, an Arrow table or a matrix."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables import frames
from hinterland.tables.csv.format import BadRows
from hinterland.tables.messages import repeated
from hinterland.tables.parquet import pandas_index
from hinterland.tables.reading import TableFile, open_table


def as_table_file(table: Any) -> TableFile:
    """Give what ``hinterland.scoring`` reads from.

    Messages count the rows of an Arrow table from 1, as in the file that it was, and others' from 0, and say so.

    Parameters
    ----------
    table : path of a CSV or Parquet file, a table opened before, a DataFrame, an Arrow table, or a matrix (n, d),
        whose columns are then x0, x1, ...

    Raises
    ------
    TableError
        Where it is no table, or its columns cannot be read.
    """
    if isinstance(table, str | os.PathLike):
        return open_table(table)
    if hasattr(table, "batches") and hasattr(table, "is_text"):
        opened: TableFile = table
        return opened
    frames.refuse_lazy(table)
    return _MemoryTable(_arrow(table), 1 if frames.is_arrow(table) else 0)


def _arrow(table: Any) -> pa.Table:
    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, pd.DataFrame):
        frame = frames.read_frame(table)
        names = frame.keys or [str(position) for position in range(frame.n_columns)]
        columns = [frame.column(position, 0, frame.n_rows) for position in range(frame.n_columns)]
        return pa.table([_as_arrow(values) for values in columns], names)
    if frames.is_frame(table):
        return table.to_arrow()
    matrix = np.asarray(table)
    if matrix.ndim != 2 or matrix.dtype.kind not in "fiub":
        raise TableError(
            "the table must be a path, a DataFrame, an Arrow table or a matrix of numbers (n, d), "
            f"got {type(table).__name__} of shape {matrix.shape} and dtype {matrix.dtype}"
        )
    return pa.table({f"x{j}": matrix[:, j] for j in range(matrix.shape[1])})


def _as_arrow(values: frames.Values) -> Any:
    return pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else values


class _MemoryTable:
    """An Arrow table as if it were a file."""

    is_text = False
    bad_rows: BadRows = "error"

    def __init__(self, table: pa.Table, first_row: int) -> None:
        if complaint := repeated(table.column_names):
            raise TableError(complaint)
        if not table.column_names:
            raise TableError("the table has no columns")
        self.path = Path("table")
        self.names = list(table.column_names)
        self.stored_index = pandas_index(table.schema)
        self._table = table
        self._first_row = first_row
        self._n_read = 0

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        left_out = set(without)
        table = self._table.select([name for name in self.names if name not in left_out])
        for name in as_text:
            position = table.schema.get_field_index(name)
            table = table.set_column(position, name, table[name].cast(pa.string()))
        return table

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        self._n_read = 0
        chosen = self._table.select(list(columns))
        for start in range(0, chosen.num_rows, n_rows):
            self._n_read = min(start + n_rows, chosen.num_rows)
            yield chosen.slice(start, n_rows)

    def types(self, columns: Sequence[str]) -> pa.Schema:
        return pa.schema([self._table.schema.field(name) for name in columns])

    def row_numbers(self, places: Sequence[int]) -> list[int]:
        return [place + 1 for place in places]

    def row_names(self, places: Sequence[int]) -> list[str]:
        return [f"row {place + self._first_row}{'' if self._first_row else ' (from 0)'}" for place in places]

    def share_read(self) -> float:
        share: float = self._n_read / max(1, self._table.num_rows)
        return share
