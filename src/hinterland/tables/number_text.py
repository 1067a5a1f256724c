"""Numbers as people write them: how a column as a whole writes its numbers, and reading them so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes numbers; ``dataclasses.asdict`` is JSON, ``NumberFormat(**that)`` the same again.

    Attributes
    ----------
    decimal : ``.`` or ``,``.
    thousands : mark between groups of digits: ``,``, ``.``, a blank (for every kind of blank), ``'`` (for both kinds of
        apostrophe), or empty where the column showed none.
    unit : what stands before or behind: a currency's sign or code, ``%``, ``kg``...; empty for none.
    unit_first : whether the unit stands before the number.
    bare : whether values without the unit occur as well.
    negative : how negative numbers are written: ``-5``, ``(5)`` or ``5-``. For the description: all three are read.
    hexadecimal : whether some values are written as ``0x1f``.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    unit_first: bool = False
    bare: bool = False
    negative: str = "-5"
    hexadecimal: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether computers write numbers so: ``1234.5``, and nothing about them needs to be said."""
        raise NotImplementedError

    def describe(self) -> str:
        """Say it in words with an example, as ``numbers written as 1.234,50 EUR``."""
        raise NotImplementedError


@dataclass(frozen=True)
class FoundNumbers:
    """What ``find_number_format`` found.

    Attributes
    ----------
    format : the format by which the column is read, or None if these are not numbers.
    reason : why not, or why it is ambiguous, in words for a message; else empty.
    other : where ambiguous, the reading not taken (``1,235`` as 1.235 rather than 1235); else None.
    share : share of the values (weighed by their counts) that the format reads.
    """

    format: NumberFormat | None
    reason: str = ""
    other: NumberFormat | None = None
    share: float = 0.0

    @property
    def is_ambiguous(self) -> bool:
        """Whether the column alone does not settle its decimal mark, so that the reading taken should be said."""
        return self.other is not None


def find_number_format(
    texts: Any,
    counts: Sequence[int] | np.ndarray | None = None,
    *,
    least: float = 1.0,
    decimal: str | None = None,
    delimiter: str | None = None,
) -> FoundNumbers:
    """Decide for a column as a whole how its numbers are written, or that they are none.

    Parameters
    ----------
    texts : the column's distinct texts, without missing tokens (nulls are passed over): Arrow array or list.
    counts : how often each occurs, for ``least`` and ``share``; once each if None.
    least : share of the values that must be numbers; the others are then unreadable.
    decimal : decimal mark of the file's other columns, where one settles it, or as the user said: decides what this
        column leaves open.
    delimiter : what separates the file's fields: a semicolon makes decimal commas likely.
    """
    raise NotImplementedError


def read_numbers(texts: Any, format: NumberFormat) -> tuple[Any, np.ndarray]:
    """Read texts (n,) by a format, missing tokens being null already.

    Infinities come back as such. A thousands mark that the training column did not show is read where it cannot be a
    decimal mark.

    Returns
    -------
    values : float64 Arrow array (n,), null where the text is null or cannot be read; the same text has the same bits
        in any company.
    unreadable : boolean (n,), texts that are no such number.
    """
    raise NotImplementedError
