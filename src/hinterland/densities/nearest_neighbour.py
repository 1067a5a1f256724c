"""The distance to the nearest of stored rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hinterland.densities.base import Density, Parts
from hinterland.parameters import check_integer

ENTRIES_AT_ONCE = 2**21
"""Distances that are held at once: 16 MiB of float64."""


class NearestNeighbour(Density, name="nearest_neighbour"):
    """Distance to the nearest of up to ``n_references`` rows, whose logarithm is the density's but for its unit.

    The density that the nearest of n points implies at distance r falls as 1 / (n r^D) (Loftsgaarden and Quesenberry, Annals of
    Mathematical Statistics, 1965, k = 1), so that r orders rows as its negative logarithm does. The energy is r itself, in the
    features' unit and not in nats: 0 at a reference.

    Parameters
    ----------
    n_features : width D of the features.
    n_references : rows that are stored; of more they are taken evenly spread, of fewer some twice.
    """

    references: Tensor

    def __init__(self, n_features: int, n_references: int = 4096) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_integer("n_references", n_references, least=1)
        self.n_features = n_features
        self.n_references = n_references
        self.settings: dict[str, Any] = {"n_features": n_features, "n_references": n_references}
        self.register_buffer("references", torch.full((n_references, n_features), torch.nan, dtype=torch.float64))

    def estimate(self, parts: Parts) -> None:
        """Store rows of all features (n, D), evenly spread."""
        features = torch.cat([features for features, _ in parts()])
        places = torch.arange(self.n_references, device=features.device) * len(features) // self.n_references
        self.references = features[places].to(self.references)

    def energy(self, features: Tensor) -> Tensor:
        """Distance (n,) of features (n, D) to the nearest reference."""
        return self.energy_parts(features).sum(1).sqrt()

    def energy_parts(self, features: Tensor) -> Tensor:
        """Squared difference to the nearest reference by feature (n, D): the energy is the root of their sum."""
        return (features - self.references[self.nearest(features)]).square()

    def nearest(self, features: Tensor, left_out: Tensor | None = None) -> Tensor:
        """Number (n,) of the reference that is nearest to features (n, D), but for one each that is ``left_out`` (n,)."""
        found = []
        with torch.no_grad():
            squares = self.references.square().sum(1)
            size = max(1, ENTRIES_AT_ONCE // len(squares))
            for start in range(0, len(features), size):
                # The row's own square is the same to all references.
                distances = torch.addmm(squares, features[start : start + size], self.references.T, alpha=-2)
                if left_out is not None:
                    distances.scatter_(1, left_out[start : start + size, None], torch.inf)
                found.append(distances.argmin(1))
        return torch.cat(found)

    def energy_of_references(self) -> Tensor:
        """Energy (n_references,) that each reference has by the others; infinite where there is none."""
        own = torch.arange(len(self.references), device=self.references.device)
        if len(own) == 1:
            return torch.full_like(self.references[:, 0], torch.inf)
        others = self.references[self.nearest(self.references, own)]
        return (self.references - others).square().sum(1).sqrt()
