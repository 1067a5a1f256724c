"""Open a CSV or Parquet file, whatever it is called, and read it whole or in batches of bounded memory."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables.csv.file import CsvFile
from hinterland.tables.csv.format import BadRows, CsvFormat
from hinterland.tables.parquet import ParquetFile


class TableFile(Protocol):
    """A table on disk. Reading raises ``TableError`` that names the file, and rows where rows are at fault."""

    path: Path
    names: list[str]
    """Column names, in the file's order, all different."""
    is_text: bool
    """Whether ``batches`` gives every value as text, to be read by a model's kinds, as CSV has no types."""
    stored_index: tuple[str, ...]
    """Columns that pandas stored as the index of its frame: names of rows rather than features."""
    bad_rows: BadRows
    """What is to be done with rows that cannot be read."""

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        """Read the whole table, some columns left out, some as text.

        Where the file has no types, a column is int64, float64, bool, date32 or a timestamp without a zone if all of
        it is plainly written so, and else text exactly as in the file; only empty cells are null, and a column
        of nothing else has the type null.
        """
        ...

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Give these columns, at least one, in stretches of at most ``n_rows`` rows, in order."""
        ...

    def types(self, columns: Sequence[str]) -> pa.Schema:
        """Give the schema that ``batches`` has for these columns."""
        ...

    def share_read(self) -> float:
        """How much of the file ``batches`` has read so far, in [0, 1]."""
        ...

    def row_numbers(self, places: Sequence[int]) -> list[int]:
        """Give the numbers of rows, from 1 below the header, by their places from 0 in what was read last."""
        ...

    def row_names(self, places: Sequence[int]) -> list[str]:
        """Say how messages call rows, given by their places from 0 in what was read last: ``row 8 (line 10)``.

        The line is said where it does not follow from the row, which is counted from 1 below the header.
        """
        ...


def open_table(path: str | os.PathLike[str], csv_format: CsvFormat | None = None) -> TableFile:
    """Open a Parquet file, known by its first bytes, or else a CSV file (packed by gzip is unpacked on the way).

    A pipe is copied to a temporary file first, as a table is read more than once.

    Raises
    ------
    TableError
        Where there is no such file, or it is a folder, a device, empty, or not a table.
    """
    path = Path(path)
    if path.is_dir():
        raise TableError(f"{path} is a folder; expected a CSV or Parquet file")
    if not path.exists():
        raise TableError(f"there is no file {path}")
    if stat.S_ISFIFO(path.stat().st_mode):
        with path.open("rb") as stream:
            return open_stream(stream, path, csv_format)
    if not path.is_file():
        raise TableError(f"{path} is neither a file nor a pipe; expected a CSV or Parquet file")
    return _opened(path, path, csv_format or CsvFormat())


def open_stream(
    stream: BinaryIO, called: str | os.PathLike[str], csv_format: CsvFormat | None = None
) -> TableFile:
    """Open a table that comes as a stream; it is copied to a temporary file that goes with the table."""
    folder = tempfile.TemporaryDirectory(prefix="hinterland-")
    copy = Path(folder.name) / "table"
    with copy.open("xb") as file:
        shutil.copyfileobj(stream, file)
    table = _opened(copy, Path(called), csv_format or CsvFormat())
    weakref.finalize(table, folder.cleanup)
    return table


def _opened(content: Path, path: Path, csv_format: CsvFormat) -> TableFile:
    with content.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise TableError(f"{path} is empty; expected a CSV or Parquet file")
    if head.startswith(b"PAR1"):
        return ParquetFile(path, csv_format.bad_rows, content=content)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise TableError(f"{path} is not a Parquet file, though it is called one")
    return CsvFile(path, csv_format, content=content)
