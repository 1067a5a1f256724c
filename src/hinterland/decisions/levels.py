"""The step-up procedure over the levels that p-values take: a table of any length in two passes and bounded memory.

Conformal p-values of n calibration rows take n + 1 levels at most, so the number of rows at each level says all that a
selection needs. One pass counts them, ``Levels.cut`` finds the largest p-value that is flagged, and a second pass
compares. The same code selects from an array.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hinterland.parameters import check_choice, check_number

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

METHODS = {
    "bh": "Benjamini and Hochberg's step-up",
    "storey": "Benjamini and Hochberg's step-up at a level divided by Storey's estimate of the share of normal rows",
}
STOREY_FROM = 0.5
"""p-values above this count as those of normal rows in Storey's estimate."""

MOST_LEVELS = 1_000_000
ROUNDING = 1 + 1e-12
"""Products a rounding error above a bound count as equal to it."""


class Cut(NamedTuple):
    """Largest p-value that is flagged (0 for none), rows that have it or less, and the normal share reckoned with."""

    threshold: float
    n_flagged: int
    normal_share: float


class Levels:
    """How many rows have each p-value; grows by batches, in any order.

    Examples
    --------
    >>> levels = Levels().add([0.01, 0.5]).add([0.02, 0.9])
    >>> levels.cut(0.1)
    Cut(threshold=0.02, n_flagged=2, normal_share=1.0)
    """

    def __init__(self) -> None:
        self.p: Values = np.empty(0)
        self.counts: Counts = np.empty(0, np.int64)

    @property
    def n_rows(self) -> int:
        """Rows counted so far."""
        return int(self.counts.sum())

    def add(self, p: npt.ArrayLike) -> Levels:
        """Count the rows of a batch, p-values (m,), and give back the same object.

        Raises
        ------
        ValueError
            For p-values out of (0, 1], or so many different ones that they cannot be conformal.
        """
        values, counts = np.unique(check_p(p), return_counts=True)
        return self.join(values, counts)

    def join(self, p: npt.ArrayLike, counts: npt.ArrayLike) -> Levels:
        """Count rows that were counted elsewhere, ``counts`` (levels,) of p-values (levels,); errors as ``add``."""
        values, new = check_p(p), np.asarray(counts, np.int64)
        if new.shape != values.shape or (new < 0).any():
            raise ValueError(f"counts must be one for each of {len(values)} p-values, and not below 0")
        self.p, where = np.unique(np.concatenate([self.p, values]), return_inverse=True)
        joined = np.zeros(len(self.p), np.int64)
        np.add.at(joined, where, np.concatenate([self.counts, new]))
        self.counts = joined
        if len(self.p) > MOST_LEVELS:
            raise ValueError(
                f"p must hold few different values, as conformal p-values do, got more than {MOST_LEVELS:,}"
            )
        return self

    def normal_share(self, method: str) -> float:
        """Share of normal rows that a method reckons with: 1, or Storey's estimate, which may be above 1.

        (1 + #{p > c}) / ((1 - c) m), with c as ``STOREY_FROM``; Storey, Taylor and Siegmund, 2004. That it is not
        cut off at 1 is what the proof of the procedure needs.
        """
        check_choice("method", method, list(METHODS))
        if method == "bh" or not len(self.p):
            return 1.0
        return float((1 + self.counts[self.p > STOREY_FROM].sum()) / ((1 - STOREY_FROM) * self.n_rows))

    def q_values(self, method: str = "bh") -> Values:
        """Smallest false-discovery rate at which each level is flagged, (levels,): rises with ``self.p``, at most 1."""
        share = self.normal_share(method)
        rates = share * self.n_rows * self.p / np.maximum(1, np.cumsum(self.counts))
        return np.minimum(1.0, np.minimum.accumulate(rates[::-1])[::-1])

    def cut(self, fdr: float, method: str = "bh") -> Cut:
        """Cut so that the expected share of false ones among the flagged rows is at most ``fdr``, in (0, 1)."""
        check_number("fdr", fdr, above=0, below=1)
        passing = np.flatnonzero(self.q_values(method) <= fdr * ROUNDING)
        share = self.normal_share(method)
        if not len(passing):
            return Cut(0.0, 0, share)
        last = int(passing[-1])
        return Cut(float(self.p[last]), int(self.counts[: last + 1].sum()), share)


def q_values(p: npt.ArrayLike, method: str = "bh") -> Values:
    """Smallest false-discovery rate at which each row is flagged, (m,), from p-values (m,).

    Examples
    --------
    >>> q_values([0.01, 0.5, 0.03, 0.9]).round(2).tolist()
    [0.04, 0.67, 0.06, 0.9]
    """
    values = check_p(p)
    levels = Levels().add(values)
    return levels.q_values(method)[np.searchsorted(levels.p, values)]


def check_p(p: npt.ArrayLike) -> Values:
    """p-values as float64 (m,), m >= 0, in (0, 1]; the error counts those that are none."""
    array = np.asarray(p)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "fiu"):
        raise ValueError(f"p must hold p-values of shape (m,), got {array.dtype} of shape {array.shape}")
    array = array.astype(np.float64, copy=False)
    bad = np.flatnonzero(~((array > 0) & (array <= 1)))
    if len(bad):
        raise ValueError(
            f"p must hold numbers in (0, 1], but {len(bad)} of {len(array)} are not: first rows {bad[:5].tolist()} "
            f"with {array[bad[:5]].tolist()}"
        )
    return array
