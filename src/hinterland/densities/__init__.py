"""Densities: composite features to energy. A shelf; members replace one another."""

from hinterland.densities.base import DENSITIES, Density
from hinterland.densities.contrastive import ContrastiveDensity
from hinterland.densities.gaussian import GaussianMixture
from hinterland.densities.laplacian import LaplacianMixture
from hinterland.densities.mixture import Mixture

__all__ = ["DENSITIES", "ContrastiveDensity", "Density", "GaussianMixture", "LaplacianMixture", "Mixture"]
