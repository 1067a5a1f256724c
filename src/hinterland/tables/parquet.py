"""A Parquet file as a table, whole or in batches of bounded memory."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from hinterland.errors import TableError
from hinterland.tables.csv.format import BadRows
from hinterland.tables.messages import one_line, repeated

_BUFFER_BYTES = 2**20


class ParquetFile:
    """A Parquet file."""

    is_text = False

    def __init__(self, path: Path, bad_rows: BadRows = "error", *, content: Path | None = None) -> None:
        self.path = path
        self.bad_rows = bad_rows
        self._content = content or path
        with self._errors_named():
            file = self._open()
            self._schema = file.schema_arrow
            self._n_rows: int = file.metadata.num_rows
        self.names = list(self._schema.names)
        self.stored_index = pandas_index(self._schema)
        self._n_read = 0
        if not self.names:
            raise TableError(f"{path} has no columns")
        if complaint := repeated(self.names):
            raise TableError(f"{path}: {complaint}")

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        """See ``TableFile``."""
        left_out = set(without)
        with self._errors_named():
            table = self._open().read(columns=[name for name in self.names if name not in left_out])
        for name in as_text:
            if name not in left_out:
                position = table.schema.get_field_index(name)
                table = table.set_column(position, name, _as_text(table[name], name))
        return table

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        """See ``TableFile``."""
        self._n_read = 0
        with self._errors_named():
            for batch in self._open().iter_batches(n_rows, columns=list(columns), use_threads=False):
                self._n_read += batch.num_rows
                yield pa.Table.from_batches([batch]).select(list(columns))

    def row_numbers(self, places: Sequence[int]) -> list[int]:
        """See ``TableFile``."""
        return [place + 1 for place in places]

    def row_names(self, places: Sequence[int]) -> list[str]:
        """See ``TableFile``."""
        return [f"row {place + 1}" for place in places]

    def types(self, columns: Sequence[str]) -> pa.Schema:
        """See ``TableFile``."""
        return pa.schema([self._schema.field(name) for name in columns])

    def share_read(self) -> float:
        """See ``TableFile``."""
        return self._n_read / max(1, self._n_rows)

    def _open(self) -> Any:
        # Not buffered, a whole row group would be in memory, and a row group may be the whole file.
        return pa.parquet.ParquetFile(self._content, pre_buffer=False, buffer_size=_BUFFER_BYTES)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{self.path} cannot be read as Parquet: {one_line(error)}") from error


def pandas_index(schema: pa.Schema) -> tuple[str, ...]:
    """Columns of a schema that its pandas metadata name as the frame's index."""
    try:
        columns = json.loads((schema.metadata or {})[b"pandas"])["index_columns"]
        return tuple(name for name in columns if isinstance(name, str) and name in schema.names)
    except (KeyError, TypeError, ValueError):
        return ()


def _as_text(column: Any, name: str) -> Any:
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowException as error:
        raise TableError(f"column {name!r} of type {column.type} cannot be taken as a category") from error
