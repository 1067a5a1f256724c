"""Detectors: the named methods, each a short recipe over networks, densities and training."""

from hinterland.detectors.base import Detector
from hinterland.detectors.dagmm import DAGMM
from hinterland.detectors.deep_mixture import DeepMixture

__all__ = ["DAGMM", "DeepMixture", "Detector"]
