"""A variational autoencoder on pictures, scored by the evidence lower bound."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from hinterland.baselines.own import train_by_steps
from hinterland.baselines.pictures import PictureAutoencoder, decoder, encoder
from hinterland.networks.vae import LOG_VARIANCE_BOUND, gaussian_divergence
from hinterland.parameter_table import parameter
from hinterland.parameters import choice, whole


class PictureVAE(PictureAutoencoder, name="VAE (pictures)"):
    """Variational autoencoder with residual convolutions; energy is the negative evidence lower bound, in nats.

    The bound's mean over latents is over ``n_draws`` draws, the same for every row. A constant is left out where the
    decoder is Gaussian.

    References
    ----------
    D. P. Kingma and M. Welling, "Auto-Encoding Variational Bayes", International Conference on Learning
    Representations (ICLR), 2014. arXiv:1312.6114
    """

    footnote = (
        "Own code: the encoder and decoder of LSA, whose authors printed this number and say that theirs shares them; "
        "they do not say the likelihood of a pixel nor how long they trained."
    )

    # fmt: off
    likelihood: str = parameter("bernoulli", choice("bernoulli", "gaussian"),
        "of a pixel in [0, 1]: its value as the chance of a one, or with a variance of 1.")
    n_draws: int = parameter(5, whole(least=1), "latents of a row that its bound is a mean over.")
    # fmt: on

    def _build(self) -> None:
        self.encoder_ = encoder(self.shape_, self.channels, self.width, 2 * self.latent_dim)
        self.decoder_ = decoder(self.shape_, self.channels, self.width, self.latent_dim)

    def _learn(self, pictures: Tensor, generator: torch.Generator) -> None:
        def negative_bound(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            mean, log_variance = self._posterior(batch[0])
            drawn = torch.randn(mean.shape, generator=generator)
            return {
                "fit": self._misfit(batch[0], mean + torch.exp(log_variance / 2) * drawn).mean(),
                "divergence": gaussian_divergence(mean, log_variance).mean(),
            }

        train_by_steps([self.encoder_, self.decoder_], negative_bound, (pictures,), self, generator)
        self.draws_ = torch.randn(self.n_draws, self.latent_dim, generator=generator)

    def _energies(self, pictures: Tensor) -> Tensor:
        mean, log_variance = self._posterior(pictures)
        deviation = torch.exp(log_variance / 2)
        misfits = torch.stack([self._misfit(pictures, mean + deviation * draw) for draw in self.draws_])
        return misfits.mean(0) + gaussian_divergence(mean, log_variance)

    def _posterior(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.encoder_(pictures).chunk(2, dim=1)
        return mean, log_variance.clamp(-LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND)

    def _misfit(self, pictures: Tensor, latents: Tensor) -> Tensor:
        """-log p(x | z), (n,)."""
        decoded: Tensor = self.decoder_(latents)
        if self.likelihood == "gaussian":
            return 0.5 * (pictures - decoded).square().flatten(1).sum(1)
        return binary_cross_entropy_with_logits(decoded, pictures, reduction="none").flatten(1).sum(1)
