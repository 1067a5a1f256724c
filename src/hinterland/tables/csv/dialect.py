"""How a CSV file is written, found out from its first lines: delimiter, lines above the table, column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from hinterland.errors import TableError
from hinterland.tables.csv.format import CsvFormat
from hinterland.tables.csv.header import Votes, is_value, votes
from hinterland.tables.csv.rows import Row, count_lines, rows_of

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_MOST_ROWS, _MOST_TITLES = 200, 20
_SEP = re.compile(rb'"?sep=(\t|[^\w\s])"?[ \t,;]*(\r\n|\n|\r|\Z)', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(rb"\s*[-+]?[\d.]*\d,\d+\s*")


@dataclass(frozen=True)
class Dialect:
    """How to read a CSV file.

    Attributes
    ----------
    delimiter : between columns.
    header : what the column names are written as, or None where there is no line of names.
    n_columns : how many values a row has.
    doubtful : positions of columns that have no name, nor so far a value.
    start, n_lines : bytes and lines above the first row.
    notes : what is not as in the plainest file, in words.
    """

    delimiter: str
    header: list[str] | None
    n_columns: int
    doubtful: tuple[int, ...]
    start: int
    n_lines: int
    notes: tuple[str, ...]


def find_dialect(head: bytes, csv_format: CsvFormat, *, encoding: str = "utf-8") -> Dialect:
    """Find out how a file is written from its first lines, whole rows in an encoding that contains ASCII.

    Raises
    ------
    TableError
        Where there is nothing but blank lines, or the line of names has more or fewer than the rows have values.
    """
    named = _SEP.match(head)
    offset = named.end() if named else 0
    body = head[offset:]
    delimiter = csv_format.delimiter or (named.group(1).decode() if named else sniff_delimiter(body))
    rows = [row for row in islice(rows_of(body, delimiter), _MOST_ROWS) if not row.is_blank]
    if not rows:
        raise TableError("it holds nothing but blank lines; expected a CSV or Parquet file")
    width = _usual_width(rows)
    wide = [i for i, row in enumerate(rows) if len(row.cells) == width and not row.is_comment] or [0]
    while csv_format.header is None and _is_padded_title([rows[i] for i in wide], encoding):
        del wide[0]
    n_above = wide[0]
    above, table = rows[:n_above], rows[n_above:]
    found = _find_header(above, table, csv_format.header, encoding)

    notes = []
    if delimiter != "," and csv_format.delimiter is None and width > 1:
        notes.append(f"columns are separated by {_DELIMITERS.get(delimiter, repr(delimiter))}")
    if found.n_titles:
        lines = "line" if found.n_titles == 1 else "lines"
        notes.append(f"{found.n_titles} {lines} above the table left out")
    notes += [found.note] if found.note else []
    start = offset + (rows[found.n_rows - 1].stop if found.n_rows else 0)
    data = [row.cells for row in rows[found.n_rows :] if len(row.cells) == width]
    is_empty = [not any(cell.strip() for cell in column) for column in zip(*data, strict=True)]
    header = None if found.cells is None else [_text(cell, encoding) for cell in found.cells]
    doubtful = tuple(
        j for j, empty in enumerate(is_empty) if empty and (header is None or not header[j].strip())
    )
    return Dialect(delimiter, header, width, doubtful, start, count_lines(head[:start]), tuple(notes))


def sniff_delimiter(head: bytes) -> str:
    """Give the comma, semicolon, tab or bar that splits the first lines best.

    That is into most columns, if it is the same number in each line; or else the one with most lines of one number.
    A comma within numbers alone is a decimal comma.
    """
    best, most, tables = ",", (False, 0, 0), {}
    for delimiter in _DELIMITERS:
        rows = [row.cells for row in islice(rows_of(head, delimiter), _MOST_ROWS) if not row.is_blank]
        counts = Counter(len(row) for row in rows if len(row) > 1 and not row[0].startswith(b"#"))
        if not counts:
            continue
        width, n = max(counts.items(), key=lambda item: (item[1], item[0]))
        tables[delimiter] = [row for row in rows if len(row) == width]
        rank = (True, width, n) if n == len(rows) else (False, n, width)
        if rank > most:
            best, most = delimiter, rank
    if best != ",":
        return best
    for delimiter, rows in tables.items():
        if delimiter != "," and len(rows) >= 0.9 * len(tables[","]):
            cells = [cell for row in rows for cell in row if b"," in cell]
            if cells and all(map(_DECIMAL_COMMA.fullmatch, cells)):
                return delimiter
    lines = [line for line in head.splitlines()[:_MOST_ROWS] if line.strip()]
    if len(lines) > 1 and b"," not in lines[0] and all(map(_DECIMAL_COMMA.fullmatch, lines[1:])):
        return ";"  # a single column
    return best


@dataclass(frozen=True)
class _Header:
    cells: list[bytes] | None
    n_rows: int
    """Rows above the first row of the table: the header's, and those left out."""
    n_titles: int
    note: str = ""


