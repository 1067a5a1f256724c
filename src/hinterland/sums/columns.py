"""Mean, variance and range of columns as sums that add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinterland.parameters import check_number

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ColumnSums:
    """Statistics of rows (n, d), column by column; missing values, NaN, count for nothing in their column.

    Squares are taken about each set's own mean, and addition moves them (Chan, Golub and LeVeque, 1979), so that a
    column far off zero loses no digits.

    Attributes
    ----------
    counts : (d,), values that are there; no whole numbers once some were forgotten.
    means : (d,); 0 where no value is.
    squares : (d,), summed squared deviations from the means.
    least, greatest : (d,); infinity, and minus infinity, where no value is.

    Examples
    --------
    >>> halves = ColumnSums.of([[1.0], [2.0]]) + ColumnSums.of([[6.0]])
    >>> halves.means.tolist(), round(float(halves.deviations[0]), 4)
    ([3.0], 2.1602)
    """

    counts: Floats
    means: Floats
    squares: Floats
    least: Floats
    greatest: Floats

    @classmethod
    def of(cls, rows: npt.ArrayLike) -> ColumnSums:
        """Count rows (n, d), n >= 0."""
        matrix = np.asarray(rows, np.float64)
        if matrix.ndim != 2:
            raise ValueError(f"rows must have shape (n, d), got shape {matrix.shape}")
        there = ~np.isnan(matrix)
        counts = there.sum(0).astype(np.float64)
        means = np.where(there, matrix, 0.0).sum(0) / np.maximum(counts, 1.0)
        apart = np.where(there, matrix - means, 0.0)
        means = means + apart.sum(0) / np.maximum(counts, 1.0)  # what the first sum's rounding lost
        squares = np.where(there, matrix - means, 0.0)
        return cls(
            counts,
            means,
            np.square(squares).sum(0),
            np.where(there, matrix, np.inf).min(0, initial=np.inf),
            np.where(there, matrix, -np.inf).max(0, initial=-np.inf),
        )

    def __add__(self, other: ColumnSums) -> ColumnSums:
        """Statistics of both sets of rows together."""
        counts = self.counts + other.counts
        share = other.counts / np.where(counts > 0, counts, 1.0)
        shift = other.means - self.means
        return ColumnSums(
            counts,
            self.means + share * shift,
            self.squares + other.squares + self.counts * share * np.square(shift),
            np.minimum(self.least, other.least),
            np.maximum(self.greatest, other.greatest),
        )

    def forgotten(self, share: float) -> ColumnSums:
        """Let each row count for less by a share in [0, 1]; least and greatest stay, but of no rows there are none."""
        check_number("share", share, least=0, most=1)
        if share == 1:
            return ColumnSums.of(np.empty((0, len(self.counts))))
        kept = 1.0 - share
        return ColumnSums(kept * self.counts, self.means, kept * self.squares, self.least, self.greatest)

    @property
    def variances(self) -> Floats:
        """Variance (d,) of each column, over as many as there are; 0 where no value is."""
        return self.squares / np.where(self.counts > 0, self.counts, 1.0)

    @property
    def deviations(self) -> Floats:
        """Standard deviation (d,)."""
        return np.sqrt(self.variances)
