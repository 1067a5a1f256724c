"""Tables whose columns are set apart by blanks, one or many, as many programs of measurement write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice

from hinterland.tables.csv.header import is_missing, is_number
from hinterland.tables.csv.rows import rows_of

_TOKEN = re.compile(r'"[^"]*"|\S+')
_MOST_LINES, _SURE, _FEWEST_IN_A_CELL = 200, 0.8, 3


def are_set_apart_by_blanks(head: str, delimiter: str) -> bool:
    """Whether it is blanks that split the first lines into columns, most of them of numbers, and not ``delimiter``.

    That is where the delimiter splits nothing, or is a tab, a blank too, and leaves several numbers in a cell. Blanks
    between groups of three digits split no columns.
    """
    rows = [row.cells for row in islice(rows_of(head.encode(), delimiter), _MOST_LINES) if not row.is_blank]
    several = [any(_n_numbers(cell.decode()) >= _FEWEST_IN_A_CELL for cell in row) for row in rows]
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 1
    if usual > 1 and (delimiter != "\t" or sum(several) < _SURE * len(rows)):
        return False
    lines = [line for line in head.splitlines() if line.strip() and line.lstrip()[0] not in "#%"][
        :_MOST_LINES
    ]
    split = [_TOKEN.findall(line) for line in lines]
    if not split:
        return False
    width, n_lines = Counter(map(len, split)).most_common(1)[0]
    table = [cells for cells in split if len(cells) == width]
    if width < 2 or (usual > 1 and width <= 2 * usual):
        return False
    if len(table) < 3 or n_lines < _SURE * len(split) or all(map(_is_grouped, table[1:])):
        return False
    numbers = [_are_numbers(column) for column in zip(*table[1:], strict=True)]
    return sum(numbers) >= max(2, width / 2)


def squeezed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give bytes with one blank for many, and none at either end of a line, nor behind the sign of a comment."""
    rest, is_start = b"", True
    for chunk in chain(chunks, [b""]):
        text = rest + chunk
        whole = text.rstrip(b" \t#" if chunk else b" \t")
        rest = text[len(whole) :]
        text = re.sub(rb"[ \t]+", b" ", (b"\n" if is_start else b"") + whole)
        text = re.sub(rb"([\r\n]#) ", rb"\1", re.sub(rb" ?([\r\n]) ?", rb"\1", text))
        if whole:
            yield text[is_start:]
            is_start = whole[-1:] in b"\r\n"


def _n_numbers(cell: str) -> int:
    tokens = cell.split()
    return 0 if _is_grouped(tokens) else sum(is_number(token) or is_missing(token) for token in tokens)


def _is_grouped(tokens: list[str]) -> bool:
    """Whether these are the groups of one number's digits, perhaps with its unit."""
    digits = [token for token in tokens if is_number(token)]
    return len(digits) > 1 and all(re.fullmatch(r"\d{3}([.,]\d+)?", token) for token in digits[1:])


def _are_numbers(cells: tuple[str, ...]) -> bool:
    there = [cell for cell in cells if not is_missing(cell)]
    return sum(map(is_number, there)) >= _SURE * len(there) > 0
