"""The distance to the nearest of stored rows."""

from __future__ import annotations

from typing import Any

import torch
from scipy.spatial import KDTree
from torch import Tensor

from hinterland.densities.base import Density, Parts
from hinterland.parameters import check_integer

ENTRIES_AT_ONCE = 2**21
"""Distances that are held at once: 16 MiB of float64."""

LAST_BITS = 1e-9
"""Share of a feature by which two that are the same may differ."""

KNOWN_SHARE = 0.05
"""Where so many stored rows equal another, a row that equals a stored one is known, and not that row itself."""

FEWEST_TO_REPEAT = 100
"""Of fewer stored rows it cannot be told whether rows repeat, and each is taken not to know itself."""

MOST_IN_A_TREE = 16
"""Features, at most, for which a tree on the processor finds the nearest faster than all distances do: of a view of
eight independent columns and 20,000 references it is as fast, of six 4 times and of ten half as fast."""


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
        self._tree: tuple[tuple[int, int], KDTree] | None = None

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
        self._tree = None  # new rows may lie where the old ones lay
        others = self.references[self._nearest(self.references, stored=True)]
        repeated = _equal(self.references, others).double().mean()
        self.rows_repeat = self.settings["rows_repeat"] = (
            self.n_references >= FEWEST_TO_REPEAT and float(repeated) >= KNOWN_SHARE
        )
        return (self.references - others).square().sum(1).sqrt()

    def energy(self, features: Tensor) -> Tensor:
        """Distance (n,) of features (n, D) to the nearest reference."""
        return self.energy_parts(features).sum(1).sqrt()

    def energy_parts(self, features: Tensor) -> Tensor:
        """Squared difference to the nearest reference by feature (n, D): the energy is the root of their sum."""
        return (features - self.references[self.nearest(features)]).square()

    def nearest(self, features: Tensor) -> Tensor:
        """Number (n,) of the reference that is nearest to features (n, D).

        Where rows do not repeat, one of the references that equal a row but for last bits is passed over, if there
        are others.
        """
        return self._nearest(features, stored=False)

    def _nearest(self, features: Tensor, *, stored: bool) -> Tensor:
        """The nearest by a tree or by all distances; of ``stored`` rows, which are the references, among the others."""
        if self.n_references == 1:
            return torch.zeros_like(features[:, 0], dtype=torch.long)
        if torch.compiler.is_exporting():
            return self._in_a_graph(features)
        find = self._by_tree if self._has_tree(features) else self._by_distances
        with torch.no_grad():
            return find(features, stored)

    def _has_tree(self, features: Tensor) -> bool:
        return features.device.type == "cpu" and self.n_features <= MOST_IN_A_TREE

    def _by_tree(self, features: Tensor, stored: bool) -> Tensor:
        """As ``_nearest``."""
        version = (self.references.data_ptr(), self.references._version)
        if self._tree is None or self._tree[0] != version:
            self._tree = (version, KDTree(self.references.numpy()))
        one = self.rows_repeat and not stored
        found = torch.from_numpy(self._tree[1].query(features.numpy(), k=[1] if one else [1, 2])[1])
        nearest = found[:, 0]
        if one:
            return nearest
        own = torch.arange(len(features)) if stored else None
        passed = self._passed(features, nearest, own)
        return torch.where(passed, found[:, -1], nearest)

    def _by_distances(self, features: Tensor, stored: bool) -> Tensor:
        """As ``_nearest``."""
        squares = self.references.square().sum(1)
        size = max(1, ENTRIES_AT_ONCE // len(squares))
        own = torch.arange(len(features), device=features.device) if stored else None
        found = []
        for start in range(0, len(features), size):
            part = features[start : start + size]
            # The row's own square is the same to all references.
            distances = torch.addmm(squares, part, self.references.T, alpha=-2)
            nearest = distances.argmin(1)
            if stored or not self.rows_repeat:
                passed = self._passed(part, nearest, None if own is None else own[start : start + size])
                others = distances[passed].scatter_(1, nearest[passed, None], torch.inf)
                nearest[passed] = others.argmin(1)
            found.append(nearest)
        return torch.cat(found) if found else torch.zeros(0, dtype=torch.long, device=features.device)

    def _in_a_graph(self, features: Tensor) -> Tensor:
        """As ``_nearest`` of rows that are not stored, of any number and without a choice by what they hold."""
        distances = torch.addmm(self.references.square().sum(1), features, self.references.T, alpha=-2)
        nearest = distances.argmin(1)
        if self.rows_repeat:
            return nearest
        itself = torch.arange(self.n_references, device=features.device) == nearest[:, None]
        passed = itself & self._passed(features, nearest, None)[:, None]
        return distances.masked_fill(passed, torch.inf).argmin(1)

    def _passed(self, features: Tensor, nearest: Tensor, own: Tensor | None) -> Tensor:
        """Rows (n,) whose nearest is the row itself: its ``own`` number where it is known, otherwise what equals it."""
        return nearest == own if own is not None else _equal(features, self.references[nearest])


def _equal(features: Tensor, others: Tensor) -> Tensor:
    """Which rows (n,) are equal but for last bits."""
    return ((features - others).abs() <= LAST_BITS * (1 + others.abs())).all(1)
