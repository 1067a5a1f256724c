"""Quantiles of any number of values in bounded memory, the same in whatever parts and order they are counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinterland.parameters import check_number
from hinterland.thresholds import check_energy

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

DIGITS = 12
"""Binary digits that a value keeps: it is at most one part in 2,048 of itself too large."""

SMALLEST_EXPONENT = -12
"""Values nearer zero than two to this power are told apart by 2^-24 and no finer, so that there are few of them."""


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """Different values (k,), ascending and rounded up, and how many rows have each (k,); they add without any error.

    There are no more values than 4,096 for each power of two that they span and each sign, whatever the number of rows:
    energies between 1 and 1,000 nats take 41,000 at most. As integers are added, the order of addition changes no bit,
    unlike that of a sketch which merges by chance. That values are rounded up, never down, lets p-values err to the
    large side alone.

    Examples
    --------
    >>> counts = ValueCounts.of([1.0, 2.0, 2.0]) + ValueCounts.of([7.0])
    >>> counts.n_rows, counts.quantile(0.5), counts.quantile(1.0)
    (4, 2.0, 7.0)
    """

    values: Floats
    counts: Counts

    @classmethod
    def of(cls, values: npt.ArrayLike) -> ValueCounts:
        """Count values (n,), n >= 0, finite; errors as those of ``hinterland.thresholds.check_energy``."""
        array = np.asarray(values)
        if array.ndim == 1 and not len(array):
            return cls(np.empty(0), np.empty(0, np.int64))
        found, counts = np.unique(rounded_up(check_energy(array, name="values")), return_counts=True)
        return cls(found, counts.astype(np.int64))

    def __add__(self, other: ValueCounts) -> ValueCounts:
        """Counts of both sets of rows together."""
        values, where = np.unique(np.concatenate([self.values, other.values]), return_inverse=True)
        counts = np.zeros(len(values), np.int64)
        np.add.at(counts, where, np.concatenate([self.counts, other.counts]))
        return ValueCounts(values, counts)

    def forgotten(self, share: float) -> ValueCounts:
        """Keep the rows but for a share in [0, 1] of them: every so many in order of their values, so no chance.

        Of n rows, ``round((1 - share) n)`` are kept.
        """
        check_number("share", share, least=0, most=1)
        kept = np.floor((1.0 - share) * np.cumsum(self.counts) + 0.5).astype(np.int64)
        counts = np.diff(kept, prepend=0)
        return ValueCounts(self.values[counts > 0], counts[counts > 0])

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """Smallest value that at least a share of the rows, in [0, 1], does not exceed; at most 1/2,048 too large."""
        check_number("share", share, least=0, most=1)
        if not self.n_rows:
            raise ValueError("no value was counted, so there is no quantile")
        rank = max(1, math.ceil(share * self.n_rows * (1 - 1e-12)))
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])


def rounded_up(values: Floats) -> Floats:
    """Values (n,) to the next that ``DIGITS`` binary digits can hold, up to the largest float."""
    _, exponents = np.frexp(values)
    unit = np.ldexp(1.0, np.maximum(exponents, SMALLEST_EXPONENT) - DIGITS)
    with np.errstate(over="ignore"):
        rounded: Floats = np.minimum(np.ceil(values / unit) * unit, np.finfo(np.float64).max)
    return rounded + 0.0  # no minus zero
