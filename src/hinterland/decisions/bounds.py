"""Bounds of a share that was counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

Values = npt.NDArray[np.float64]


def clopper_pearson(hits: npt.ArrayLike, n: int, tail: float) -> tuple[Values, Values]:
    """Lower and upper bounds of the shares behind ``hits`` of ``n``, each missed with probability ``tail`` at most.

    Clopper and Pearson's (1934), quantiles of beta distributions.

    Examples
    --------
    >>> low, high = clopper_pearson([0, 3], 10, tail=0.025)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.067], [0.308, 0.652])
    """
    k = np.asarray(hits, np.float64)
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return low, high
