"""The label-probability head: features to the probability of being labelled, read as an energy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from hinterland.densities.base import Density, Parts
from hinterland.networks.layers import layers
from hinterland.parameters import check_integer, check_widths

LEVELS = 129
"""Quantiles that are kept of each feature."""


class LabelProbability(Density, name="label_probability"):
    """h(z), the probability that a row of features z is labelled, by a network on where they lie among all rows.

    Each feature is replaced by its position among the quantiles of all training rows: composite features crowd in some
    places and reach far in others, and a network on standardised ones would not tell the crowded values apart.

    Where the labelled rows are a random share alpha of the normal rows, p(normal | z) = h(z) / alpha. The energy is
    -log(2 h(z) / alpha), in nats: above zero where a row is more likely anomalous than normal, which is the rule
    h(z) < alpha / 2 (methods.md section 3.6, after Elkan and Noto, KDD 2008). It is trained by
    ``hinterland.training.positive_unlabelled``, not jointly with a network.

    Parameters
    ----------
    n_features : width D of the features.
    hidden : widths of the hidden layers.
    generator : source of the initial weights.
    """

    needs_labels = True
    quantiles: Tensor
    labelling_rate: Tensor

    def __init__(
        self, n_features: int, hidden: Sequence[int] = (32, 32), *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_widths("hidden", hidden)
        self.n_features = n_features
        self.settings = {"n_features": n_features, "hidden": list(hidden)}
        self.logit = nn.Sequential(*layers([n_features, *hidden, 1], "silu", generator))
        self.register_buffer("quantiles", torch.full((n_features, LEVELS), math.nan, dtype=torch.float64))
        self.register_buffer("labelling_rate", torch.full((), math.nan, dtype=torch.float64))

    def estimate(self, parts: Parts) -> None:
        """Store the quantiles of each feature over all rows."""
        rows = torch.cat([features.double() for features, _ in parts()]).sort(0).values
        places = torch.linspace(0, len(rows) - 1, LEVELS, device=rows.device).round().long()
        self.quantiles = rows[places].T.contiguous()

    def compute_in_single_precision(self) -> None:
        """See ``Density``; a feature's place among the quantiles is found in double precision."""
        self.logit.float()

    def check_stored(self) -> None:
        """Raise ValueError unless quantiles rise and the labelling rate is positive."""
        if bool((self.quantiles.diff(dim=1) < 0).any()) or not float(self.labelling_rate) > 0:
            raise ValueError("a label probability has quantiles that fall, or a labelling rate not above 0")

    def positions(self, features: Tensor) -> Tensor:
        """Where features (n, D) lie among the stored quantiles, in float64, from -sqrt(3) to sqrt(3): of variance 1.

        Between two quantiles linear, on several equal ones their middle, beyond the last that one.
        """
        x = features.double().T.contiguous()
        first, last = self.quantiles[:, :1], self.quantiles[:, -1:]
        x = torch.minimum(torch.maximum(x, first), last)
        left = torch.searchsorted(self.quantiles, x.detach())
        right = torch.searchsorted(self.quantiles, x.detach(), right=True)
        above = left.clamp(1, LEVELS - 1)
        low, high = self.quantiles.gather(1, above - 1), self.quantiles.gather(1, above)
        between = above - 1 + (x - low) / torch.where(high > low, high - low, 1.0)
        place = torch.where(right > left, (left + right - 1) / 2, between)
        return (math.sqrt(3) * (2 * place / (LEVELS - 1) - 1)).T

    def log_probability(self, features: Tensor) -> Tensor:
        """Log h(z) of features (n, D), (n,)."""
        return logsigmoid(self.logits(self.positions(features)))

    def logits(self, positions: Tensor) -> Tensor:
        """Logits (n,) of positions (n, D)."""
        logits: Tensor = self.logit(positions.to(next(self.parameters()).dtype))[:, 0]
        return logits

    def energy(self, features: Tensor) -> Tensor:
        """Energy -log(2 h / alpha) in nats (n,), by the stored labelling rate alpha."""
        return torch.log(self.labelling_rate / 2) - self.log_probability(features).double()
