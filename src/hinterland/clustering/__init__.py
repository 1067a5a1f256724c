"""Clusterings: rows to groups of like rows. A shelf; its members are called by name, as ``k_means``."""

from hinterland.clustering.base import CLUSTERINGS, NOISE, Clustering, check_clustering
from hinterland.clustering.distribution import DistributionClustering
from hinterland.clustering.gaussian_mixture import GaussianMixtureClustering
from hinterland.clustering.hdbscan import HDBSCANClustering
from hinterland.clustering.k_means import KMeansClustering
from hinterland.clustering.selection import Selection, select_compact

__all__ = [
    "CLUSTERINGS",
    "NOISE",
    "Clustering",
    "DistributionClustering",
    "GaussianMixtureClustering",
    "HDBSCANClustering",
    "KMeansClustering",
    "Selection",
    "check_clustering",
    "select_compact",
]
