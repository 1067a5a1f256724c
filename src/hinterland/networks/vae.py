"""The variational autoencoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hinterland.networks.base import Encoding, Network, check_sizes
from hinterland.networks.draws import drawn_like
from hinterland.networks.layers import ACTIVATIONS, layers, linear
from hinterland.parameters import check_choice, check_number

LOG_VARIANCE_BOUND = 10.0
"""Log-variances are kept within plus and minus this: exp(10) is a posterior far wider than the prior already."""


class VAE(Network, name="vae"):
    """Variational autoencoder: the latent is a Gaussian a row, N(m(x), diag s(x)^2), drawn towards N(0, I).

    While training, the latent is one draw of it (the reparametrisation of Kingma and Welling, 2014); in evaluation
    mode its mean, so that a row's energy is its own. The penalty is the Kullback-Leibler divergence from N(0, I),
    summed over the latent's entries and averaged over rows, times ``kl_weight`` (methods.md section 3.1).

    Parameters
    ----------
    n_features, hidden, latent_dim, activation : as in ``hinterland.networks.Autoencoder``.
    kl_weight : weight of the divergence beside the mean squared error; None for ``1 / n_features``, with which the
        two are, but for a factor, the negative evidence bound of a decoder of variance 1/2. The public code behind
        the slides on variants of DAGMM takes 1.
    scored_latent : ``mean``, or ``sample``: draw the latent in evaluation mode too, as that code does. Energies are
        then random, and a row's energy is no longer its own; for reproduction only.
    generator : source of the initial weights and of the draws.
    """

    recordable = True

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int] = (60, 30, 10),
        latent_dim: int = 1,
        *,
        activation: str = "tanh",
        kl_weight: float | None = None,
        scored_latent: str = "mean",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_sizes(n_features, hidden, latent_dim, activation)
        check_number("kl_weight", kl_weight, least=0, optional=True)
        check_choice("scored_latent", scored_latent, ("mean", "sample"))
        self.n_features = n_features
        self.latent_dim = latent_dim
        self.settings = {
            "n_features": n_features,
            "hidden": list(hidden),
            "latent_dim": latent_dim,
            "activation": activation,
            "kl_weight": kl_weight,
            "scored_latent": scored_latent,
        }
        self.kl_weight = 1 / n_features if kl_weight is None else kl_weight
        self.scored_latent = scored_latent
        self.rows_alone = scored_latent == "mean"
        self.generator = generator
        widths = [n_features, *hidden]
        body = layers(widths, activation, generator)
        self.body = nn.Sequential(*body, ACTIVATIONS[activation]()) if hidden else nn.Identity()
        self.mean = linear(widths[-1], latent_dim, generator)
        self.log_variance = linear(widths[-1], latent_dim, generator)
        self.decoder = nn.Sequential(*layers([latent_dim, *widths[::-1]], activation, generator))

    def forward(self, x: Tensor) -> Encoding:
        """Encode and reconstruct rows (n, n_features)."""
        seen = self.body(x)
        mean = self.mean(seen)
        log_variance = self.log_variance(seen).clamp(-LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND)
        latent = mean
        if self.training or self.scored_latent == "sample":
            drawn = drawn_like(mean, torch.randn, self._draws())
            latent = mean + torch.exp(log_variance / 2) * drawn
        divergence = gaussian_divergence(mean, log_variance).mean()
        return Encoding(latent, self.decoder(latent), self.kl_weight * divergence)

    def _draws(self) -> torch.Generator:
        """The generator of the draws: one of its own for a loaded network, never the global one."""
        if self.generator is None:
            self.generator = torch.Generator().manual_seed(0)
        return self.generator


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence (n,) in nats of N(mean, diag exp(log_variance)), each (n, d), from N(0, I)."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)
