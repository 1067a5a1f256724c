"""
A density of your own
=====================

A class that names itself is on the shelf, and goes into a detector by that name: here the distance from the
median.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

from hinterland import DAGMM, plots
from hinterland.densities import Density


class ToTheMedian(Density, name="to-the-median"):
    """Energy of composite features: how far they are from their medians, in each feature's mean deviations."""

    def __init__(self, n_features, *, generator=None):
        super().__init__()
        self.n_features, self.settings = n_features, {"n_features": n_features}
        self.register_buffer("center", torch.zeros(n_features, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(n_features, dtype=torch.float64))

    def estimate(self, parts):
        """Learn both from all training rows."""
        features = torch.cat([part.double() for part, _ in parts()])
        self.center = features.median(0).values
        self.scale = (features - self.center).abs().mean(0).clamp_min(1e-9)

    def energy(self, features):
        """Energies (n,) of features (n, n_features)."""
        return ((features.double() - self.center) / self.scale).abs().sum(1)


# %%
# The detector trains its network to reconstruct, and fits the density to what that gives.

rng = np.random.default_rng(0)
is_anomaly = np.arange(500) % 20 == 0
X = rng.normal(size=(500, 5)) @ rng.normal(size=(5, 5)) + 5 * is_anomaly[:, None]
detector = DAGMM(density="to-the-median", scoring="energy", epochs=20, random_state=0).fit(X[~is_anomaly])
plots.energy_histogram(detector.energy(X), threshold=-detector.offset_, is_anomaly=is_anomaly)
plt.show()
