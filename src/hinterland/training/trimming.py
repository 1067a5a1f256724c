"""Trimming: which of unlabelled rows to train on, where some may be anomalies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEWEST_ROWS = 50
"""Of fewer rows each is needed."""


def usual(rows: npt.NDArray[np.float64], share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Tell which rows (n, d) stay, (n,), when the oddest ``share`` of them goes.

    How odd a row is says an isolation forest (Liu, Ting and Zhou, ICDM 2008): it looks at small samples, in which the
    anomalies of a dense group are few, where a density of all rows takes such a group for usual.
    """
    if not share or len(rows) < FEWEST_ROWS:
        return np.ones(len(rows), bool)
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(random_state=seed).fit(rows)
    oddness = -forest.score_samples(rows)
    kept: npt.NDArray[np.bool_] = oddness <= np.quantile(oddness, 1 - share)
    return kept
