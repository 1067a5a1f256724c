"""Columns of a fitted encoder by sums over more rows than it has seen: those of any parts of a table add.

What a column is, and the shape of a heavy-tailed one, stay as the encoder has learnt them from its rows. Counts,
means, deviations, ranges, truth values and the frequencies of categories become those of all rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.preprocessing.tabular.columns import BooleanColumn, CategoryColumn, Column, NumberColumn
from hinterland.preprocessing.tabular.encoder import TabularEncoder
from hinterland.preprocessing.tabular.number_column import Floats, NumberScale
from hinterland.sums import ColumnSums
from hinterland.tables import read_batch
from hinterland.tables.columns.unreadable import UnreadableValuesError, counted_from

EXACT_SCALES = ("standard", "minmax")
"""Scales of number columns that sums give; the others are ranks."""


@dataclass(frozen=True, eq=False)
class NumberSums:
    """Of a number column: its rows, the sums, and how many values are its typical, its least and its greatest one."""

    n_rows: int
    sums: ColumnSums
    n_typical: int
    n_least: int
    n_greatest: int

    def __add__(self, other: NumberSums) -> NumberSums:
        """Sums over both sets of rows."""
        both, parts = self.sums + other.sums, (self, other)
        return NumberSums(
            self.n_rows + other.n_rows,
            both,
            self.n_typical + other.n_typical,
            sum(part.n_least for part in parts if part.sums.least[0] == both.least[0]),
            sum(part.n_greatest for part in parts if part.sums.greatest[0] == both.greatest[0]),
        )

    @classmethod
    def of(cls, values: Floats, typical: float) -> NumberSums:
        """Count values (n,), NaN where missing."""
        sums = ColumnSums.of(values[:, None])
        marks = (typical, float(sums.least[0]), float(sums.greatest[0]))
        return cls(len(values), sums, *(int(np.count_nonzero(values == mark)) for mark in marks))


@dataclass(frozen=True, eq=False)
class EncoderSums:
    """Sums of the columns that sums can learn, by name: numbers, and counts of values with None for missing ones."""

    numbers: dict[str, NumberSums]
    values: dict[str, Counter[Any]]

    def __add__(self, other: EncoderSums) -> EncoderSums:
        """Sums over both sets of rows."""
        numbers = {name: sums + other.numbers[name] for name, sums in self.numbers.items()}
        return EncoderSums(
            numbers, {name: counts + other.values[name] for name, counts in self.values.items()}
        )


def encoder_sums(encoder: TabularEncoder, batch: pa.Table) -> EncoderSums:
    """Sums of a batch's rows, read as a fitted encoder reads them.

    Raises
    ------
    UnreadableValuesError
        For values that cannot be read; rows are counted from 1 in the batch.
    """
    typed, complaints = read_batch(batch, encoder.readings_)
    if complaints:
        raise UnreadableValuesError(complaints, counted_from(1))
    numbers, values = {}, {}
    for name, column in _columns(encoder).items():
        if isinstance(column, NumberColumn) and column.tail is None and encoder.numbers in EXACT_SCALES:
            numbers[name] = NumberSums.of(typed[name].to_numpy().astype(np.float64), column.typical)
        elif isinstance(column, BooleanColumn | CategoryColumn):
            values[name] = _value_counts(typed[name])
    return EncoderSums(numbers, values)


def with_sums(encoder: TabularEncoder, sums: EncoderSums) -> list[str]:
    """Fit an encoder's columns to the sums of all rows, in place; give the names of those that stay as they are."""
    columns, unchanged = [], []
    for name, column in _columns(encoder).items():
        found: Column | None = None
        if name in sums.numbers:
            found = _number(column, sums.numbers[name], encoder)
        elif name in sums.values:
            found = _counted(column, sums.values[name], encoder)
        if found is None and column.labels:
            unchanged.append(name)
        columns.append(column if found is None else found)
    encoder._set_columns(list(encoder.readings_), columns, list(encoder.readings_.values()))
    return unchanged


def _columns(encoder: TabularEncoder) -> dict[str, Column]:
    return dict(zip(encoder.readings_, encoder.columns_, strict=True))


def _number(column: Column, found: NumberSums, encoder: TabularEncoder) -> NumberColumn | None:
    """The column by its sums; None where they overflow."""
    assert isinstance(column, NumberColumn)
    sums = found.sums
    if not np.isfinite(sums.squares[0]) or not sums.counts[0]:
        return None
    n_there, least, greatest = int(sums.counts[0]), float(sums.least[0]), float(sums.greatest[0])
    return NumberColumn.of_sums(
        column.typical,
        (least, greatest),
        mean=float(sums.means[0]),
        deviation=float(sums.deviations[0]),
        n_others=n_there - found.n_typical,
        n_there=n_there,
        n_rows=found.n_rows,
        are_two=least < greatest and found.n_least + found.n_greatest == n_there,
        numbers=cast(NumberScale, encoder.numbers),
        clip=encoder.clip,
    )


def _value_counts(values: pa.ChunkedArray) -> Counter[Any]:
    counted = pc.value_counts(values.combine_chunks())
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return Counter(dict(pairs))


def _counted(column: Column, counts: Counter[Any], encoder: TabularEncoder) -> Column:
    n_missing, there = counts[None], Counter({value: n for value, n in counts.items() if value is not None})
    if isinstance(column, BooleanColumn):
        return BooleanColumn.of_counts(there[True], there[False], n_missing)
    assert isinstance(column, CategoryColumn)
    return CategoryColumn.of_counts(there, n_missing, encoder.min_frequency, encoder.max_categories)