def _find_header(above: Sequence[Row], table: Sequence[Row], asked: bool | None, encoding: str) -> _Header:
    """Find the header among the rows above the first one that is as wide as the table, and that row itself."""
    n_above = len(above)
    if asked is False:
        return _Header(None, n_above, n_above)
    texts = [[_text(cell, encoding) for cell in row.cells] for row in table if _is_wide(row, table)]
    judged = votes(texts[0], texts[1:])
    last = above[-1] if above else None
    if last is not None and not (last.is_comment or _is_wide(last, table)) and judged.header == 0:
        fitted = _fitted(last.cells, [row.cells for row in table if _is_wide(row, table)])
        if fitted is not None:
            return _Header(fitted, n_above, n_above - 1)
        if len(last.cells) > 1 and not judged.is_header:
            raise TableError(
                f"line {last.line + 1} has {len(last.cells)} names, the rows below it have "
                f"{len(table[0].cells)} values; mend it, or say that the file has no header"
            )
    if asked or judged.is_header:
        return _Header(table[0].cells, n_above + 1, n_above, "" if asked else _doubt(judged, texts))
    if last is not None and last.is_comment and len(last.cells) == len(table[0].cells):
        cells = [last.cells[0].lstrip()[1:].lstrip(), *last.cells[1:]]
        return _Header(
            cells, n_above, n_above - 1, "the column names are those of the comment above the rows"
        )
    note = "no line of column names: the first row is data, and columns are called f0, f1, ..."
    return _Header(None, n_above, n_above, note)


def _is_padded_title(rows: Sequence[Row], encoding: str) -> bool:
    """Whether the first row is a title, or nothing, that a spreadsheet made as wide as the table below it."""
    row, below = rows[0], rows[1 : 1 + _MOST_TITLES]
    most_filled = max(map(_n_filled, below), default=0)
    if len(row.cells) < 3 or most_filled < 2 or _n_filled(row) > max(1, most_filled // 2):
        return False
    texts = [text for cell in row.cells if (text := _text(cell, encoding).strip())]
    if len(texts) > 1:  # as "made on", "1 May 2024": only above names of columns
        names = next(other for other in below if _n_filled(other) > most_filled // 2)
        if any(is_value(_text(cell, encoding)) for cell in names.cells):
            return False
    return not texts or not is_value(texts[0])


def _n_filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row.cells)


def _fitted(cells: list[bytes], rows: Sequence[list[bytes]]) -> list[bytes] | None:
    """Names for the columns of ``rows`` from a line with one name more, or less; None where they do not fit."""
    width = len(rows[0])
    if len(cells) == width + 1 and not cells[-1].strip():
        return cells[:-1]
    if len(cells) == width - 1 and not any(row[-1].strip() for row in rows):  # rows end in a delimiter
        return [*cells, b""]
    if len(cells) == width - 1 and width > 2:  # the first column has the names of rows, as R writes them
        return [b"", *cells]
    return None


def _doubt(judged: Votes, texts: Sequence[Sequence[str]]) -> str:
    """What to say where the first line may also be a row."""
    if judged.is_clear or len(texts) == 1:
        return ""
    shown = ", ".join(repr(cell[:20]) for cell in texts[0][:3]) + (", ..." if len(texts[0]) > 3 else "")
    return f"the first line ({shown}) is taken for column names; if it is a row, say that there is no header"


def _is_wide(row: Row, table: Sequence[Row]) -> bool:
    return len(row.cells) == len(table[0].cells)


def _usual_width(rows: Sequence[Row]) -> int:
    """How many cells most rows have; of as many rows, those that come first."""
    counts = Counter(len(row.cells) for row in rows if not row.is_comment) or Counter([len(rows[-1].cells)])
    return counts.most_common(1)[0][0]


def _text(cell: bytes, encoding: str) -> str:
    return cell.decode(encoding, errors="replace")
