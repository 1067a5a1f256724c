"""Where the rows and cells of a CSV file begin and end, in bytes of any encoding that contains ASCII.

A quote opens a cell only at its very beginning, as pyarrow reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_CELL = rb'(?:"([^"]*(?:""[^"]*)*)"?([^\r\n%s]*)|([^\r\n%s]*))(\r\n|\n|\r|%s|\Z)'
_QUOTED = rb'(?:^|[\r\n%s])"[^"]*(?:""[^"]*)*("|\Z)'


@dataclass(frozen=True)
class Row:
    """A row: its cells without their quotes, the stretch of bytes that it takes, and its first line from 0."""

    cells: list[bytes]
    start: int
    stop: int
    line: int

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it, not even a delimiter."""
        return len(self.cells) == 1 and not self.cells[0].strip()

    @property
    def is_comment(self) -> bool:
        """Whether it begins with ``#``."""
        return self.cells[0].lstrip().startswith(b"#")


def rows_of(data: bytes, delimiter: str) -> Iterator[Row]:
    """Give the rows of ``data``, blank ones among them."""
    sign = re.escape(delimiter.encode())
    cells: list[bytes] = []
    start = line = 0
    for match in re.finditer(_CELL % (sign, sign, sign), data):
        if match.start() == len(data) and not cells:
            return
        quoted, behind, plain, end = match.groups()
        cells.append(plain if quoted is None else quoted.replace(b'""', b'"') + behind)
        if end != delimiter.encode():
            yield Row(cells, start, match.end(), line)
            line += count_lines(data[start : match.end()])
            start, cells = match.end(), []


def last_row_end(data: bytes, delimiter: str, line_end: bytes) -> int:
    """Give how many bytes of ``data`` are whole rows; it begins with a row.

    If every second quote, beginning with the first, opens a cell or is one of a doubled pair, then the last line end is
    outside of quotes where their number is even. Otherwise all quoted cells are looked at, which is slower.
    """
    end = data.rfind(line_end) + 1
    codes = np.frombuffer(data, np.uint8, count=end)
    quotes = np.flatnonzero(codes == ord('"'))
    if len(quotes) % 2 == 0:
        before = codes[quotes[::2][quotes[::2] > 0] - 1]
        if np.isin(before, [*delimiter.encode(), *b'"\r\n']).all():
            return end
    cells = [match.span() for match in re.finditer(_QUOTED % re.escape(delimiter.encode()), data)]
    while cells and end:
        start, stop = cells.pop()
        if stop < end:
            break
        if start < end - 1:
            end = data.rfind(line_end, 0, start + 1) + 1
    return end


def has_open_quote(data: bytes, delimiter: str) -> bool:
    """Whether a quote is not closed at the end of ``data``, which begins with a row."""
    if data.count(b'"') % 2 == 0:
        return False
    closing = b'"'
    for match in re.finditer(_QUOTED % re.escape(delimiter.encode()), data):
        closing = match.group(1)
    return closing != b'"'


def count_lines(data: bytes) -> int:
    """Count line ends: LF, CR or both together."""
    codes = np.frombuffer(data, np.uint8)  # five times as fast as bytes.count
    n_lines = np.count_nonzero(codes == ord("\n"))
    if b"\r" in data:
        n_lines += np.count_nonzero(codes == ord("\r")) - data.count(b"\r\n")
    return int(n_lines)
