"""Mixtures: what those of Gaussians and of Laplacians share."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, Self, TypeVar

import torch
from torch import Tensor, nn

from hinterland.densities.base import Density
from hinterland.networks.layers import Dropout, layers
from hinterland.parameters import check_integer, check_number, check_widths

CHUNK_ENTRIES = 2**19
"""Entries (rows x components x features) that are worked on at once: a chunk stays in the processor's cache."""

SMALLEST_WEIGHT = 1e-30
"""A component's total membership is kept above this: a dead component weighs nothing and breaks nothing."""


class Summary(Protocol):
    """Sufficient statistics of a set of rows; those of two sets add to those of both."""

    def __add__(self, other: Any, /) -> Self:
        """Statistics of both sets together."""
        ...


S = TypeVar("S", bound=Summary)


def total(summaries: Iterable[S]) -> S:
    """Statistics of all sets together."""
    return functools.reduce(operator.add, summaries)


class Mixture(Density):
    """Base of the mixtures of K components over composite features.

    A member implements ``batch_energy``, ``estimate`` and ``component_log_densities``, and names the buffers that
    ``estimate`` stores beside ``weights`` (K,) and ``means`` (K, D) in ``buffer_shapes``.

    Parameters
    ----------
    n_features : width D of the features.
    n_components : number K of components. One may lose all its members without harm.
    covariance_floor : share of each feature's variance that every component's variance is raised by.
    hidden : widths of the estimation network's hidden layers; None for no estimation network, where
        memberships are the posterior of the stored parameters (expectation-maximisation).
    dropout : before the estimation network's last layer, while training.
    generator : source of the initial weights and of the dropout.
    """

    weights: Tensor
    means: Tensor

    def __init__(
        self,
        n_features: int,
        n_components: int = 4,
        *,
        covariance_floor: float = 1e-6,
        hidden: Sequence[int] | None = (10,),
        dropout: float = 0.5,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_integer("n_components", n_components, least=1)
        check_number("covariance_floor", covariance_floor, above=0)
        check_widths("hidden", hidden, optional=True)
        check_number("dropout", dropout, least=0, below=1)
        self.n_features = n_features
        self.n_components = n_components
        self.covariance_floor = covariance_floor
        self.settings = {
            "n_features": n_features,
            "n_components": n_components,
            "covariance_floor": covariance_floor,
            "hidden": None if hidden is None else list(hidden),
            "dropout": dropout,
        }
        self.estimation = (
            None
            if hidden is None
            else MembershipNetwork(n_features, n_components, hidden, dropout, generator)
        )
        for name, shape in self.buffer_shapes().items():
            self.register_buffer(name, torch.full(shape, math.nan, dtype=torch.float64))

    def batch_energy(self, features: Tensor, counts: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Energies of a batch in nats (n,), under parameters estimated on it, and the penalty on these (scalar).

        With gradient, for training jointly with a network. ``counts`` (n,) is how much each row counts in the
        estimates; 1 where not given. A row that does not count has its energy all the same.
        """
        raise NotImplementedError

    def buffer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what ``estimate`` stores, by name."""
        return {"weights": (self.n_components,), "means": (self.n_components, self.n_features)}

    def check_stored(self) -> None:
        """Raise ValueError unless the weights are shares."""
        if bool((self.weights < 0).any()) or not 0 < float(self.weights.sum()) < 2:
            raise ValueError("a mixture's weights are no shares of its components")

    def component_log_densities(self, features: Tensor) -> Tensor:
        """Log of weight times density of each stored component at features (n, D), in nats, (K, n)."""
        raise NotImplementedError

    def memberships(self, features: Tensor) -> Tensor:
        """Memberships (n, K): the estimation network's, or the posterior of the stored parameters."""
        if self.estimation is not None:
            memberships: Tensor = self.estimation(features)
            return memberships
        return self.posterior(features)

    def posterior(self, features: Tensor) -> Tensor:
        """Memberships (n, K) that the stored parameters give."""
        return torch.softmax(self.component_log_densities(features), 0).T

    def counted_memberships(self, features: Tensor, counts: Tensor | None) -> Tensor:
        """Memberships (n, K) by which a batch's rows count in its estimates, in float64."""
        gamma = self.memberships(features).double()
        return gamma if counts is None else gamma * counts.to(gamma)[:, None]

    def energy(self, features: Tensor) -> Tensor:
        """Energy in nats (n,) under the stored parameters."""
        return torch.cat(
            [-torch.logsumexp(self.component_log_densities(part), 0) for part in self.chunks(features)]
        )

    def chunks(self, features: Tensor) -> tuple[Tensor, ...]:
        """Consecutive parts of features (n, D), of a size that is fast to work on; all of them in an exported graph."""
        if torch.compiler.is_exporting():
            return (features,)
        parts: tuple[Tensor, ...] = features.split(
            max(1, CHUNK_ENTRIES // (self.n_components * self.n_features))
        )
        return parts


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
