"""A mixture of Gaussians: each row in the cluster of the component that most likely gave it."""

from __future__ import annotations

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from hinterland.clustering.base import (
    MOST_ROWS,
    Clustering,
    check_enough_rows,
    sample,
    standardised,
    usable_start,
)
from hinterland.parameters import check_choice, check_integer, check_number
from hinterland.threads import in_order
from hinterland.warning_filters import ignoring

WIDEST_FULL = 32
"""Rows of more columns get diagonal covariances unless full ones are asked for: wide rows with discrete columns make
full ones singular, and a component would have the square of the width as its parameters."""


class GaussianMixtureClustering(Clustering, name="gaussian_mixture"):
    """scikit-learn's Gaussian mixture, learnt from at most ``most_rows`` rows. There is no noise.

    Columns are standardised first, so that the ridge is a share of each column's variance.

    Parameters
    ----------
    n_clusters : components.
    covariance : ``full``, ``diag``, or None for full ones of rows of up to 32 columns and diagonal ones of wider.
    ridge : share of each column's variance added to every covariance's diagonal.
    iterations : most steps of expectation-maximisation.
    most_rows : rows that the mixture is learnt from.
    """

    def __init__(
        self,
        *,
        n_clusters: int = 20,
        covariance: str | None = None,
        ridge: float = 1e-3,
        iterations: int = 50,
        most_rows: int = MOST_ROWS,
    ) -> None:
        check_integer("n_clusters", n_clusters, least=1)
        check_choice("covariance", covariance, ("full", "diag", None))
        check_number("ridge", ridge, above=0)
        check_integer("iterations", iterations, least=1)
        check_integer("most_rows", most_rows, least=n_clusters)
        self.n_clusters = n_clusters
        self.covariance = covariance
        self.ridge = ridge
        self.iterations = iterations
        self.most_rows = most_rows

    def cluster(
        self, rows: np.ndarray, generator: np.random.Generator, start: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (n,) of rows (n, d); see ``Clustering``."""
        from sklearn.mixture import GaussianMixture

        check_enough_rows(self.n_clusters, len(rows))
        scaled = standardised(rows)
        kind = self.covariance or ("full" if rows.shape[1] <= WIDEST_FULL else "diag")
        labels = usable_start(start, self.n_clusters)
        model = GaussianMixture(
            self.n_clusters,
            covariance_type=kind,
            reg_covar=self.ridge,
            max_iter=self.iterations,
            **({} if labels is None else self._parameters_of(scaled, labels, kind)),
            random_state=int(generator.integers(2**31)),
        )
        # Neither the last nats nor every component are needed to group rows.
        with in_order(), ignoring(ConvergenceWarning):
            model.fit(scaled[sample(len(rows), self.most_rows, generator)])
            found: np.ndarray = model.predict(scaled).astype(np.int64)
        return found

    def _parameters_of(self, scaled: np.ndarray, labels: np.ndarray, kind: str) -> dict[str, np.ndarray]:
        """What scikit-learn's mixture starts from, for clusters that labels (n,) give: weights, means, precisions."""
        groups = [scaled[labels == k] for k in range(self.n_clusters)]
        ridge = self.ridge * np.eye(scaled.shape[1])
        if kind == "full":
            precisions = [
                np.linalg.inv(np.cov(group.T, ddof=0).reshape(ridge.shape) + ridge) for group in groups
            ]
        else:
            precisions = [1 / (group.var(0) + self.ridge) for group in groups]
        return {
            "weights_init": np.array([len(group) for group in groups]) / len(scaled),
            "means_init": np.stack([group.mean(0) for group in groups]),
            "precisions_init": np.stack(precisions),
        }
