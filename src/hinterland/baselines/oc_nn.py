"""One-class neural network: a support vector machine's objective on a hidden layer that is learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.baselines.own import OwnBaseline, train_by_steps
from hinterland.detectors import parameters as shared
from hinterland.networks.layers import linear
from hinterland.networks.mlp import Autoencoder
from hinterland.parameter_table import parameter
from hinterland.parameters import choice, number, whole, widths
from hinterland.training.reconstruction import reconstruction_objective

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
}


class OneClassLayer(nn.Module):
    """Latents z (n, d) to w.g(V z), (n,), of ``n_units`` hidden units without biases."""

    def __init__(
        self,
        latent_dim: int,
        n_units: int,
        activation: Callable[[Tensor], Tensor],
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.V = nn.Parameter(linear(latent_dim, n_units, generator).weight.detach())
        self.w = nn.Parameter(linear(n_units, 1, generator).weight.detach()[0])

    def forward(self, latents: Tensor) -> Tensor:
        """See above."""
        return self.activation(latents @ self.V.t()) @ self.w


class OCNN(OwnBaseline, name="OC-NN"):
    """One-class neural network on the frozen encoder of an autoencoder; energy is how far a row falls short of r.

    With z the latent of a row, it minimises ``|w|^2 / 2 + |V|^2 / 2 + mean max(0, r - w.g(V z)) / nu - r``. For given w
    and V the best r is the nu-quantile of the rows' w.g(V z), and is taken from each batch.

    References
    ----------
    R. Chalapathy, A. K. Menon and S. Chawla, "Anomaly Detection using One-Class Neural Networks", 2018.
    arXiv:1802.06360
    """

    footnote = (
        "Own code after Chalapathy et al. (2018): a sigmoid, and the encoder frozen, as DEUAD describes it; trained on "
        "the rows that all others have. The printed figure is of normal rows, with the activation best on test labels. "
        "Like a support vector machine without a kernel it parts rows from the latent's origin, not from their middle."
    )

    # fmt: off
    hidden: Sequence[int] = parameter((128,), widths(), shared.HIDDEN)
    latent_dim: int = parameter(32, whole(least=1), "width of the latent.")
    n_units: int = parameter(32, whole(least=1), "units of the layer V.")
    activation: Literal["linear", "sigmoid", "relu"] = parameter("sigmoid", choice(*ACTIVATIONS), "g, of that layer.")
    nu: float = parameter(0.1, number(above=0, below=1), "share of the training rows that may fall short of r.")
    encoder_steps: int = parameter(2_000, whole(least=1), "gradient steps of the autoencoder.")
    steps: int = parameter(2_000, whole(least=1), "gradient steps of w and V.")
    batch_size: int = parameter(200, whole(least=1), "rows of a gradient step.")
    learning_rate: float = parameter(1e-3, number(above=0), "of Adam's steps.")
    # fmt: on

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        autoencoder = Autoencoder(
            rows.shape[1], self.hidden, self.latent_dim, activation="relu", generator=generator
        )
        self.encoder_ = autoencoder.encoder
        self.layer_ = OneClassLayer(self.latent_dim, self.n_units, ACTIVATIONS[self.activation], generator)

        def one_class(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            return one_class_terms(self.layer_(batch[0]), self.nu) | {
                "weights": 0.5 * (self.layer_.w.square().sum() + self.layer_.V.square().sum())
            }

        reconstruction = reconstruction_objective(autoencoder)
        train_by_steps([autoencoder], reconstruction, (rows,), self, generator, steps=self.encoder_steps)
        with torch.no_grad():
            latents = self.encoder_(rows)
        train_by_steps([self.layer_], one_class, (latents,), self, generator)
        with torch.no_grad():
            self.r_ = float(torch.quantile(self.layer_(latents), self.nu))

    def _scores(self, rows: Tensor) -> Tensor:
        values: Tensor = self.layer_(self.encoder_(rows))
        return self.r_ - values


def one_class_terms(values: Tensor, nu: float) -> dict[str, Tensor]:
    """Terms of a one-class support vector machine's objective on rows of these values (n,), at the best r for them."""
    r = torch.quantile(values, nu)
    return {"short": torch.relu(r - values).mean() / nu, "margin": -r}
