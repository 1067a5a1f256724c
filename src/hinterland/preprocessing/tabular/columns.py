"""One small class for each kind of column: learn from training values, then write float32 columns.

Every class has ``fit`` (from values as `hinterland.tables.columns.readings` hands them out), ``labels`` (a
suffix for each output column), ``typical`` (the value an explanation compares with) and
``encode(values, out)``, which fills ``out``, float32 (n, len(labels)), row by row: no row looks at another.

The scales agree: two rows of a standardised number column are at mean squared distance 2, two different
categories at squared distance 2 exactly, two random moments of a day at mean squared distance 2. So no
kind of column outweighs another, and neither the number of categories nor their frequency matters.

No output column is constant in training, but for that of a constant column, or of a category of rare values alone.
What training has shown too rarely to learn from, such as a missing value in a complete column or a category never
seen, is written outside of what training has shown, a little: it is odd, by a bounded amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from hinterland.preprocessing.tabular.category_column import RARE, UNSEEN, CategoryColumn
from hinterland.preprocessing.tabular.number_column import (
    BESIDE,
    CONSTANT_SHARE,
    MISSING,
    Floats,
    Matrix,
    NumberColumn,
    NumberScale,
    is_learnt,
)
from hinterland.preprocessing.tabular.time_column import TimeColumn, TimeOfDayColumn

__all__ = [
    "CONSTANT_SHARE",
    "MISSING",
    "RARE",
    "UNSEEN",
    "BooleanColumn",
    "CategoryColumn",
    "Column",
    "EmptyColumn",
    "IdentifierColumn",
    "LeftOutColumn",
    "NumberColumn",
    "NumberScale",
    "TimeColumn",
    "TimeOfDayColumn",
]


@dataclass
class BooleanColumn:
    """A truth value, as 0 or 1.

    Where enough training values were missing, a missing one takes the more frequent value and a second column says
    so. Where not, it takes ``gap``, on the far side of the more frequent value.
    """

    kind: ClassVar[str] = "boolean"
    typical: bool
    has_missing: bool
    gap: float | None = None

    @classmethod
    def fit(cls, values: Floats) -> BooleanColumn:
        """Learn from float64 (n,) of 0 and 1, NaN where missing."""
        observed = values[~np.isnan(values)]
        n_true = int(observed.sum())
        return cls.of_counts(n_true, observed.size - n_true, values.size - observed.size)

    @classmethod
    def of_counts(cls, n_true: int, n_false: int, n_missing: int) -> BooleanColumn:
        """Learn from how many rows are true, are false and are missing."""
        typical = n_true > n_false
        has_missing = is_learnt(n_missing, n_true + n_false + n_missing)
        gap = 1 + BESIDE if typical else -BESIDE
        return cls(typical, has_missing, None if has_missing else gap)

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        return ["", MISSING] if self.has_missing else [""]

    def encode(self, values: Floats, out: Matrix) -> None:
        """Write 0 or 1 and, where training had missing values, whether the value is missing."""
        missing = np.isnan(values)
        out[:, 0] = np.where(missing, self.typical if self.gap is None else self.gap, values)
        if self.has_missing:
            out[:, 1] = missing


@dataclass
class LeftOutColumn:
    """A column that the model does without: no output column."""

    kind: str
    typical: ClassVar[None] = None
    labels: ClassVar[list[str]] = []

    def encode(self, values: Any, out: Matrix) -> None:
        """Write nothing."""


@dataclass
class IdentifierColumn:
    """Text that tells rows apart, in models saved by earlier versions: no output column."""

    kind: ClassVar[str] = "identifier"
    n_distinct: int
    typical: ClassVar[None] = None
    labels: ClassVar[list[str]] = []

    def encode(self, values: Any, out: Matrix) -> None:
        """Write nothing."""


@dataclass
class EmptyColumn:
    """A column without a value in training, in models saved by earlier versions: 1 where the value is missing."""

    kind: ClassVar[str] = "empty"
    typical: ClassVar[None] = None
    labels: ClassVar[list[str]] = [MISSING]

    def encode(self, missing: npt.NDArray[np.bool_], out: Matrix) -> None:
        """Write whether the value is missing."""
        out[:, 0] = missing


Column = (
    NumberColumn
    | BooleanColumn
    | CategoryColumn
    | TimeColumn
    | TimeOfDayColumn
    | LeftOutColumn
    | IdentifierColumn
    | EmptyColumn
)
