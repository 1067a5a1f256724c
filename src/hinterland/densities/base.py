"""The contract of a density: features in, energy out, with statistics that add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import torch
from torch import Tensor, nn

from hinterland.networks.base import Dropout, layers


class Summary(Protocol):
    """Sufficient statistics of a set of rows; those of two sets add to those of both."""

    def __add__(self, other: Any, /) -> Self:
        """Statistics of both sets together."""
        ...


class Density(nn.Module):
    """Base of the densities over composite features (n, n_features).

    ``settings`` holds every constructor argument as JSON-able values. A density is used in two ways. While
    training jointly, ``batch_energy`` estimates its parameters on the batch itself, with gradient. Afterwards
    ``freeze`` stores parameters made from the summed statistics of all training rows, and ``energy`` uses
    these alone, so that a row's energy never depends on its company.
    """

    n_features: int
    settings: dict[str, Any]

    def batch_energy(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Energies of a batch in nats (n,), under parameters estimated on it, and the penalty on these (scalar)."""
        raise NotImplementedError

    def summarize(self, features: Tensor, memberships: Tensor | None = None) -> Summary:
        """Sufficient statistics of rows, under the density's own memberships unless others are given."""
        raise NotImplementedError

    def freeze(self, summary: Any) -> None:
        """Store the parameters that the statistics of all training rows give."""
        raise NotImplementedError

    def energy(self, features: Tensor) -> Tensor:
        """Energy in nats (n,), from the stored parameters; higher is more anomalous."""
        raise NotImplementedError

    def diagnostics(self) -> Mapping[str, float]:
        """Numbers worth a line in the training history; none by default."""
        return {}


class MembershipNetwork(nn.Module):
    """DAGMM's estimation network: features (n, D) to memberships (n, K), softmax(MLP(z)), rows summing to one."""

    def __init__(
        self,
        n_features: int,
        n_components: int,
        hidden: Sequence[int],
        dropout: float,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        *body, last = layers([n_features, *hidden, n_components], "tanh", generator)
        self.logits = nn.Sequential(*body, Dropout(dropout, generator), last)

    def forward(self, features: Tensor) -> Tensor:
        """Return memberships in float64."""
        # Components lie along the last axis of a transposed view: softmax along a short contiguous axis is slow.
        return torch.softmax(self.logits(features).T, 0, dtype=torch.float64).T
