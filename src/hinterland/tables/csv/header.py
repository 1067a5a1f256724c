"""Whether a table's first row holds column names or values, and what its columns are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_NUMBER = re.compile(
    r"[-+(]?\s*[$€£¥]?\s*(\d[\d.,'’ ]*|[.,]\d+)(e[-+]?\d+)?\s*[%€$£)]?|0x[0-9a-f]+|[-+]?(inf|infinity)",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ t]+\d.*)?|\d{1,2}([:.])\d\d\3\d\d([.,]\d+)?|\d{1,2}:\d\d\s*([ap]m)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(19|20)\d\d")
_MISSING = {"", "?", "-", "--", ".", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "nat", "<na>"}
_MOST_CELLS = 20_000
_SURE = 0.8
_FEWEST_STEPS = 4


@dataclass(frozen=True)
class Votes:
    """How many columns say that the first row is a header, and how many that it is a row like those below."""

    header: int
    row: int

    @property
    def is_header(self) -> bool:
        """The majority; a header where there is none."""
        return self.header >= self.row

    @property
    def is_clear(self) -> bool:
        """Whether there are votes, and all the same."""
        return (self.header == 0) != (self.row == 0)


def votes(first: Sequence[str], below: Sequence[Sequence[str]]) -> Votes:
    """Compare the first row with those below, all of one width.

    A column of numbers, or of moments, votes for a row if its first cell is one as well, and else for a header; so does
    one whose cells have digits, as CHF 5 or A-17, and the first has none. A column of words votes for a row if its
    first word comes again below, unless the whole first row does, as in joined files.
    """
    n_rows = min(len(below), 3 + _MOST_CELLS // len(first))
    if n_rows == 0:
        is_row = all(map(_kind, first))
        return Votes(header=not is_row, row=is_row)
    header, row, counted = 0, 0, []
    for cell, column in zip(first, zip(*below[:n_rows], strict=True), strict=True):
        there = [other for other in column if not is_missing(other)]
        if is_missing(cell) or not there:
            continue
        kind, kinds = _kind(cell), list(map(_kind, there))
        if kind and kinds.count(kind) >= len(there) / 2:
            counted.append(cell.strip())
        elif len(there) - kinds.count("") >= _SURE * len(there) or _lacks_digits(cell, there):
            header += 1
        elif cell in there:
            row += 1
    if header and list(first) in map(list, below):
        row = 0
    row += len(counted)
    if row == len(counted) and _is_count(counted):
        if header or (_YEAR.fullmatch(counted[0]) and len(counted) < len(first)):  # behind a column's name
            return Votes(header or 1, 0)
        if counted[0] == "0" and row > 2:  # what a frame without names of columns is written with
            return Votes(1, 1)
        if len(counted) >= _FEWEST_STEPS and not any(map(_is_count, below[:n_rows])):  # 400, 410, 420, 430
            return Votes(1, 1)
    return Votes(header, row)


def is_value(cell: str) -> bool:
    """Whether a cell is a number or a moment."""
    return _kind(cell) != ""


def is_number(cell: str) -> bool:
    """Whether a cell is a number."""
    return _kind(cell) == "number"


def _kind(cell: str) -> str:
    """Whether a cell is a moment, a number or, as nothing, none of these."""
    cell = cell.strip()
    return "moment" if _MOMENT.fullmatch(cell) else "number" if _NUMBER.fullmatch(cell) else ""


def _lacks_digits(cell: str, below: Sequence[str]) -> bool:
    """Whether a cell has no digit, and nearly all below have."""
    with_digits = sum(map(_has_digit, below))
    return not _has_digit(cell) and with_digits >= _SURE * len(below)


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def is_missing(cell: str) -> bool:
    """Whether a cell holds nothing, or a usual word for it."""
    return cell.strip().lower() in _MISSING


def _is_count(cells: Sequence[str]) -> bool:
    """Whether there are integers in equal steps: two of them at least where it is 1, else four."""
    if len(cells) < 2 or not all(cell.isascii() and cell.isdigit() and len(cell) < 16 for cell in cells):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(cells)}
    return steps == {1} or (len(steps) == 1 and steps != {0} and len(cells) >= _FEWEST_STEPS)


def distinct_names(cells: Sequence[str]) -> list[str]:
    """Name columns, each as it is written if it can be.

    A column without a name is ``unnamed``; of several with the same name the second is ``name.2``.
    """
    wanted = [cell if cell.strip() else "unnamed" for cell in cells]
    taken, uses, names = set(wanted), Counter[str](), []
    for name in wanted:
        uses[name] += 1
        given = name
        while uses[name] > 1 and given in taken:
            given = f"{name}.{uses[name]}"
            uses[name] += given in taken
        taken.add(given)
        names.append(given)
    return names
