"""HDBSCAN: clusters of any density, and rows that belong to none."""

from __future__ import annotations

import numpy as np

from hinterland.clustering.base import Clustering, sample
from hinterland.parameters import check_integer
from hinterland.threads import in_order


class HDBSCANClustering(Clustering, name="hdbscan"):
    """scikit-learn's HDBSCAN on at most ``most_rows`` rows; any other row goes where its nearest one of these went.

    Parameters
    ----------
    min_cluster_size : fewest rows of a cluster (of those that clusters are learnt from).
    most_rows : rows that clusters are learnt from: in 100 columns 10,000 take half a minute, and twice as many four
        times that.
    """

    def __init__(self, *, min_cluster_size: int = 5, most_rows: int = 10_000) -> None:
        check_integer("min_cluster_size", min_cluster_size, least=2)
        check_integer("most_rows", most_rows, least=min_cluster_size)
        self.min_cluster_size = min_cluster_size
        self.most_rows = most_rows

    def cluster(
        self, rows: np.ndarray, generator: np.random.Generator, start: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (n,) of rows (n, d); see ``Clustering``. It has no use for ``start``."""
        from sklearn.cluster import HDBSCAN
        from sklearn.neighbors import NearestNeighbors

        size = min(self.min_cluster_size, len(rows))
        chosen = sample(len(rows), self.most_rows, generator)
        with in_order():
            model = HDBSCAN(min_cluster_size=size, min_samples=size, copy=True).fit(rows[chosen])
            labels: np.ndarray = model.labels_.astype(np.int64)
            if len(chosen) == len(rows):
                return labels
            near = NearestNeighbors(n_neighbors=1).fit(rows[chosen]).kneighbors(rows, return_distance=False)
        of_rows: np.ndarray = labels[near[:, 0]]
        return of_rows
