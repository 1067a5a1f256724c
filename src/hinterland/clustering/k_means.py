"""k-means: as many clusters as asked for, each row in that of the nearest mean."""

from __future__ import annotations

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from hinterland.clustering.base import MOST_ROWS, Clustering, check_enough_rows, sample, usable_start
from hinterland.parameters import check_integer
from hinterland.threads import in_order
from hinterland.warning_filters import ignoring


class KMeansClustering(Clustering, name="k_means"):
    """scikit-learn's k-means; the means are learnt from at most ``most_rows`` rows. There is no noise.

    Parameters
    ----------
    n_clusters : clusters; fewer are filled where fewer rows differ.
    most_rows : rows that the means are learnt from.
    """

    def __init__(self, *, n_clusters: int = 20, most_rows: int = MOST_ROWS) -> None:
        check_integer("n_clusters", n_clusters, least=1)
        check_integer("most_rows", most_rows, least=n_clusters)
        self.n_clusters = n_clusters
        self.most_rows = most_rows

    def cluster(
        self, rows: np.ndarray, generator: np.random.Generator, start: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (n,) of rows (n, d); see ``Clustering``."""
        from sklearn.cluster import KMeans

        check_enough_rows(self.n_clusters, len(rows))
        labels = usable_start(start, self.n_clusters)
        means = None if labels is None else [rows[labels == k].mean(0) for k in range(self.n_clusters)]
        model = KMeans(
            self.n_clusters,
            init="k-means++" if means is None else np.stack(means),
            n_init=1,
            random_state=int(generator.integers(2**31)),
        )
        # Fewer different rows than clusters leave some empty, which is no harm.
        with in_order(), ignoring(ConvergenceWarning):
            model.fit(rows[sample(len(rows), self.most_rows, generator)])
            found: np.ndarray = model.predict(rows).astype(np.int64)
        return found
