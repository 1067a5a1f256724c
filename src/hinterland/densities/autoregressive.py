"""A density by the chain rule: a network gives each column's bin a probability, given the columns before it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.densities.base import Density, Parts
from hinterland.densities.bins import Floats, bin_edges, bin_scores
from hinterland.networks.layers import Dropout
from hinterland.parameters import check_integer, check_number

ROWS_AT_ONCE = 512
"""Rows that are scored at once: what a network makes of them stays in a processor's cache."""

PSEUDO_COUNT = 0.5
"""Rows that each bin has beside those that are counted: no bin is impossible."""


class AutoregressiveDensity(Density, name="autoregressive"):
    """Masked autoregressive network over the bins of columns (MADE; Germain and others, ICML 2015, equations 2 to 14).

    -log p(x) = -sum_j log p(b_j | x_i of the columns i before j), in nats, where b_j is the bin of column j and the
    columns come in an order of chance. One pass of the network gives all the conditionals: its weights are masked, so
    that the outputs of a column see none but the columns before it. Bins part a column's training values evenly, more
    finely at both ends (``hinterland.densities.bins``), so that a rare value, an unusual range and a combination that
    breaks what the columns have to do with each other are all unlikely. The network sees each column as its value, as
    the normal score of its bin, and as sines of both at random frequencies (Rahimi and Recht, NeurIPS 2007), without
    which a smooth network cannot tell near values apart. A share of each conditional is the column's own
    distribution, so that no energy is absurd.

    Parameters
    ----------
    n_features : number D of columns.
    n_bins : most bins of a column, with one below and one above all training values.
    width : of both hidden layers.
    n_frequencies : sines of each column's value, and of its score.
    frequency : standard deviation of the frequencies.
    dropout : of the last hidden layer, while training.
    marginal_share : share of the column's own distribution in each conditional.
    generator : source of the order, the frequencies, the initial weights and the dropout.
    """

    recordable = True
    edges: Tensor
    scores: Tensor
    log_marginals: Tensor
    order: Tensor
    frequencies: Tensor
    phases: Tensor

    def __init__(
        self,
        n_features: int,
        n_bins: int = 32,
        *,
        width: int = 128,
        n_frequencies: int = 6,
        frequency: float = 2.0,
        dropout: float = 0.1,
        marginal_share: float = 0.01,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_integer("n_bins", n_bins, least=8)
        check_integer("width", width, least=1)
        check_integer("n_frequencies", n_frequencies, least=0)
        check_number("frequency", frequency, above=0)
        check_number("dropout", dropout, least=0, below=1)
        check_number("marginal_share", marginal_share, above=0, below=1)
        self.n_features = n_features
        self.n_bins = n_bins
        self.width = width
        self.n_frequencies = n_frequencies
        self.marginal_share = marginal_share
        self.settings: dict[str, Any] = {
            "n_features": n_features,
            "n_bins": n_bins,
            "width": width,
            "n_frequencies": n_frequencies,
            "frequency": frequency,
            "dropout": dropout,
            "marginal_share": marginal_share,
        }
        inputs = self.inputs_a_column * n_features
        shape = (2, n_frequencies, n_features)
        self.register_buffer("order", torch.randperm(n_features, generator=generator))
        # In place: on the meta device, where files are read, torch imports its compiler for a product that is not.
        self.register_buffer("frequencies", torch.randn(shape, generator=generator).mul_(frequency))
        self.register_buffer("phases", torch.rand(shape, generator=generator).mul_(2 * math.pi))
        self.register_buffer("edges", torch.full((n_features, n_bins - 1), math.nan, dtype=torch.float64))
        self.register_buffer("scores", torch.full((n_features, n_bins), math.nan, dtype=torch.float64))
        self.register_buffer("log_marginals", torch.full((n_features, n_bins), math.nan, dtype=torch.float64))
        self.first = nn.Parameter(_normal((width, inputs), inputs, generator))
        self.first_bias = nn.Parameter(torch.zeros(width))
        self.second = nn.Parameter(_normal((width, width), width, generator))
        self.second_bias = nn.Parameter(torch.zeros(width))
        self.last = nn.Parameter(torch.zeros(n_features * n_bins, width))
        self.last_bias = nn.Parameter(torch.zeros(n_features * n_bins))
        self.dropout = Dropout(dropout, generator)
        self._made: tuple[Tensor, Tensor, Tensor] | None = None

    @property
    def inputs_a_column(self) -> int:
        """Numbers that the network sees of each column."""
        return 2 * (1 + self.n_frequencies)

    def check_stored(self) -> None:
        """Raise ValueError where edges fall, probabilities do not sum to one, or the order is none."""
        if bool((self.edges.diff(dim=1) < 0).any()):
            raise ValueError("an autoregressive density has edges of bins that fall")
        shares = self.log_marginals.double().exp().sum(1)
        if not torch.allclose(shares, torch.ones_like(shares), atol=1e-3):
            raise ValueError("an autoregressive density has shares of bins that do not sum to 1")
        if not torch.equal(self.order.sort().values.cpu(), torch.arange(self.n_features)):
            raise ValueError("an autoregressive density has an order that is no order of its columns")

    def compute_in_single_precision(self) -> None:
        """See ``Density``; a value's bin is found in double precision."""
        for parameter in self.parameters():
            parameter.data = parameter.data.float()
        self.frequencies, self.phases = self.frequencies.float(), self.phases.float()

    def estimate(self, parts: Parts) -> None:
        """Store bins and how likely each is by itself, from features (n, D); the network then gives just that."""
        columns = torch.cat([features for features, _ in parts()]).double().cpu().numpy()
        for j, values in enumerate(columns.T):
            edges = bin_edges(values, self.n_bins)
            held = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
            counts: Floats = held.astype(np.float64) + PSEUDO_COUNT
            # Bins that the column has no need of lie empty between the last edge and itself; above it is the last bin.
            spare = self.n_bins - len(counts)
            counts = np.concatenate([counts[:-1], np.full(spare, 1e-9), counts[-1:]])
            edges = np.concatenate([edges, np.full(spare, edges[-1])])
            self.edges[j] = torch.from_numpy(edges)
            self.scores[j] = torch.from_numpy(bin_scores(counts))
            self.log_marginals[j] = torch.from_numpy(np.log(counts / counts.sum()))
        with torch.no_grad():
            self.last_bias.copy_(self.log_marginals.flatten())

    def bins(self, features: Tensor) -> Tensor:
        """Bin of each value (D, n), of features (n, D)."""
        return torch.searchsorted(self.edges, features.T.contiguous().to(self.edges), right=True)

    def energy(self, features: Tensor) -> Tensor:
        """Energy in nats (n,): minus the logarithm of the probability of a row's bins."""
        return self.energy_of_parts(self.energy_parts(features))

    def energy_parts(self, features: Tensor) -> Tensor:
        """What each column adds to the energy (n, D), in nats: how unlikely its bin is, given the columns before it."""
        parts = (features,) if torch.compiler.is_exporting() else features.split(ROWS_AT_ONCE)
        found = torch.cat([self.parts_of_bins(part, self.bins(part)) for part in parts])
        # A product's last bits hang on where a row stands among the others, and rows that are alike are to stay alike.
        return found + (found.round(decimals=8) - found).detach()  # the gradient passes

    def parts_of_bins(self, features: Tensor, bins: Tensor) -> Tensor:
        """What each column adds to the energy (n, D), of features (n, D) whose bins (D, n) are known."""
        logits = self._logits(features, bins)
        there = logits.gather(1, bins[:, None])[:, 0] - torch.logsumexp(logits, 1)
        alone = self.log_marginals.gather(1, bins)
        share = self.marginal_share
        return -torch.logaddexp(there + math.log1p(-share), alone.to(there) + math.log(share)).T

    def _logits(self, features: Tensor, bins: Tensor) -> Tensor:
        """Logits (D, n_bins, n) of all conditionals: rows lie along the last axis, by which every step is fast."""
        kind = self.first.dtype
        seen = torch.stack([features.T.to(kind), self.scores.gather(1, bins).to(kind)], 1)[:, :, None]
        frequencies, phases = (wave.permute(2, 0, 1)[..., None] for wave in (self.frequencies, self.phases))
        inputs = torch.cat([seen, torch.addcmul(phases, seen, frequencies).sin_()], 2).flatten(0, 2)
        masks = self._masks(inputs)
        first, second, last = self.first * masks[0], self.second * masks[1], self.last * masks[2]
        hidden = nn.functional.silu(torch.addmm(self.first_bias[:, None], first, inputs))
        hidden = hidden + nn.functional.silu(torch.addmm(self.second_bias[:, None], second, hidden))
        logits = torch.addmm(self.last_bias[:, None], last, self.dropout(hidden))
        return logits.view(self.n_features, self.n_bins, -1)

    def _masks(self, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Masks of the three layers' weights, 1 or 0, made once for a kind of number and a device."""
        if self._made is None or self._made[0].dtype != like.dtype or self._made[0].device != like.device:
            # A hidden unit sees columns up to its degree; a column's output sees units of lower degree than its place.
            degrees = torch.arange(self.width, device=like.device) * max(1, self.n_features - 1) // self.width
            first = degrees[:, None] >= self.order.repeat_interleave(self.inputs_a_column)
            last = self.order.repeat_interleave(self.n_bins)[:, None] > degrees
            self._made = (first.to(like), (degrees[:, None] >= degrees).to(like), last.to(like))
        return self._made


def _normal(shape: tuple[int, int], inputs: int, generator: torch.Generator | None) -> Tensor:
    """Initial weights of a layer of so many inputs (He and others, 2015)."""
    return torch.randn(shape, generator=generator).mul_(math.sqrt(2 / inputs))
