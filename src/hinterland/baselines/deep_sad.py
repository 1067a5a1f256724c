"""Deep SAD: a network that draws rows together around a centre, and known anomalies away from it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.baselines.own import OwnBaseline, train_by_steps
from hinterland.detectors import parameters as shared
from hinterland.labels import ANOMALY, UNLABELLED
from hinterland.networks.layers import layers
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths

LEAST_DISTANCE = 1e-6
"""Added to the squared distance of a labelled row, so that its inverse is finite."""

LEAST_ENTRY = 0.1
"""Of the centre, in size: a unit whose centre is zero is matched by weights of zero."""


class DeepSAD(OwnBaseline, name="DeepSAD"):
    """Deep support vector data description that learns from known anomalies too; energy is the distance to the centre.

    With f the network, c the centre, W its weights, n unlabelled rows x and m rows x' known to be usual (y = 1) or
    anomalous (y = -1), it minimises

        ``(sum |f(x) - c|^2 + label_weight sum (|f(x') - c|^2)^y) / (n + m) + weight_decay |W|^2 / 2``,

    which without known rows is Deep SVDD's. The network has no biases and starts as the encoder of an autoencoder; c is
    the mean of what that makes of the training rows. A row's energy is |f(x) - c|^2.

    References
    ----------
    L. Ruff, R. A. Vandermeulen, N. Goernitz, A. Binder, E. Mueller, K.-R. Mueller and M. Kloft, "Deep Semi-Supervised
    Anomaly Detection", International Conference on Learning Representations (ICLR), 2020. arXiv:1906.02694
    """

    footnote = (
        "Own code; the layers that its authors' code has for the widest of its tables, on pictures too, where theirs "
        "convolve. 5,000 steps of 0.001 each for the autoencoder and the network, for 150 epochs at 0.0001."
    )
    needs_known_anomalies = True

    # fmt: off
    hidden: Sequence[int] = parameter((128, 64), widths(), shared.HIDDEN)
    latent_dim: int = parameter(32, whole(least=1), "width of the latent, in which the centre lies.")
    label_weight: float = parameter(1.0, number(above=0), "of labelled rows beside unlabelled ones (the paper's eta).")
    weight_decay: float = parameter(1e-6, number(least=0), "of the network's squared weights (the paper's lambda).")
    encoder_steps: int = parameter(5_000, whole(least=0), "gradient steps of the autoencoder.")
    steps: int = parameter(5_000, whole(least=1), "gradient steps towards the centre.")
    batch_size: int = parameter(128, whole(least=2), "rows of a gradient step.")
    learning_rate: float = parameter(1e-3, number(above=0), "of Adam's steps.")
    # fmt: on

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        if y is None or not np.any(np.asarray(y) == ANOMALY):
            raise ValueError(
                "Deep SAD needs training rows known to be anomalous (y = -1), and got none: without, it is Deep SVDD"
            )
        sizes = [rows.shape[1], *self.hidden, self.latent_dim]
        self.network_ = unbiased_network(sizes, generator)
        decoder = nn.Sequential(*layers(sizes[::-1], "relu", generator))

        def reconstruction(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            return {"reconstruction": (decoder(self.network_(batch[0])) - batch[0]).square().mean()}

        def description(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            weights = torch.stack([weight.square().sum() for weight in self.network_.parameters()]).sum()
            return {
                "distance": labelled_distances(self.squared(batch[0]), batch[1], self.label_weight).mean(),
                "weights": 0.5 * self.weight_decay * weights,
            }

        if self.encoder_steps:
            train_by_steps(
                [self.network_, decoder], reconstruction, (rows,), self, generator, steps=self.encoder_steps
            )
        self.network_.eval()
        with torch.no_grad():
            self.center_ = away_from_zero(self.network_(rows).mean(0))
        labels = torch.from_numpy(np.array(y, dtype=np.float32))
        train_by_steps([self.network_], description, (rows, labels), self, generator)

    def squared(self, rows: Tensor) -> Tensor:
        """Squared distances (n,) of what the network makes of rows (n, d) to the centre."""
        found: Tensor = (self.network_(rows) - self.center_).square().sum(1)
        return found

    def _scores(self, rows: Tensor) -> Tensor:
        return self.squared(rows)


def labelled_distances(squared: Tensor, y: Tensor, weight: float) -> Tensor:
    """What rows (n,) add to the loss: the squared distance, or of labelled rows ``weight`` times its y-th power."""
    return torch.where(y == UNLABELLED, squared, weight * (squared + LEAST_DISTANCE) ** y)


def away_from_zero(center: Tensor) -> Tensor:
    """The centre with entries of at least ``LEAST_ENTRY`` in size."""
    sign = torch.where(center < 0, -1.0, 1.0)
    return torch.where(center.abs() < LEAST_ENTRY, LEAST_ENTRY * sign, center)


def unbiased_network(sizes: Sequence[int], generator: torch.Generator | None) -> nn.Sequential:
    """Linear layers without biases through ``sizes``, with normalised batches and leaky units between them."""
    parts: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs, bias=False)
        nn.init.xavier_uniform_(layer.weight, generator=generator)
        parts += [layer, nn.BatchNorm1d(outputs, affine=False), nn.LeakyReLU()]
    return nn.Sequential(*parts[:-2])
