"""Open a CSV or Parquet file, whatever it is called, and read it whole or in batches of bounded memory."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from hinterland.errors import TableError
from hinterland.tables.plain_types import plain_types

BLOCK_BYTES = 2 * 2**20
"""A CSV file is read in blocks of this many bytes; a longer row is an error."""
_HEAD_BYTES = 2**16
_BUFFER_BYTES = 2**20
_DELIMITERS = ",;\t|"
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive (name it .csv.gz if it holds a CSV file)",
}


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV file is to be read; ``delimiter=None`` finds out whether it is a comma, semicolon, tab or bar."""

    delimiter: str | None = None
    header: bool = True
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"delimiter must be one character, got {self.delimiter!r}")
        try:
            codecs.lookup(self.encoding)
        except LookupError as error:
            raise ValueError(
                f"encoding must name one that Python knows, such as latin-1, got {self.encoding!r}"
            ) from error


class TableFile(Protocol):
    """A table on disk. Reading raises ``TableError`` that names the file, and rows where rows are at fault."""

    path: Path
    names: list[str]
    """Column names, in the file's order."""
    is_text: bool
    """Whether ``batches`` gives every value as text, to be read by a model's kinds, as CSV has no types."""
    stored_index: tuple[str, ...]
    """Columns that pandas stored as the index of its frame: names of rows rather than features."""

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

    def row_names(self, places: Sequence[int]) -> list[str]:
        """Say how messages call rows, given by their places from 0 in what was read last: ``row 8 (line 10)``."""
        ...


def open_table(path: str | os.PathLike[str], csv_format: CsvFormat | None = None) -> TableFile:
    """Open a Parquet file, known by its first bytes, or else a CSV file (``.gz`` is unpacked on the way).

    Raises
    ------
    TableError
        Where there is no such file, or it is a folder, empty, or not a table.
    """
    path = Path(path)
    if path.is_dir():
        raise TableError(f"{path} is a folder; expected a CSV or Parquet file")
    if not path.exists():
        raise TableError(f"there is no file {path}")
    if not path.is_file():
        raise TableError(f"{path} is not a regular file, which is needed because it is read more than once")
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise TableError(f"{path} is empty; expected a CSV or Parquet file")
    if head.startswith(b"PAR1"):
        return _ParquetFile(path)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise TableError(f"{path} is not a Parquet file, though it is called one")
    return _CsvFile(path, csv_format or CsvFormat())


class _ParquetFile:
    is_text = False

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._errors_named():
            file = self._open()
            self._schema = file.schema_arrow
            self._n_rows = file.metadata.num_rows
        self.names = list(self._schema.names)
        self.stored_index = pandas_index(self._schema)
        self._n_read = 0
        _check_names(path, self.names)

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        with self._errors_named():
            table = self._open().read(columns=[name for name in self.names if name not in without])
        for name in as_text:
            if name in table.column_names:
                table = table.set_column(table.column_names.index(name), name, _as_text(table[name], name))
        return table

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        self._n_read = 0
        with self._errors_named():
            for batch in self._open().iter_batches(n_rows, columns=list(columns), use_threads=False):
                self._n_read += batch.num_rows
                yield pa.Table.from_batches([batch]).select(list(columns))

    def row_names(self, places: Sequence[int]) -> list[str]:
        return [f"row {place + 1}" for place in places]

    def types(self, columns: Sequence[str]) -> pa.Schema:
        return pa.schema([self._schema.field(name) for name in columns])

    def share_read(self) -> float:
        return self._n_read / max(1, self._n_rows)

    def _open(self) -> Any:
        # Not buffered, a whole row group would be in memory, and a row group may be the whole file.
        return pa.parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER_BYTES)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{self.path} cannot be read as Parquet: {_one_line(error)}") from error


