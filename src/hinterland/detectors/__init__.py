"""Detectors: the named methods, each a short recipe over networks, densities and training."""

from hinterland.detectors.base import Detector
from hinterland.detectors.cadgmm import CADGMM
from hinterland.detectors.cance import CANCE
from hinterland.detectors.cluster_and_retrain import ClusterAndRetrain
from hinterland.detectors.contrastive_scorer import ContrastiveScorer
from hinterland.detectors.dagmm import DAGMM
from hinterland.detectors.deep_mixture import DeepMixture
from hinterland.detectors.deuad import DEUAD
from hinterland.detectors.positive_unlabelled import PositiveUnlabelled

__all__ = [
    "CADGMM",
    "CANCE",
    "DAGMM",
    "DEUAD",
    "ClusterAndRetrain",
    "ContrastiveScorer",
    "DeepMixture",
    "Detector",
    "PositiveUnlabelled",
]
