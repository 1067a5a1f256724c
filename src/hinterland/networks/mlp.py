"""The fully connected autoencoder of DAGMM."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hinterland.networks.base import Encoding, Network, check_sizes
from hinterland.networks.draws import drawn_like
from hinterland.networks.layers import layers
from hinterland.parameters import check_choice, check_number


class Autoencoder(Network, name="autoencoder"):
    """Encoder and mirrored decoder of fully connected layers (DAGMM; methods.md section 1).

    Parameters
    ----------
    n_features : width of a row.
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent.
    activation : between the layers; the layers that give the latent and the reconstruction are linear.
    normalise_latent : batch normalisation (without scale and shift) of the latent, which gives it zero
        mean and unit variance over the training rows.
    input_noise : standard deviation of Gaussian noise added to the rows while training; the target stays
        the clean row (a denoising autoencoder).
    generator : source of the initial weights and of the noise.
    """

    recordable = True

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int] = (60, 30, 10),
        latent_dim: int = 1,
        *,
        activation: str = "tanh",
        normalise_latent: bool = False,
        input_noise: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_sizes(n_features, hidden, latent_dim, activation)
        check_choice("normalise_latent", normalise_latent, (True, False))
        check_number("input_noise", input_noise, least=0)
        self.n_features = n_features
        self.latent_dim = latent_dim
        self.settings = {
            "n_features": n_features,
            "hidden": list(hidden),
            "latent_dim": latent_dim,
            "activation": activation,
            "normalise_latent": normalise_latent,
            "input_noise": input_noise,
        }
        widths = [n_features, *hidden, latent_dim]
        encoder = layers(widths, activation, generator)
        if normalise_latent:
            encoder.append(nn.BatchNorm1d(latent_dim, affine=False))
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*layers(widths[::-1], activation, generator))
        self.input_noise = input_noise
        self.generator = generator

    def forward(self, x: Tensor) -> Encoding:
        """Encode and reconstruct rows (n, n_features)."""
        seen = x
        if self.training and self.input_noise:
            noise = drawn_like(x, torch.randn, self.generator)
            seen = x + self.input_noise * noise
        latent = self.encoder(seen)
        return Encoding(latent, self.decoder(latent), x.new_zeros(()))
