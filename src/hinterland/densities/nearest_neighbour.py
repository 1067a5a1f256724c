"""The distance to the nearest of stored rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hinterland.densities.base import Density, Parts
from hinterland.densities.nearest_search import FirstCopies, Search, search_among
from hinterland.parameters import check_integer

LAST_BITS = 1e-9
"""Share of a feature by which two that are the same may differ."""

KNOWN_SHARE = 0.05
"""Where so many stored rows equal another, a row that equals a stored one is known, and not that row itself."""

FEWEST_TO_REPEAT = 100
"""Of fewer stored rows it cannot be told whether rows repeat, and each is taken not to know itself."""


class NearestNeighbour(Density, name="nearest_neighbour"):
    """Distance to the nearest of up to ``n_references`` rows, whose logarithm is the density's but for its unit.

    The density that the nearest of n points implies at distance r falls as 1 / (n r^D) (Loftsgaarden and Quesenberry,
    Annals of Mathematical Statistics, 1965, k = 1), so that r orders rows as its negative logarithm does. The energy
    is r itself, in the features' unit and not in nats.

    A row that equals a stored one is either that row or one like it. Among rows that hardly ever repeat it is taken
    for that row itself and judged by the others: what was stored does not know itself. Among rows that do repeat (one
    of twenty and more) it is known, and its energy is 0.

    Parameters
    ----------
    n_features : width D of the features.
    n_references : most rows that are stored; of more they are taken evenly spread.
    rows_repeat : whether a row that equals a stored one is known; learnt by ``estimate``.
    generator : of nothing; all densities take one.
    """

    references: Tensor

    def __init__(
        self,
        n_features: int,
        n_references: int = 4096,
        *,
        rows_repeat: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_integer("n_references", n_references, least=1)
        self.n_features = n_features
        self.n_references = n_references
        self.rows_repeat = rows_repeat
        self.settings: dict[str, Any] = {
            "n_features": n_features,
            "n_references": n_references,
            "rows_repeat": rows_repeat,
        }
        self.register_buffer(
            "references", torch.full((n_references, n_features), torch.nan, dtype=torch.float64)
        )
        self._search: tuple[tuple[int, int], Search] | None = None

    def estimate(self, parts: Parts) -> None:
        """Store rows of all features (n, D), as ``store`` does."""
        self.store(torch.cat([features for features, _ in parts()]))

    def store(self, features: Tensor) -> Tensor:
        """Store rows of features (n, D), evenly spread, and whether they repeat.

        Returns
        -------
        Distance (n_references,) of each to the nearest of the others: its energy as if it were new.
        """
        self.n_references = self.settings["n_references"] = min(self.n_references, len(features))
        places = torch.arange(self.n_references, device=features.device) * len(features) // self.n_references
        self.references = features[places].to(self.references)
        self._search, self.rows_repeat = None, False  # new rows may lie where the old ones lay
        nearest = self._nearest(self.references, stored=True)
        repeated = self._itself(self.references, nearest).double().mean()
        self.rows_repeat = self.settings["rows_repeat"] = (
            self.n_references >= FEWEST_TO_REPEAT and float(repeated) >= KNOWN_SHARE
        )
        self._search = None if self.rows_repeat else self._search
        return (self.references - self.references[nearest]).square().sum(1).sqrt()

    def energy(self, features: Tensor) -> Tensor:
        """Distance (n,) of features (n, D) to the nearest reference."""
        return self.energy_of_parts(self.energy_parts(features))

    def energy_parts(self, features: Tensor) -> Tensor:
        """Squared difference to the nearest reference by feature (n, D): the energy is the root of their sum."""
        return (features - self.references[self.nearest(features)]).square()

    def energy_of_parts(self, parts: Tensor) -> Tensor:
        """The root of the sum (n,) of squared differences (n, D)."""
        return parts.sum(1).sqrt()

    def nearest(self, features: Tensor) -> Tensor:
        """Number (n,) of the reference that is nearest to features (n, D).

        Where rows do not repeat, one of the references that equal a row but for last bits is passed over, if there
        are others.
        """
        return self._nearest(features, stored=False)

    def _nearest(self, features: Tensor, *, stored: bool) -> Tensor:
        """Of ``stored`` rows, which are the references, the nearest among the others."""
        if self.n_references == 1:
            return torch.zeros_like(features[:, 0], dtype=torch.long)
        if torch.compiler.is_exporting():
            return self._in_a_graph(features)
        with torch.no_grad():
            features, search = features.to(self.references), self._searched()
            if stored:
                return search.nearest(features, torch.arange(len(features), device=features.device))
            nearest = search.nearest(features)
            if not self.rows_repeat:
                passed = self._itself(features, nearest)
                nearest[passed] = search.nearest(features[passed], nearest[passed])
            return nearest

    def _searched(self) -> Search:
        """What searches the references, made once for those that are stored."""
        version = (self.references.data_ptr(), self.references._version)
        if self._search is None or self._search[0] != version:
            # Where a row that equals a reference is known, no reference is left out, and copies only take time.
            search = FirstCopies(self.references) if self.rows_repeat else search_among(self.references)
            self._search = (version, search)
        return self._search[1]

    def _in_a_graph(self, features: Tensor) -> Tensor:
        """As ``_nearest`` of rows that are not stored, of any number and without a choice by what they hold."""
        distances = torch.addmm(self.references.square().sum(1), features, self.references.T, alpha=-2)
        nearest = distances.argmin(1)
        if self.rows_repeat:
            return nearest
        itself = torch.arange(self.n_references, device=features.device) == nearest[:, None]
        passed = itself & self._itself(features, nearest)[:, None]
        return distances.masked_fill(passed, torch.inf).argmin(1)

    def _itself(self, features: Tensor, nearest: Tensor) -> Tensor:
        """Rows (n,) that equal their nearest but for last bits."""
        others = self.references[nearest]
        return ((features - others).abs() <= LAST_BITS * (1 + others.abs())).all(1)
