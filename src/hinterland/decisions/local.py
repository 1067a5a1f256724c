"""The local false-discovery rate: of rows with just such a p-value, the share that is normal; an estimate alone.

    lfdr(p) = share of normal rows / density of all rows' p-values at p,

as normal rows' p-values have density 1 (Efron, Tibshirani, Storey and Tusher, 2001). The density is taken to fall with
p, as it does where smaller p-values are rarer among normal rows; its estimate is then Grenander's (1956), the slopes of
the least concave majorant of the distribution function, found by pooling neighbours. That runs away at the smallest
p-values, where a block may hold a single row. So a block of c rows in which b are expected of normal ones alone counts
as (b + 1) / (c + 1).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from hinterland.decisions.levels import Levels, Values, check_p


def local_fdr(p: npt.ArrayLike) -> Values:
    """Estimate, for each row, the share of normal rows among those with just such a p-value, (m,) in (0, 1].

    It rises with p. Benjamini and Hochberg's rate at p is about the mean of it over the rows with smaller p-values.

    Parameters
    ----------
    p : (m,), in (0, 1]; those of all rows that were scored, conformal and against one calibration.

    Raises
    ------
    ValueError
        For p-values out of their range.

    Examples
    --------
    >>> p = [0.01] * 9 + [0.2, 0.4, 0.6, 0.8, 1.0]
    >>> local_fdr(p).round(2).tolist()[8:]
    [0.11, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    values = check_p(p)
    levels = Levels().add(values)
    if not levels.n_rows:
        return np.empty(0)
    return local_fdr_of(levels)[np.searchsorted(levels.p, values)]


def local_fdr_of(levels: Levels) -> Values:
    """Estimate the local false-discovery rate at each of the counted levels, (levels,)."""
    normal = min(1.0, levels.normal_share("storey"))
    widths = np.diff(levels.p, prepend=0.0)
    blocks = isotonic_regression(levels.counts / widths, weights=widths, increasing=False).blocks
    expected = normal * levels.n_rows * np.add.reduceat(widths, blocks[:-1])
    found = np.add.reduceat(levels.counts, blocks[:-1])
    rates = np.minimum(1.0, (expected + 1) / (found + 1))
    return np.repeat(np.maximum.accumulate(rates), np.diff(blocks))
