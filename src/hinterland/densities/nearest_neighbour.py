"""The distance to the nearest of stored rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hinterland.densities.base import Density, Parts
from hinterland.parameters import check_integer

ENTRIES_AT_ONCE = 2**21
"""Distances that are held at once: 16 MiB of float64."""

LAST_BITS = 1e-9
"""Share of a feature by which two that are the same may differ."""


class NearestNeighbour(Density, name="nearest_neighbour"):
    """Distance to the nearest of up to ``n_references`` rows, whose logarithm is the density's but for its unit.

    The density that the nearest of n points implies at distance r falls as 1 / (n r^D) (Loftsgaarden and Quesenberry,
    Annals of Mathematical Statistics, 1965, k = 1), so that r orders rows as its negative logarithm does. The energy
    is r itself, in the features' unit and not in nats: 0 at a reference.

    Parameters
    ----------
    n_features : width D of the features.
    n_references : most rows that are stored; of more they are taken evenly spread.
    generator : of nothing; all densities take one.
    """

    references: Tensor

    def __init__(
        self, n_features: int, n_references: int = 4096, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_integer("n_references", n_references, least=1)
        self.n_features = n_features
        self.n_references = n_references
        self.settings: dict[str, Any] = {"n_features": n_features, "n_references": n_references}
        self.register_buffer(
            "references", torch.full((n_references, n_features), torch.nan, dtype=torch.float64)
        )

    def estimate(self, parts: Parts) -> None:
        """Store rows of all features (n, D), evenly spread."""
        features = torch.cat([features for features, _ in parts()])
        self.n_references = self.settings["n_references"] = min(self.n_references, len(features))
        places = torch.arange(self.n_references, device=features.device) * len(features) // self.n_references
        self.references = features[places].to(self.references)

    def energy(self, features: Tensor) -> Tensor:
        """Distance (n,) of features (n, D) to the nearest reference."""
        return self.energy_parts(features).sum(1).sqrt()

    def energy_parts(self, features: Tensor) -> Tensor:
        """Squared difference to the nearest reference by feature (n, D): the energy is the root of their sum."""
        return (features - self.references[self.nearest(features)]).square()

    def nearest(self, features: Tensor) -> Tensor:
        """Number (n,) of the reference that is nearest to features (n, D).

        Of references that equal a row, but for last bits, one is taken for that row itself and passed over, if there
        are others. A row that was stored is so judged by the others, and does not know itself.
        """
        found = []
        with torch.no_grad():
            squares = self.references.square().sum(1)
            size = max(1, ENTRIES_AT_ONCE // len(squares))
            for part in (features,) if torch.compiler.is_exporting() else features.split(size):
                # The row's own square is the same to all references.
                distances = torch.addmm(squares, part, self.references.T, alpha=-2)
                nearest = distances.argmin(1)
                own = self.references[nearest]
                itself = ((part - own).abs() <= LAST_BITS * (1 + own.abs())).all(1)
                if len(squares) == 1:
                    pass
                elif torch.compiler.is_exporting():  # a graph has no branches
                    passed_over = torch.arange(len(squares)) == nearest[:, None]
                    nearest = distances.masked_fill(passed_over & itself[:, None], torch.inf).argmin(1)
                elif bool(itself.any()):
                    others = distances[itself].scatter_(1, nearest[itself, None], torch.inf)
                    nearest[itself] = others.argmin(1)
                found.append(nearest)
        return torch.cat(found)
