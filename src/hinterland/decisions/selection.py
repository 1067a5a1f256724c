"""Which rows to look at: as many as can be flagged while the expected share of false ones stays below a bound.

Benjamini and Hochberg's step-up (1995) flags the k rows of smallest p-value, k the largest number with p_(k) <= q k /
m. Conformal p-values share their calibration rows and so are dependent, positively; the expected share of false ones
among the flagged rows is at most q times the share of normal rows all the same (Bates, Candes, Lei, Romano and Sesia,
2023), and by ``storey`` at most q. It is an average over calibration rows and rows scored, not a promise about one
table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinterland.as_html import facts, paragraph
from hinterland.decisions.levels import METHODS, Levels, check_p
from hinterland.decisions.p_values import rows_needed
from hinterland.parameters import check_number

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rule:
    """What a selection found of all rows together: a row is flagged where its p-value is at most ``threshold``.

    Attributes
    ----------
    fdr, method : as asked.
    n_rows, n_flagged : rows seen, and flagged.
    threshold : largest p-value that is flagged; 0 where none is.
    normal_share : share of normal rows that the method reckoned with: 1, or Storey's estimate.
    expected_false : of as many normal rows, so many have such a p-value: about how many of the flagged rows are false.
    least_p, n_least : smallest p-value of the rows, and how many have it.
    smallest_p : smallest p-value that the calibration can give, or None where that is not known.
    """

    fdr: float
    method: str
    n_rows: int
    n_flagged: int
    threshold: float
    normal_share: float
    least_p: float
    n_least: int
    smallest_p: float | None = None

    @property
    def expected_false(self) -> float:
        """Normal rows reckoned with, times the share of them that has such a p-value."""
        return min(float(self.n_flagged), min(1.0, self.normal_share) * self.n_rows * self.threshold)

    @property
    def rows_needed(self) -> int | None:
        """Calibration rows with which the rows of smallest p-value could be flagged; None where they do not lack."""
        lacking = self.n_flagged == 0 and self.n_rows and self.smallest_p is not None
        if not lacking or self.smallest_p is None or self.least_p > self.smallest_p * (1 + 1e-12):
            return None
        return rows_needed(self.n_rows, self.n_least, self.fdr)

    def flags(self, p: npt.ArrayLike) -> Flags:
        """Flag rows by their p-values (m,): the second pass over a table."""
        return check_p(p) <= self.threshold

    def __str__(self) -> str:
        if not self.n_rows:
            return "no rows to select from"
        if self.n_flagged:
            return (
                f"{self.n_flagged:,} of {self.n_rows:,} rows flagged, those of p-values up to {self.threshold:.3g}; "
                f"about {self.expected_false:.2g} of them false, at most {self.fdr:.3g} of the flagged rows expected "
                f"({METHODS[self.method]})"
            )
        text = f"none of {self.n_rows:,} rows can be flagged at a false-discovery rate of {self.fdr:.3g}"
        needed = self.rows_needed
        if needed is None:
            return f"{text}: the smallest p-value, {self.least_p:.3g}, is not small enough for so many rows"
        return (
            f"{text}: {self.n_least:,} have the smallest p-value that the calibration can give, {self.least_p:.3g}; "
            f"to flag so many takes {needed:,} calibration rows"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """Rows that were flagged (m,), and by what rule; an array of booleans where one is wanted.

    Examples
    --------
    >>> import numpy as np
    >>> selection = select([0.001, 0.4, 0.002, 0.9], fdr=0.1)
    >>> selection.flagged.tolist(), selection.n_flagged, np.flatnonzero(selection).tolist()
    ([True, False, True, False], 2, [0, 2])
    """

    flagged: Flags
    rule: Rule

    @property
    def n_flagged(self) -> int:
        """Flagged rows."""
        return self.rule.n_flagged

    @property
    def threshold(self) -> float:
        """Largest p-value that is flagged; 0 where none is."""
        return self.rule.threshold

    @property
    def expected_false(self) -> float:
        """About how many of the flagged rows are false."""
        return self.rule.expected_false

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[np.generic]:
        return np.array(self.flagged, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.flagged)

    def __repr__(self) -> str:
        return f"Selection({self.rule})"

    def _repr_html_(self) -> str:
        rule = self.rule
        cells = {
            "flagged": f"{rule.n_flagged:,} of {rule.n_rows:,}",
            "about so many of them false": f"{rule.expected_false:.2g}",
            "false-discovery rate": f"{rule.fdr:.3g}",
            "largest p-value flagged": f"{rule.threshold:.3g}" if rule.n_flagged else "none",
        }
        return facts(cells) + paragraph(rule)


def select(
    p: npt.ArrayLike, fdr: float = 0.1, *, method: str = "bh", smallest_p: float | None = None
) -> Selection:
    """Flag rows by their p-values (m,), so that at most a share ``fdr`` of the flagged ones is expected to be false.

    Parameters
    ----------
    p : (m,), in (0, 1]; of several groups, each row's against its own, all together: the bound then holds for all of
        them.
    fdr : in (0, 1).
    method : ``bh``, Benjamini and Hochberg's, or ``storey``, which flags more where many rows are anomalous.
    smallest_p : that the calibration can give (``Calibration.smallest_p()``); with it a selection of no row says how
        many calibration rows it would take.

    Raises
    ------
    ValueError
        For p-values or a rate out of their range, or an unknown method.
    """
    values = check_p(p)
    rule = rule_of(Levels().add(values), fdr, method=method, smallest_p=smallest_p)
    return Selection(rule.flags(values), rule)


def rule_of(levels: Levels, fdr: float = 0.1, *, method: str = "bh", smallest_p: float | None = None) -> Rule:
    """Rule for rows whose p-values were counted in a first pass; arguments and errors as those of ``select``.

    Examples
    --------
    >>> batches = [[0.001, 0.4], [0.002, 0.9]]
    >>> levels = Levels()
    >>> for batch in batches:
    ...     _ = levels.add(batch)
    >>> [rule_of(levels, fdr=0.1).flags(batch).tolist() for batch in batches]
    [[True, False], [True, False]]
    """
    check_number("smallest_p", smallest_p, above=0, most=1, optional=True)
    cut = levels.cut(fdr, method)
    there = len(levels.p) > 0
    return Rule(
        fdr=float(fdr),
        method=method,
        n_rows=levels.n_rows,
        n_flagged=cut.n_flagged,
        threshold=cut.threshold,
        normal_share=cut.normal_share,
        least_p=float(levels.p[0]) if there else 1.0,
        n_least=int(levels.counts[0]) if there else 0,
        smallest_p=smallest_p,
    )


__all__ = ["METHODS", "Rule", "Selection", "rule_of", "select"]
