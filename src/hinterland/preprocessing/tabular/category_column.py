"""A column of categories, one-hot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.preprocessing.tabular.number_column import LEARNT_ROWS, LEARNT_SHARE, MISSING, is_learnt

Matrix = npt.NDArray[np.float32]

UNSEEN, RARE = "=<unseen>", "=<rare>"
ROWS_PER_RARE = 40
"""Up to ``LEARNT_ROWS`` of these many training rows, a level needs a row of each to have a column of its own."""


@dataclass
class CategoryColumn:
    """A category, one-hot: two different levels are at squared distance 2.

    Levels too rare for a column of their own share one, where they are common enough together. Levels never seen in
    training count as rare. What no column stands for, be it rare, unseen or missing, is written *apart*: the same
    small negative number in all columns, at squared distance 2 to 4 from every level. So no column is constant in
    training, and whatever comes is odd by a bounded amount.

    Models of hinterland before 0.2 have a column for unseen values, always 0 in training (``apart`` is False).
    """

    kind: ClassVar[str] = "category"
    typical: str
    categories: list[str]
    rare: list[str]
    has_missing: bool
    apart: bool = False
    has_rare: bool = False
    _known: pa.Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._known = pa.array([*self.categories, *self.rare], pa.large_string())

    @classmethod
    def fit(cls, texts: pa.Array, min_frequency: float | None, max_categories: int | None) -> CategoryColumn:
        """Learn from Arrow text, null where missing, at least one value there.

        ``min_frequency`` and ``max_categories`` mean what they mean in scikit-learn's OneHotEncoder, the columns of
        missing values left out of the count; exactly ``max_categories`` values all keep theirs. Ties go to the name
        that sorts first. A share also asks for a few rows: five, fewer in a table of under 200 rows; where there are
        more than ``max_categories`` values, as of customers, it is at least ``LEARNT_SHARE``: dozens of columns that
        are hardly ever 1 would make every row that has one odd.
        """
        counted = pc.value_counts(texts.drop_null())
        counts = dict(
            zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        )
        return cls.of_counts(counts, texts.null_count, min_frequency, max_categories)

    @classmethod
    def of_counts(
        cls,
        counts: Mapping[str, int],
        n_missing: int,
        min_frequency: float | None,
        max_categories: int | None,
    ) -> CategoryColumn:
        """Learn from how many rows have each value, at least one, and how many have none."""
        n_rows = sum(counts.values()) + n_missing
        ranked = sorted(counts, key=lambda value: (-counts[value], value))
        floor = min_frequency or 0
        if 0 < floor < 1:
            if max_categories is not None and len(ranked) > max_categories:
                floor = max(floor, LEARNT_SHARE)
            floor = max(floor * n_rows, min(LEARNT_ROWS, n_rows / ROWS_PER_RARE))
        n_kept = sum(counts[value] >= floor for value in ranked)
        if max_categories is not None and n_kept + (n_kept < len(ranked)) > max_categories:
            n_kept = max_categories - 1
        n_rare_rows = sum(counts[value] for value in ranked[n_kept:])
        # Without any other column the rare ones need theirs.
        has_rare = n_rare_rows > 0 and (n_kept == 0 or is_learnt(n_rare_rows, n_rows))
        return cls(
            ranked[0],
            sorted(ranked[:n_kept]),
            sorted(ranked[n_kept:]),
            is_learnt(n_missing, n_rows),
            apart=True,
            has_rare=has_rare,
        )

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        own = [f"={category}" for category in self.categories]
        if not self.apart:
            return own + [RARE] * bool(self.rare) + [MISSING] * self.has_missing + [UNSEEN]
        return own + [RARE] * self.has_rare + [MISSING] * self.has_missing

    def encode(self, texts: pa.Array, out: Matrix) -> None:
        """Write the one-hot columns."""
        codes = pc.fill_null(pc.index_in(texts, value_set=self._known), -1).to_numpy(zero_copy_only=False)
        n_own, width = len(self.categories), out.shape[1]
        lit = np.minimum(codes, n_own)  # the rare ones come after the categories
        missing = texts.is_null().to_numpy(zero_copy_only=False)
        out[:] = 0
        if not self.apart:
            lit[codes < 0] = width - 1
            if self.has_missing:
                lit[missing] = width - 2
            out[np.arange(len(out)), lit] = 1
            return
        nowhere = -1
        lit[(codes < 0) | (codes >= n_own)] = n_own if self.has_rare else nowhere
        lit[missing] = width - 1 if self.has_missing else nowhere
        out[np.arange(len(out)), lit] = 1
        out[lit == nowhere] = -(width**-0.5)
