"""Which clusters to train on: those whose rows lie close together."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from hinterland.clustering.base import NOISE

PercentileOver = Literal["clusters", "rows"]
PERCENTILES_OVER = ("clusters", "rows")


class Selection(NamedTuple):
    """Rows of compact clusters, and what can be said of the choice without labels."""

    rows: np.ndarray  # (n,) bool: which rows are selected
    n_clusters: int  # clusters of enough rows
    n_kept: int  # those of them whose rows are selected
    threshold: float  # greatest variance of a kept cluster, or what all of them are below; may be infinite


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
    rows: np.ndarray,
    labels: np.ndarray,
    share_dropped: float,
    min_cluster_size: int = 5,
    over: PercentileOver = "clusters",
) -> Selection:
    """Rows (n, d) of the clusters whose variance is below a percentile of all clusters' variances (DEUAD, eq. 2).

    The threshold is the (100 - p)-th percentile, with p the share dropped. Over ``clusters`` each counts one, the
    percentile is linearly interpolated, and clusters below it are kept: of 20 clusters 10 % keeps 18. Over ``rows``
    each counts as many as it has rows, and clusters are kept from the least variance on until they have the share of
    the rows that is not dropped; the one that crosses is kept whole, so that no more than that share is dropped. A
    cluster of fewer than ``min_cluster_size`` rows counts as one of infinite variance, as its own would be small by
    chance; so does all noise together. Empty clusters do not count.
    """
    sizes, variances = cluster_variances(rows, labels)
    variances = np.where(sizes >= min_cluster_size, variances, np.inf)
    if over == "rows":
        threshold = _crossing(variances, sizes, (1 - share_dropped) * len(rows))
        kept = (variances <= threshold) & np.isfinite(variances)
    else:
        counted = np.sort(variances[sizes > 0])
        if np.any(labels == NOISE):
            counted = np.append(counted, np.inf)
        with np.errstate(invalid="ignore"):  # between two infinities lies NaN, below which is nothing
            threshold = _percentile(counted, 1 - share_dropped)
        kept = variances < threshold
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[labels != NOISE] = kept[labels[labels != NOISE]]
    return Selection(chosen, int(np.isfinite(variances).sum()), int(kept.sum()), threshold)


def _crossing(variances: np.ndarray, sizes: np.ndarray, n_rows: float) -> float:
    """Variance of the cluster with which those of no greater variance have at least so many rows; else infinity."""
    order = np.argsort(variances)
    reached = np.cumsum(sizes[order]) >= n_rows - 1e-9 * n_rows
    return float(variances[order[np.argmax(reached)]]) if reached.any() else np.inf


def _percentile(ascending: np.ndarray, share: float) -> float:
    """The linear quantile, as NumPy's, of at least one number, of which the greatest may be infinite."""
    place = share * (len(ascending) - 1)
    lower = round(place) if abs(place - round(place)) < 1e-9 else int(place)  # 0.7 * 10 is a whole place
    weight = max(0.0, place - lower)
    if weight == 0:
        return float(ascending[lower])
    return float(ascending[lower] + weight * (ascending[lower + 1] - ascending[lower]))
