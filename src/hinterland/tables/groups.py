"""Which group each row belongs to, by the values of a column: the same from any file that holds them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from hinterland.tables.matching import BLANK, NUMBER, fold
from hinterland.tables.vocabulary import Vocabulary

MISSING = "(missing)"
"""The group of rows without a value."""

Names = npt.NDArray[np.str_]


def group_names(column: Any) -> Names:
    """Name of each row's group, (n,), from a column of Arrow.

    Case and blanks at the ends do not count, and numbers are equal by value, so that ``01``, ``1`` and ``1.0`` are one
    group; rows without a value are one of their own.

    Raises
    ------
    TableError
        For a column of a type that has no text.
    """
    vocabulary = Vocabulary()
    vocabulary.add(column)
    return named(vocabulary)


def named(vocabulary: Vocabulary) -> Names:
    """Name of each row's group, of a column that was gathered."""
    return np.array([_name(value) for value in vocabulary.values], np.str_)[vocabulary.codes()]


def _name(value: str | None) -> str:
    folded = "" if value is None else fold(value)
    if folded in BLANK:
        return MISSING
    if not NUMBER.fullmatch(folded):
        return folded
    number = Decimal(folded)
    if not number:
        return "0"
    number = number.normalize()
    return f"{number:f}" if -20 <= number.adjusted() <= 20 else str(number)
