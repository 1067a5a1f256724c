"""A CSV file's rows in blocks of columns, each row with its number whatever else stands in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.csv

from hinterland.errors import TableError
from hinterland.tables.csv.bytes import CsvBytes, EndlessRowError
from hinterland.tables.csv.dialect import Dialect
from hinterland.tables.csv.format import BadRows
from hinterland.tables.csv.plain_types import FALSE_WORDS, TRUE_WORDS
from hinterland.tables.csv.rows import count_lines, rows_of
from hinterland.tables.messages import SHOWN, shown

NO_TYPES: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class _Block:
    """How many rows a block gave, how many it has with the bad ones, and how many lines."""

    n_given: int
    n_rows: int
    n_lines: int

    @property
    def is_plain(self) -> bool:
        """Whether each line is a row."""
        return self.n_given == self.n_rows == self.n_lines


@dataclass
class Skipped:
    """How many rows were skipped, and how messages call the first few."""

    n: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count a row."""
        self.n += 1
        if self.n <= SHOWN:
            self.first.append(name)

    def __str__(self) -> str:
        return ", ".join(self.first) + (f" and {self.n - SHOWN:,} more" if self.n > SHOWN else "")


class CsvBlocks:
    """Reads a CSV file of a known dialect from its beginning, again and again.

    Rows are numbered from 1, the first below the header, bad rows among them. Blank lines are no rows, except in a
    file of a single column, where they are rows without a value. Lines that begin with ``#`` and have not as many
    values as a row are comments.

    Attributes
    ----------
    skipped : bad rows that the last reading came upon.
    n_comments : lines of comments within the table that it came upon.
    """

    def __init__(self, content: CsvBytes, dialect: Dialect, bad_rows: BadRows) -> None:
        self._content = content
        self._dialect = dialect
        self._bad_rows = bad_rows
        self._size = 0
        self._blocks: list[_Block] = []
        self.skipped, self.n_comments = Skipped(), 0

    def read(
        self, size: int, columns: Mapping[str, int], types: Mapping[str, Any] = NO_TYPES
    ) -> Iterator[pa.Table]:
        """Give columns, names with their positions in the file, in blocks of about ``size`` bytes.

        They are text, or as ``types`` has them; a block in which that fails for one is text as a whole. Empty cells are
        null.

        Raises
        ------
        TableError
            For a bad row, if these are not to be skipped, and for a quote that is never closed.
        UnicodeError, pyarrow.ArrowException, OSError
            Where the file cannot be read.
        """
        self._size, self._blocks, self.skipped, self.n_comments = size, [], Skipped(), 0
        n_rows, n_lines = 0, self._dialect.n_lines
        try:
            for block in self._bytes_of_blocks():
                n_skipped = self.skipped.n
                table = self._table(
                    self._content.as_utf8(block, n_lines + 1), columns, types, n_rows, n_lines
                )
                done = _Block(table.num_rows, table.num_rows + self.skipped.n - n_skipped, count_lines(block))
                self._blocks.append(done)
                n_rows, n_lines = n_rows + done.n_rows, n_lines + done.n_lines
                yield table
        except EndlessRowError as error:
            raise TableError(f"{error}; that row begins in line {n_lines + 1}") from error

    def row_names(self, places: Sequence[int]) -> list[str]:
        """Say how messages call rows that the last reading gave, by their places from 0, in one pass at most."""
        return [self._named(*found) for found in self.rows_and_lines(places)]

    def rows_and_lines(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """Numbers of rows that the last reading gave, and of their first lines, both from 1, by places from 0."""
        found: dict[int, tuple[int, int]] = {}
        looked_at: dict[int, tuple[list[int], int, int, int]] = {}
        n_given, n_rows, n_lines = 0, 0, self._dialect.n_lines
        left = sorted(set(places), reverse=True)
        for index, block in enumerate(self._blocks):
            here = []
            while left and left[-1] < n_given + block.n_given:
                here.append(left.pop())
            if block.is_plain:
                found |= {p: (n_rows + p - n_given + 1, n_lines + p - n_given + 1) for p in here}
            elif here:
                looked_at[index] = (here, n_given, n_rows, n_lines)
            n_given, n_rows, n_lines = n_given + block.n_given, n_rows + block.n_rows, n_lines + block.n_lines
        for index, data in enumerate(islice(self._bytes_of_blocks(), max(looked_at, default=-1) + 1)):
            if index in looked_at:
                found |= self._found_in(data, *looked_at[index])
        return [found[place] for place in places]

    def _found_in(
        self, data: bytes, places: list[int], n_given: int, n_rows: int, n_lines: int
    ) -> dict[int, tuple[int, int]]:
        """Row and line of rising places in a block, by what was given and read before it."""
        found: dict[int, tuple[int, int]] = {}
        left = places[::-1]
        for row in rows_of(data, self._dialect.delimiter):
            is_good = len(row.cells) == self._dialect.n_columns
            n_rows += is_good or not (row.is_comment or row.is_blank)
            if is_good and n_given == left[-1]:
                found[left.pop()] = (n_rows, n_lines + row.line + 1)
                if not left:
                    break
            n_given += is_good
        return found

    def _bytes_of_blocks(self) -> Iterator[bytes]:
        return self._content.blocks(self._size, self._dialect.start, self._dialect.delimiter)

    def _table(
        self, text: bytes, columns: Mapping[str, int], types: Mapping[str, Any], n_rows: int, n_lines: int
    ) -> pa.Table:
        for attempt in (types, NO_TYPES):
            try:
                return self._parsed(text, columns, attempt)
            except pa.ArrowInvalid:
                pass
        return self._parsed(self._mended(text, n_rows, n_lines), columns, NO_TYPES)

    def _parsed(self, text: bytes, columns: Mapping[str, int], types: Mapping[str, Any]) -> pa.Table:
        is_single = self._dialect.n_columns == 1
        if not text or (text.isspace() and not is_single and not text.strip(b"\r\n")):
            return pa.table({name: pa.array([], pa.string()) for name in columns})
        # Whole blocks, and no handler of bad rows: in a streaming reader it would be called from a thread that may
        # outlive the interpreter, which then aborts.
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(
                use_threads=False,
                block_size=len(text) + 1,
                column_names=[str(j) for j in range(self._dialect.n_columns)],
            ),
            pa.csv.ParseOptions(
                delimiter=self._dialect.delimiter,
                newlines_in_values=b'"' in text,
                ignore_empty_lines=not is_single,
            ),
            pa.csv.ConvertOptions(
                column_types={str(j): types.get(name, pa.string()) for name, j in columns.items()},
                include_columns=[str(j) for j in columns.values()],
                strings_can_be_null=True,
                null_values=[""],
                true_values=TRUE_WORDS,
                false_values=FALSE_WORDS,
            ),
        )
        return table.rename_columns(list(columns))

    def _mended(self, text: bytes, n_rows: int, n_lines: int) -> bytes:
        """Leave out the lines that are no rows, and the bad rows; or raise their error."""
        rows = []
        for row in rows_of(text, self._dialect.delimiter):
            if len(row.cells) == self._dialect.n_columns:
                rows.append(text[row.start : row.stop])
                n_rows += 1
            elif row.is_comment:
                self.n_comments += 1
            elif not row.is_blank:
                n_rows += 1
                name = self._named(n_rows, n_lines + row.line + 1)
                if self._bad_rows == "error":
                    raise TableError(
                        f"{name} has {len(row.cells)} values, expected {self._dialect.n_columns}: "
                        f"{shown(text[row.start : row.stop])}; mend it, or skip such rows by --bad-rows skip"
                    )
                self.skipped.add(name)
        return b"".join(rows)

    def _named(self, row: int, line: int) -> str:
        usual = row + (self._dialect.header is not None)
        return f"row {row}" if line == usual else f"row {row} (line {line})"
