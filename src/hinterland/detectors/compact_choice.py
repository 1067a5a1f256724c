"""What DEUAD and ClusterAndRetrain share: training on rows of compact clusters, which are chosen again and again."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

from hinterland.clustering import CLUSTERINGS, Clustering, check_clustering
from hinterland.clustering.selection import PERCENTILES_OVER, PercentileOver
from hinterland.detectors import parameters as shared
from hinterland.parameter_table import Parameterised, parameter
from hinterland.parameters import choice, number, options, whole
from hinterland.training.cluster_and_retrain import CompactRows

SHARE = number(above=0, below=1)
P0 = "share that the first choice leaves out, the clusters of the greatest variance, in (0, 1)."
P = "share that the later choices leave out; less than ``p0``, as the features have got better."


class FewerClustersWarning(UserWarning):
    """There are fewer rows than clusters asked for; a smaller number of clusters is taken."""


class CompactChoice(Parameterised):
    """The choice's parameters, as both detectors take them, and what chooses."""

    # fmt: off
    p0: float = parameter(0.35, SHARE, P0)
    p: float = parameter(0.3, SHARE, P)
    percentile_over: PercentileOver = parameter("clusters", choice(*PERCENTILES_OVER),
        "what ``p0`` and ``p`` are shares of: the ``clusters``, each counting one, or their ``rows``, and then the "
        "assumed shares of anomalies; the cluster that crosses is kept.")
    clustering: str = parameter("gaussian_mixture", shared.member(CLUSTERINGS),
        "how rows are clustered: ``gaussian_mixture``, ``k_means``, ``hdbscan`` or ``distribution``.")
    clustering_options: Mapping[str, Any] | None = parameter(None, options,
        'options of that clustering by name, such as ``{"covariance": "diag"}``.')
    first_clustering: str | None = parameter(None, shared.member(CLUSTERINGS, optional=True),
        "how rows are clustered for the first choice; None for ``clustering`` with its options.")
    first_clustering_options: Mapping[str, Any] | None = parameter(None, options,
        "options of the first clustering, where one is named.")
    n_clusters: int = parameter(20, whole(least=1),
        "clusters, for clusterings that are told; of fewer rows there are fewer clusters, with a warning.")
    min_cluster_size: int = parameter(5, whole(least=2),
        "a cluster of fewer rows is left out, whatever its variance.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_clustering("clustering", self.clustering, self.clustering_options or {})
        if self.first_clustering is not None:
            check_clustering("first_clustering", self.first_clustering, self.first_clustering_options or {})
        elif self.first_clustering_options:
            raise ValueError(
                "first_clustering_options must be None where first_clustering is, "
                f"got {self.first_clustering_options!r}"
            )

    def _compact_rows(self, n_rows: int, seed: int) -> CompactRows:
        """What chooses among the rows to train on."""
        later = self._clustering(n_rows, self.clustering, self.clustering_options)
        first = later
        if self.first_clustering is not None:
            first = self._clustering(n_rows, self.first_clustering, self.first_clustering_options)
        return CompactRows(
            first,
            later,
            first_dropped=self.p0,
            later_dropped=self.p,
            min_cluster_size=self.min_cluster_size,
            seed=seed,
            percentile_over=self.percentile_over,
        )

    def _clustering(self, n_rows: int, name: str, options: Mapping[str, Any] | None) -> Clustering:
        """A clustering with the detector's own parameters, so far as it has them, under the options.

        Of fewer rows than clusters there are as many clusters as can have ``min_cluster_size`` rows; it warns of that.
        """
        make = CLUSTERINGS.named(name)
        known = inspect.signature(make).parameters
        own = {key: getattr(self, key) for key in ("n_clusters", "min_cluster_size") if key in known}
        settings = {**own, **(options or {})}
        if settings.get("n_clusters", 0) > n_rows:
            fewer = max(1, n_rows // self.min_cluster_size)
            warnings.warn(
                f"{n_rows} rows are too few for n_clusters={settings['n_clusters']}: they are put into {fewer}, so "
                f"that a cluster can have min_cluster_size={self.min_cluster_size} rows",
                FewerClustersWarning,
                stacklevel=6,
            )
            settings["n_clusters"] = fewer
        clustering: Clustering = make(**settings)
        return clustering
