"""Which clusters to train on: those whose rows lie close together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hinterland.clustering.base import NOISE


class Selection(NamedTuple):
    """Rows of compact clusters, and what can be said of the choice without labels."""

    rows: np.ndarray  # (n,) bool: which rows are selected
    n_clusters: int  # clusters of enough rows
    n_kept: int  # those of them whose rows are selected
    threshold: float  # variance below which a cluster is kept; infinite where all clusters of enough rows are


def cluster_variances(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and variances, each (K,), of the clusters 0 to K - 1 of rows (n, d); noise is left out.

    The variance of a cluster is the mean squared distance of its rows to their mean, which is the trace of their
    covariance, whatever the clustering (DEUAD leaves it open; methods.md section 4). That of no rows is NaN.
    """
    found = labels != NOISE
    own, rows = labels[found], rows[found]
    sizes = np.bincount(own)
    with np.errstate(invalid="ignore"):
        means = np.stack([np.bincount(own, column) for column in rows.T], axis=1) / sizes[:, None]
        squared = np.square(rows - means[own]).sum(1)
        return sizes, np.bincount(own, squared) / sizes


def select_compact(
    rows: np.ndarray, labels: np.ndarray, share_dropped: float, min_cluster_size: int = 5
) -> Selection:
    """Rows (n, d) of the clusters whose variance is below a percentile of all clusters' variances (DEUAD, eq. 2).

    The threshold is the (100 - p)-th percentile, linearly interpolated, over clusters and not over rows, with p the
    share dropped: of 20 clusters 10 % keeps 18. A cluster of fewer than ``min_cluster_size`` rows counts as one of
    infinite variance, as its own would be small by chance; so does all noise together. Empty clusters do not count.
    """
    sizes, variances = cluster_variances(rows, labels)
    variances = np.where(sizes >= min_cluster_size, variances, np.inf)
    counted = np.sort(variances[sizes > 0])
    if np.any(labels == NOISE):
        counted = np.append(counted, np.inf)
    with np.errstate(invalid="ignore"):  # between two infinities lies NaN, below which is nothing
        threshold = _percentile(counted, 1 - share_dropped)
    kept = variances < threshold
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[labels != NOISE] = kept[labels[labels != NOISE]]
    return Selection(chosen, int(np.isfinite(variances).sum()), int(kept.sum()), threshold)


def _percentile(ascending: np.ndarray, share: float) -> float:
    """The linear quantile, as NumPy's, of at least one number, of which the greatest may be infinite."""
    place = share * (len(ascending) - 1)
    lower = round(place) if abs(place - round(place)) < 1e-9 else int(place)  # 0.7 * 10 is a whole place
    weight = max(0.0, place - lower)
    if weight == 0:
        return float(ascending[lower])
    return float(ascending[lower] + weight * (ascending[lower + 1] - ascending[lower]))
