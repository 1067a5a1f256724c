"""Detectors: the named methods, each a short recipe over networks, densities and training. A shelf."""

from typing import Any

from hinterland.detectors.base import DETECTORS, Detector
from hinterland.detectors.cadgmm import CADGMM
from hinterland.detectors.cance import CANCE
from hinterland.detectors.cluster_and_retrain import ClusterAndRetrain
from hinterland.detectors.contrastive_scorer import ContrastiveScorer
from hinterland.detectors.dagmm import DAGMM
from hinterland.detectors.deep_mixture import DeepMixture
from hinterland.detectors.deuad import DEUAD
from hinterland.detectors.positive_unlabelled import PositiveUnlabelled
from hinterland.detectors.surprisal import Surprisal

__all__ = [
    "CADGMM",
    "CANCE",
    "DAGMM",
    "DETECTORS",
    "DEUAD",
    "ClusterAndRetrain",
    "ContrastiveScorer",
    "DeepMixture",
    "Detector",
    "PositiveUnlabelled",
    "Surprisal",
]


def __getattr__(name: str) -> Any:
    """Give a member of the shelf that is not named here."""
    if name[:1].isupper() and name in (members := DETECTORS.members()):
        return members[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
