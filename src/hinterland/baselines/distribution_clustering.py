"""Distribution clustering alone: how loose a row's cluster is."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hinterland.baselines.own import OwnBaseline
from hinterland.clustering.base import NOISE, unit_length
from hinterland.clustering.distribution import DistributionClustering
from hinterland.clustering.selection import cluster_variances


class DistributionClusteringAlone(OwnBaseline, name="Distribution clustering"):
    """Clusters of one distribution each; energy is the variance of a row's cluster, which DEUAD chooses rows by.

    Rows of no cluster, and of a cluster of fewer than five training rows, are the most anomalous: twice
    the greatest variance of a cluster, or that of all rows where there is none.

    References
    ----------
    Lin et al., "Dimensionality's Blessing: Clustering Images by Underlying Distribution", CVPR, 2018
    """

    footnote = (
        "DEUAD prints a score of its first clustering alone and does not say which; here it is what its clusters are "
        "chosen by, the variance of a row's cluster, so that rows of one cluster tie. Features are not the paper's."
    )

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        table = rows.double().numpy()
        clustering = DistributionClustering()
        draws = np.random.default_rng(generator.initial_seed())
        self.distributions_ = clustering.learn(table, draws)
        labels = self.distributions_.labels(table)
        variances = np.full(max(1, len(self.distributions_.means)), np.nan)
        if (labels != NOISE).any():
            sizes, found = cluster_variances(unit_length(table), labels)
            variances[: len(found)] = np.where(sizes >= clustering.min_cluster_size, found, np.nan)
        alone = 2 * np.nanmax(variances) if np.isfinite(variances).any() else float(table.var(0).sum())
        self.energies_ = np.append(
            np.nan_to_num(variances, nan=alone), alone
        )  # the last is of noise, label -1

    def _scores(self, rows: Tensor) -> Tensor:
        return torch.from_numpy(self.energies_[self.distributions_.labels(rows.double().numpy())])
