"""Columns that say the same as the one rows were selected by: a second label, which a model must not see."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MOST_VALUES = 100
"""A column of more different values may tell any two groups of rows apart without saying anything."""
LEAST_ROWS_A_VALUE = 3
EXPLAINED = 0.95
"""Share of the smaller group that a column must get right to say the same."""
MOST_ROWS = 200_000
"""Of a longer table the first and last rows of an even stride are looked at for columns that say the same."""


class SecondLabels(NamedTuple):
    """Names of columns: those left with a single value of several, and others that tell the rows apart."""

    single: list[str]
    telling: list[str]


def second_labels(table: pa.Table, chosen: npt.NDArray[np.bool_]) -> SecondLabels:
    """Find columns of a table, without the one that rows were ``chosen`` by (n,), that say which were.

    A column tells them apart where each of its values goes with chosen rows alone or with others alone, but for one in
    twenty of the smaller group.
    """
    if chosen.all() or not chosen.any():
        return SecondLabels([], [])
    stride = -(-len(chosen) // MOST_ROWS)
    places = np.arange(0, len(chosen), stride)
    single, telling = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_nested(column.type):
            continue
        if _is_constant(column.filter(pa.array(chosen))):
            if not _is_constant(column):
                single.append(name)
        elif _tells(column.take(pa.array(places)) if stride > 1 else column, chosen[places]):
            telling.append(name)
    return SecondLabels(single, telling)


def _is_constant(column: pa.ChunkedArray) -> bool:
    """Whether all values are the same, or all are missing."""
    if len(pc.unique(column.slice(0, 1_000))) > 1:
        return False
    return len(pc.unique(column)) == 1


def _tells(column: pa.ChunkedArray, chosen: npt.NDArray[np.bool_]) -> bool:
    if len(pc.unique(column.slice(0, 10_000))) > MOST_VALUES:
        return False
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    n_values = len(encoded.dictionary)
    if n_values > min(MOST_VALUES, len(chosen) / LEAST_ROWS_A_VALUE):
        return False
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    of_chosen = np.bincount(codes[chosen], minlength=n_values)
    of_others = np.bincount(codes[~chosen], minlength=n_values)
    wrong = int(np.minimum(of_chosen, of_others).sum())
    wrong += int(np.sum(of_chosen + of_others == 1))  # a value seen once says nothing
    return wrong <= (1 - EXPLAINED) * min(int(chosen.sum()), int((~chosen).sum()))
