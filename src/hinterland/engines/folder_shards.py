"""A folder of tables as a fit asks for it: its files read by Ray's workers, a file a task, or by this process."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from hinterland.engines.folder import RETRIES
from hinterland.errors import TableError
from hinterland.scoring.table import rows_at_once
from hinterland.tables import CsvFormat
from hinterland.tables.folder.files import tables_in
from hinterland.tables.folder.place import folder_at
from hinterland.tables.messages import few
from hinterland.tables.selection import equals

T = TypeVar("T")

AT_ONCE, BATCHES = 64, 8
"""Files whose results are waited for at most; batches of scoring in one of a fit."""


class FolderShards:
    """The batches of a folder's tables, which have the columns of the first of them; in CSV files all are text.

    Parameters
    ----------
    source : folder, as a path or an address that fsspec knows.
    csv_format : how CSV files are written, where that is not to be found out.
    drop : columns to leave out.
    only : a column and a value: rows without it are left out, and so is the column.
    ray : joined to a cluster, as ``hinterland.engines.folder.cluster`` gives it; None for this process alone.

    Raises
    ------
    TableError
        For a folder that is not there or holds no table, or whose first table lacks a column that is named.
    """

    def __init__(
        self,
        source: str | Path,
        csv_format: CsvFormat | None = None,
        *,
        drop: Sequence[str] = (),
        only: tuple[str, str] | None = None,
        ray: Any = None,
    ) -> None:
        self._folder, self._csv, self._only, self._ray = (
            folder_at(source),
            csv_format or CsvFormat(),
            only,
            ray,
        )
        self._names = [entry.name for entry in tables_in(self._folder).entries]
        first = self._folder.table(self._names[0], self._csv)
        left_out = [*drop, *([] if only is None else only[:1])]
        if unknown := [name for name in left_out if name not in first.names]:
            raise TableError(
                f"{first.path} has no column {unknown[0]!r}; its columns are {few(first.names, 20)}"
            )
        self.schema = first.types([name for name in first.names if name not in left_out])

    def n_rows(self) -> int:
        """Rows of all tables, by their first column."""
        narrow = _Reader(self._folder, self._csv, pa.schema([self.schema.field(0)]), self._only)
        return sum(self._mapped(narrow, _n_rows))

    def map(self, function: Callable[[pa.Table], T]) -> Iterator[T]:
        """What a function gives of each batch, in the order of the tables' names."""
        return self._mapped(_Reader(self._folder, self._csv, self.schema, self._only), function)

    def _mapped(self, reader: _Reader, function: Callable[[pa.Table], T]) -> Iterator[T]:
        if self._ray is None:
            for name in self._names:
                yield from map(function, reader(name))
            return
        task = self._ray.remote(_results).options(num_cpus=1, max_retries=RETRIES)
        given = self._ray.put(pickle.dumps((reader, function)))
        waiting: deque[Any] = deque()
        for name in self._names:
            waiting.append(task.remote(given, name))
            if len(waiting) >= AT_ONCE:
                yield from self._there(waiting.popleft())
        while waiting:
            yield from self._there(waiting.popleft())

    def _there(self, reference: Any) -> list[Any]:
        try:
            results: list[Any] = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:  # what the function raised, as it would have here
            raise (error.cause or error) from None
        return results


class _Reader:
    """A table's name to its batches."""

    def __init__(self, folder: Any, csv: CsvFormat, schema: pa.Schema, only: tuple[str, str] | None) -> None:
        self._folder, self._csv, self._schema, self._only = folder, csv, schema, only

    def __call__(self, name: str) -> Iterator[pa.Table]:
        table = self._folder.table(name, self._csv)
        wanted = list(dict.fromkeys([*self._schema.names, *(self._only or ())[:1]]))
        if missing := [column for column in wanted if column not in table.names]:
            raise TableError(f"{table.path} lacks column {missing[0]!r}, which the folder's first table has")
        for batch in table.batches(BATCHES * rows_at_once(len(wanted)), wanted):
            rows = (
                batch
                if self._only is None
                else batch.filter(pa.array(equals(batch[self._only[0]], self._only[1])))
            )
            try:
                yield rows.select(self._schema.names).cast(self._schema)
            except pa.ArrowException as error:
                raise TableError(
                    f"{table.path} has other types than the folder's first table: {error}"
                ) from error


def _results(content: bytes, name: str) -> list[Any]:
    """What a function gives of each batch of a table, in a worker."""
    reader, function = pickle.loads(content)
    return list(map(function, reader(name)))


def _n_rows(batch: pa.Table) -> int:
    return int(batch.num_rows)
