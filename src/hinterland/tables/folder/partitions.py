"""Columns that a file's path names: the table in ``year=2024/month=05/part-0.parquet`` has a year and a month."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from hinterland.tables.csv.format import BadRows
from hinterland.tables.reading import TableFile

MISSING = "__HIVE_DEFAULT_PARTITION__"
"""How Hive and Spark write that a value is missing."""


def partition_values(name: str) -> dict[str, str | None]:
    """Values by column that the folders on a file's way name, as text; None for a missing one."""
    found: dict[str, str | None] = {}
    for part in name.split("/")[:-1]:
        key, equals, value = part.partition("=")
        if equals and key:
            found[unquote(key)] = None if value == MISSING else unquote(value)
    return found


class PartitionedTable:
    """A table, and constant columns of text beside its own; see ``TableFile``.

    Parameters
    ----------
    table : a table.
    values : text by column, for columns that the table does not have.
    """

    def __init__(self, table: TableFile, values: Mapping[str, str | None]) -> None:
        self.path: Path = table.path
        self.names = [*table.names, *values]
        self.is_text, self.stored_index = table.is_text, table.stored_index
        self.bad_rows: BadRows = table.bad_rows
        self._table, self._values = table, dict(values)

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        """See ``TableFile``; values of the path stay text."""
        own = [name for name in as_text if name not in self._values]
        return self._with(
            self._table.read(without=[name for name in without if name not in self._values], as_text=own),
            [name for name in self.names if name not in without],
        )

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        """See ``TableFile``."""
        own = [name for name in columns if name not in self._values] or self._table.names[:1]
        for batch in self._table.batches(n_rows, own):
            yield self._with(batch, columns)

    def types(self, columns: Sequence[str]) -> pa.Schema:
        """See ``TableFile``."""
        own = self._table.types([name for name in columns if name not in self._values])
        return pa.schema(
            [pa.field(name, pa.string()) if name in self._values else own.field(name) for name in columns]
        )

    def share_read(self) -> float:
        """See ``TableFile``."""
        return self._table.share_read()

    def row_numbers(self, places: Sequence[int]) -> list[int]:
        """See ``TableFile``."""
        return self._table.row_numbers(places)

    def row_names(self, places: Sequence[int]) -> list[str]:
        """See ``TableFile``."""
        return self._table.row_names(places)

    def _with(self, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
        return pa.table({name: self._column(rows, name) for name in columns})

    def _column(self, rows: pa.Table, name: str) -> Any:
        if name not in self._values:
            return rows[name]
        return pa.repeat(pa.scalar(self._values[name], pa.string()), rows.num_rows)
