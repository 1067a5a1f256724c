"""Detectors: the named methods, each a short recipe over networks, densities and training."""

from hinterland.detectors.base import Detector
from hinterland.detectors.dagmm import DAGMM

__all__ = ["DAGMM", "Detector"]
