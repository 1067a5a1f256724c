"""Densities: composite features to energy. A shelf; members replace one another."""

from hinterland.densities.base import Density
from hinterland.densities.gaussian import GaussianMixture

__all__ = ["Density", "GaussianMixture"]
