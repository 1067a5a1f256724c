"""A CSV file as a table of text, whole or in batches of bounded memory."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hinterland.errors import TableError
from hinterland.tables.csv.blanks import are_set_apart_by_blanks
from hinterland.tables.csv.blocks import CsvBlocks
from hinterland.tables.csv.bytes import CsvBytes
from hinterland.tables.csv.dialect import Dialect, find_dialect, sniff_delimiter
from hinterland.tables.csv.format import CsvFormat
from hinterland.tables.csv.header import distinct_names
from hinterland.tables.csv.whole import read_whole
from hinterland.tables.messages import counted, few, one_line

BLOCK_BYTES = 2 * 2**20
"""A CSV file is streamed in blocks of about this many bytes."""
READ_BYTES = 8 * 2**20
"""The same where the file is read as a whole."""
_COLUMN_BYTES = 256
"""Blocks have at least so many bytes a column, as each costs some time for each column."""


class CsvFile:
    """A CSV file; how it is written is found out from its first lines, and said in a warning where it is unusual.

    Columns without a name, nor a value in the whole file, are left out.

    Parameters
    ----------
    path : what the file is called in messages.
    csv_format : what is not to be found out.
    content : where the file is; at ``path`` if None.
    """

    is_text = True
    stored_index: tuple[str, ...] = ()

    def __init__(self, path: Path, csv_format: CsvFormat, *, content: Path | None = None) -> None:
        self.path = path
        self.bad_rows = csv_format.bad_rows
        self._format = csv_format
        self._said: set[str] = set()
        with self._errors_named():
            self._bytes = CsvBytes(content or path, csv_format.encoding)
            self._dialect = self._found_dialect(csv_format)
            self._blocks = CsvBlocks(self._bytes, self._dialect, csv_format.bad_rows)
            left_out = self._without_values(self._dialect.doubtful)
        kept = [j for j in range(self._dialect.n_columns) if j not in left_out]
        header = self._dialect.header
        self.names = [f"f{j}" for j in kept] if header is None else distinct_names([header[j] for j in kept])
        if not self.names:
            raise TableError(f"{path} has no column with a name or a value")
        self._positions = dict(zip(self.names, kept, strict=True))
        self._say(self._about_encoding())
        self._say("; ".join(self._unusual(left_out)))

    @property
    def notes(self) -> list[str]:
        """What warnings have said of the file so far."""
        return sorted(self._said)

    def read(self, *, without: Collection[str] = (), as_text: Collection[str] = ()) -> pa.Table:
        """See ``TableFile``."""
        left_out = set(without)
        columns = [name for name in self.names if name not in left_out]
        if not columns:
            return pa.table({})
        return read_whole(lambda names, types: self._read(READ_BYTES, names, types), columns, as_text)

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        """See ``TableFile``."""
        for block in self._read(BLOCK_BYTES, columns, {}):
            for start in range(0, block.num_rows, n_rows):
                yield block.slice(start, n_rows)

    def types(self, columns: Sequence[str]) -> pa.Schema:
        """See ``TableFile``."""
        return pa.schema([(name, pa.string()) for name in columns])

    def share_read(self) -> float:
        """See ``TableFile``."""
        return self._bytes.share_read()

    def row_numbers(self, places: Sequence[int]) -> list[int]:
        """See ``TableFile``."""
        with self._errors_named():
            return [row for row, _ in self._blocks.rows_and_lines(places)]

    def row_names(self, places: Sequence[int]) -> list[str]:
        """See ``TableFile``."""
        with self._errors_named():
            return self._blocks.row_names(places)

    def leave_unnamed(self) -> None:
        """Call the first column without a name by none, as models know it that are older than its name."""
        header = self._dialect.header
        if header is not None and "unnamed" in self._positions and not header[self._positions["unnamed"]]:
            self.names = ["" if name == "unnamed" else name for name in self.names]
            self._positions[""] = self._positions.pop("unnamed")

    def _read(self, size: int, columns: Sequence[str], types: Mapping[str, Any]) -> Iterator[pa.Table]:
        """Read columns block by block; says at the end what was left out."""
        size = max(size, _COLUMN_BYTES * self._dialect.n_columns)
        with self._errors_named():
            yield from self._blocks.read(size, {name: self._positions[name] for name in columns}, types)
        skipped, n_comments = self._blocks.skipped, self._blocks.n_comments
        if skipped.n:
            self._say(f"{counted(skipped.n, 'row')} of too few or too many values skipped: {skipped}")
        if n_comments:
            self._say(f"{counted(n_comments, 'line')} left out that begin with # and are no rows")
        self._say(self._about_encoding())

    def _found_dialect(self, csv_format: CsvFormat) -> Dialect:
        head, encoding = self._bytes.head(), self._bytes.cell_encoding
        if csv_format.delimiter is None and are_set_apart_by_blanks(
            head.decode(encoding, errors="replace"), sniff_delimiter(head)
        ):
            self._bytes.has_blanks = True
            found = find_dialect(self._bytes.head(), replace(csv_format, delimiter=" "), encoding=encoding)
            return replace(found, notes=("columns are separated by blanks", *found.notes))
        return find_dialect(head, csv_format, encoding=encoding)

    def _without_values(self, positions: Sequence[int]) -> set[int]:
        """Those of some columns that have no value in the whole file."""
        left = list(positions)
        for block in self._blocks.read(READ_BYTES, {str(j): j for j in left}) if left else ():
            left = [j for j in left if not _has_value(block[str(j)])]
        return set(left)

    def _unusual(self, left_out: Collection[int]) -> list[str]:
        """What is to be said of how the file is written."""
        notes = list(self._dialect.notes)
        if left_out:
            notes.append(f"{counted(len(left_out), 'column')} without name and values left out")
        if self._dialect.header is not None:
            written = [(name, self._dialect.header[j]) for name, j in self._positions.items()]
            unnamed = [name for name, cell in written if not cell.strip()]
            if unnamed:
                notes.append(f"{counted(len(unnamed), 'column')} without name, called {few(unnamed)}")
            repeated = [name for name, cell in written if cell.strip() and name != cell]
            if repeated:
                notes.append(f"of several columns with the same name, the later are called {few(repeated)}")
        return notes

    def _about_encoding(self) -> str:
        encoding = self._bytes.encoding
        if self._format.encoding is not None or encoding == "utf-8":
            return ""
        if self._bytes.is_marked:
            return f"read as {encoding}, by its byte order mark"
        return f"no UTF-8 text, read as {encoding}; if letters come out wrong, name its encoding"

    def _say(self, note: str) -> None:
        if note and note not in self._said:
            self._said.add(note)
            warnings.warn(f"{self.path}: {note}", UserWarning, stacklevel=2)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except TableError as error:
            raise TableError(f"{self.path}: {error}") from error
        except UnicodeError as error:
            raise TableError(f"{self.path} is not {self._bytes.encoding} text; name its encoding") from error
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{self.path} cannot be read as CSV: {one_line(error)}") from error


def _has_value(text: Any) -> bool:
    return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(text), "")).as_py())
