"""Words that stand for a missing value: some in any column, others only among numbers, times or truth values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def missing_mask(texts: Any, *, among_values: bool, more: Collection[str] = ()) -> Any:
    """Tell which texts (n,) stand for a missing value, as a boolean Arrow array without nulls; null is missing.

    Blanks around a token do not count, nor does case among values.

    Parameters
    ----------
    texts : Arrow array of text, plain or chunked.
    among_values : whether the column is otherwise numbers, times or truth values, where ``?``, ``-`` or ``unknown``
        are missing too; in a column of categories these may be levels.
    more : tokens that the user adds, missing in any column whatever their case. They are compared as text: read
        ``-200`` by the column's number format and compare values to find ``-200,0`` as well.
    """
    raise NotImplementedError


def without_missing(texts: Any, *, among_values: bool, more: Collection[str] = ()) -> Any:
    """Give texts (n,) with null where ``missing_mask`` says so; the others as they are written."""
    raise NotImplementedError


def missing_counts(texts: Any, *, among_values: bool, more: Collection[str] = ()) -> dict[str, int]:
    """Count the missing tokens as written but for blanks around, the most frequent first; null counts as empty, ``""``."""
    raise NotImplementedError
