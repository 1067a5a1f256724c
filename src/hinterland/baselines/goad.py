"""GOAD: random affine transformations of a row, told apart by the nearest of learnt centres."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from hinterland.baselines.adversarial import MEAN_DECAY, SLOPE
from hinterland.baselines.own import OwnBaseline, train_by_steps
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths

ROWS_AT_ONCE = 64
"""Rows whose transformations are held at once."""


class GOAD(OwnBaseline, name="GOAD"):
    """Tells random affine transformations of a row apart; energy is how badly that goes, in nats.

    A network f takes a row x under transformation m, W_m x + b_m, near a centre c_m and away from those of the others,
    by the triplet loss ``max(0, |f - c_m|^2 + margin - min |f - c_m'|^2)`` and, with a last layer, by cross-entropy.
    f is linear layers without biases, with a leaky unit after each.
    With P(m') in proportion to ``exp(-|f - c_m'|^2) + floor``, a row's energy is the sum of -log P(m) over all m.

    References
    ----------
    L. Bergman and Y. Hoshen, "Classification-Based Anomaly Detection for General Data", International Conference on
    Learning Representations (ICLR), 2020. arXiv:2005.02359
    """

    footnote = (
        "Own code; network, initial weights, width of the transformations, margin, weight, batch and rate as in its "
        "authors' code for small tables. Where no settings are named, 32 transformations for its 256, and 1,500 steps."
    )
    rows_at_once = ROWS_AT_ONCE

    # fmt: off
    n_transformations: int = parameter(32, whole(least=2), "random affine transformations, M.")
    width: int = parameter(32, whole(least=1), "columns of a transformed row.")
    hidden: Sequence[int] = parameter((8,), widths(), "widths of the network's layers, at least one.")
    margin: float = parameter(1.0, number(above=0), "by which the own centre is to be nearer, in squared distance.")
    triplet_weight: float = parameter(0.1, number(least=0), "of the triplet loss beside the cross-entropy.")
    floor: float = parameter(0.0, number(least=0), "what is added to each exp(-|f - c|^2).")
    steps: int = parameter(1_500, whole(least=1), "gradient steps.")
    batch_size: int = parameter(64, whole(least=1), "rows of a gradient step.")
    learning_rate: float = parameter(1e-3, number(above=0), "of Adam's steps.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not len(self.hidden):
            raise ValueError("hidden must have at least one layer: centres are learnt in the last of them")

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        m, d = self.n_transformations, rows.shape[1]
        self.matrices_ = torch.randn(m, d, self.width, generator=generator)
        self.shifts_ = torch.randn(m, 1, self.width, generator=generator)
        self.network_ = nn.Sequential(*unbiased_layers([self.width, *self.hidden], generator))
        head = drawn(self.hidden[-1], m, generator, bias=True)
        own = torch.arange(m)

        def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            features = self.features(batch[0])
            squared = squared_distances(features, features.mean(1))
            logits = head(features.flatten(0, 1))
            return {
                "triplet": self.triplet_weight * triplet_loss(squared, self.margin),
                "cross_entropy": cross_entropy(logits, own.repeat_interleave(len(batch[0]))),
            }

        train_by_steps([self.network_, head], objective, (rows,), self, generator, mean_decay=MEAN_DECAY)
        with torch.no_grad():
            sums = [self.features(part).sum(1) for part in rows.split(ROWS_AT_ONCE)]
            self.centers_ = torch.stack(sums).sum(0) / len(rows)

    def features(self, rows: Tensor) -> Tensor:
        """What the network makes of rows (n, d) under every transformation, (M, n, D)."""
        transformed = rows @ self.matrices_ + self.shifts_
        found: Tensor = self.network_(transformed.flatten(0, 1))
        return found.view(*transformed.shape[:2], -1)

    def _scores(self, rows: Tensor) -> Tensor:
        squared = squared_distances(self.features(rows).double(), self.centers_.double())
        floor = torch.full_like(squared, math.log(self.floor) if self.floor else -math.inf)
        likelihood = torch.logaddexp(-squared, floor)
        unlikely: Tensor = torch.logsumexp(likelihood, 2).sum(0) - likelihood.diagonal(dim1=0, dim2=2).sum(1)
        return unlikely


def drawn(inputs: int, outputs: int, generator: torch.Generator | None, *, bias: bool) -> nn.Linear:
    """A linear layer whose weights are normal, of a deviation for leaky units (Glorot and Bengio's, times sqrt 2)."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs, bias=bias)
    nn.init.xavier_normal_(layer.weight, gain=math.sqrt(2), generator=generator)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer


def unbiased_layers(widths: Sequence[int], generator: torch.Generator | None) -> list[nn.Module]:
    """Linear layers through ``widths``, with a leaky unit after each."""
    parts: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        parts += [drawn(inputs, outputs, generator, bias=False), nn.LeakyReLU(SLOPE)]
    return parts


def squared_distances(features: Tensor, centers: Tensor) -> Tensor:
    """Squared distances (M, n, K) of features (M, n, D) to centres (K, D)."""
    apart: Tensor = (
        features.square().sum(2, keepdim=True) + centers.square().sum(1) - 2 * features @ centers.t()
    )
    return apart.clamp_min(0)


def triplet_loss(squared: Tensor, margin: float) -> Tensor:
    """Mean of ``max(0, own + margin - nearest other)`` over squared distances (M, n, M) to the centres."""
    own = squared.diagonal(dim1=0, dim2=2).t()
    is_own = torch.eye(len(squared), dtype=torch.bool, device=squared.device)[:, None]
    nearest_other = squared.masked_fill(is_own, math.inf).min(2).values
    return torch.relu(own + margin - nearest_other).mean()