class _CsvFile:
    is_text = True
    stored_index: tuple[str, ...] = ()

    def __init__(self, path: Path, csv_format: CsvFormat) -> None:
        self.path = path
        self._encoding = csv_format.encoding
        self._header = csv_format.header
        lines = self._first_lines()
        self._delimiter = csv_format.delimiter or sniff_delimiter(lines)
        self._file: Any = None
        self._invalid_row: Any = None
        with self._errors_named():
            self.names = list(self._open(pa.csv.ConvertOptions()).schema.names)
        _check_names(path, self.names)
        if self._header and len(self.names) > 1 and all(_is_number(name) for name in self.names):
            shown = ", ".join(map(repr, self.names[:3]))
            raise TableError(
                f"{path} has no column names: its first line holds only numbers ({shown}, ...); "
                "say that it has no header, and its columns are called f0, f1, ..."
            )

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        options = pa.csv.ConvertOptions(
            strings_can_be_null=True,
            null_values=[""],
            include_columns=[name for name in self.names if name not in without],
            column_types={name: pa.string() for name in self.names},
        )
        with self._errors_named():
            table = pa.csv.read_csv(self._stream(), self._read_options(), self._parse_options(), options)
        return plain_types(table, besides=as_text)

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        options = pa.csv.ConvertOptions(
            strings_can_be_null=True,
            null_values=[""],
            column_types={name: pa.string() for name in self.names},
            include_columns=list(columns),
        )
        with self._errors_named():
            for block in self._open(options):
                for start in range(0, block.num_rows, n_rows):
                    yield pa.Table.from_batches([block.slice(start, n_rows)]).select(list(columns))

    def row_names(self, places: Sequence[int]) -> list[str]:
        return [f"row {place + 1}" for place in places]

    def types(self, columns: Sequence[str]) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in columns])

    def share_read(self) -> float:
        return self._file.tell() / max(1, self._file.size())

    def _open(self, options: Any) -> Any:
        return pa.csv.open_csv(self._stream(), self._read_options(), self._parse_options(), options)

    def _stream(self) -> Any:
        self._invalid_row = None
        self._file = pa.OSFile(str(self.path))
        if self.path.suffix.lower() == ".gz":
            return pa.CompressedInputStream(self._file, "gzip")
        return self._file

    def _read_options(self) -> Any:
        return pa.csv.ReadOptions(
            use_threads=False,  # only then does a broken row come with its number
            block_size=BLOCK_BYTES,
            autogenerate_column_names=not self._header,
            encoding=self._encoding,
        )

    def _parse_options(self) -> Any:
        return pa.csv.ParseOptions(
            delimiter=self._delimiter, newlines_in_values=True, invalid_row_handler=self._remember
        )

    def _remember(self, row: Any) -> str:
        self._invalid_row = row
        return "error"

    def _first_lines(self) -> list[str]:
        with self._errors_named():
            head = self._stream().read(_HEAD_BYTES)
        if "16" not in self._encoding and "32" not in self._encoding:
            for magic, what in _MAGIC.items():
                if head.startswith(magic):
                    raise TableError(f"{self.path} is {what}; expected a CSV or Parquet file")
            if b"\0" in head:
                raise TableError(f"{self.path} is a binary file; expected a CSV or Parquet file")
        lines = head.decode(self._encoding, errors="replace").splitlines()
        if not any(line.strip() for line in lines):
            raise TableError(f"{self.path} holds nothing but blank lines; expected a CSV or Parquet file")
        return lines[:-1] if len(head) == _HEAD_BYTES else lines

    def _wrong_encoding(self) -> str:
        return f"{self.path} is not {self._encoding} text; name its encoding, such as latin-1"

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, UnicodeError) as error:
            row = self._invalid_row
            if row is not None:
                text = row.text if len(row.text) <= 60 else row.text[:57] + "..."
                raise TableError(
                    f"{self.path}: row {row.number - self._header} has {row.actual_columns} values, expected "
                    f"{row.expected_columns}: {text!r}"
                ) from error
            if "UTF8" in str(error) or isinstance(error, UnicodeError):
                raise TableError(self._wrong_encoding()) from error
            raise TableError(f"{self.path} cannot be read as CSV: {_one_line(error)}") from error


def sniff_delimiter(lines: Sequence[str]) -> str:
    """Give the comma, semicolon, tab or bar that splits the first lines into most columns, the same in each."""
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        widths = {
            len(row) for row in csv.reader(io.StringIO("\n".join(lines[:50])), delimiter=delimiter) if row
        }
        if len(widths) == 1 and (width := widths.pop()) > most:
            best, most = delimiter, width
    if most == 1:  # a broken row somewhere: the header decides
        best = max(_DELIMITERS, key=lambda delimiter: lines[0].count(delimiter) if lines else 0)
    return best


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


def _check_names(path: Path, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise TableError(
            f"{path}: column names must differ from one another; found more than once: {repeated}"
        )
    if not names:
        raise TableError(f"{path} has no columns")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _one_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
