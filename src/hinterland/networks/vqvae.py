"""The vector-quantised autoencoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hinterland.networks.base import Encoding, Network, check_sizes
from hinterland.networks.layers import layers
from hinterland.parameters import check_integer, check_number

STEPS_TO_LIVE = 50
"""A code that no row of this many training steps chose is moved onto an encoded row of the batch."""


class VQVAE(Network, name="vqvae"):
    """Vector-quantised autoencoder (van den Oord et al., 2017): the latent is the nearest code of a codebook.

    The decoder sees the nearest code; gradients pass it straight through to the encoder. The penalty is
    ``|sg[z] - e|^2 + beta |z - sg[e]|^2``, summed over the latent's entries and averaged over rows, so that the
    codebook learns from its own term alone (methods.md section 3.2). The codes start on encoded rows of the first
    training batch, and one that is no longer chosen starts again on one: without that most codes of a codebook die.

    Parameters
    ----------
    n_features, hidden, latent_dim, activation : as in ``hinterland.networks.Autoencoder``.
    n_codes : size of the codebook; at most the rows trained on.
    commitment_weight : beta, how much the encoder is drawn to its codes; 0.25 is usual.
    generator : source of the initial weights and of the rows that codes start on.
    """

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int] = (60, 30, 10),
        latent_dim: int = 1,
        *,
        activation: str = "tanh",
        n_codes: int = 64,
        commitment_weight: float = 0.25,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_sizes(n_features, hidden, latent_dim, activation)
        check_integer("n_codes", n_codes, least=1)
        check_number("commitment_weight", commitment_weight, above=0)
        self.n_features = n_features
        self.latent_dim = latent_dim
        self.least_rows = n_codes
        self.settings = {
            "n_features": n_features,
            "hidden": list(hidden),
            "latent_dim": latent_dim,
            "activation": activation,
            "n_codes": n_codes,
            "commitment_weight": commitment_weight,
        }
        self.n_codes = n_codes
        self.commitment_weight = commitment_weight
        self.generator = generator
        widths = [n_features, *hidden, latent_dim]
        self.encoder = nn.Sequential(*layers(widths, activation, generator))
        self.decoder = nn.Sequential(*layers(widths[::-1], activation, generator))
        self.codebook = nn.Parameter(torch.empty(n_codes, latent_dim).normal_(generator=generator))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.register_buffer("last_chosen", torch.zeros(n_codes, dtype=torch.int64))
        self.register_buffer("shares", torch.zeros(n_codes))

    steps: Tensor
    last_chosen: Tensor
    shares: Tensor

    def forward(self, x: Tensor) -> Encoding:
        """Encode and reconstruct rows (n, n_features)."""
        encoded = self.encoder(x)
        if self.training:
            self._restart_codes(encoded.detach())
        chosen = nearest(encoded.detach(), self.codebook.detach())
        if self.training:
            self._note(chosen)
        codes = self.codebook[chosen]
        latent = codes.detach() + (encoded - encoded.detach())  # the code's value, the encoder's gradient
        towards = (codes - encoded.detach()).square().sum(1).mean()
        committed = (encoded - codes.detach()).square().sum(1).mean()
        return Encoding(latent, self.decoder(latent), towards + self.commitment_weight * committed)

    def diagnostics(self) -> dict[str, float]:
        """Codebook ``usage``, the share of codes in use, and ``perplexity``, how many equally used codes would do."""
        shares = self.shares / self.shares.sum().clamp_min(torch.finfo(self.shares.dtype).tiny)
        entropy = -(shares * shares.clamp_min(1e-12).log()).sum()
        alive = self.steps - self.last_chosen < STEPS_TO_LIVE
        return {"codebook_usage": float(alive.double().mean()), "codebook_perplexity": float(entropy.exp())}

    def _restart_codes(self, encoded: Tensor) -> None:
        """Put codes that are not in use, at first all, onto random rows of the batch."""
        dead = (
            self.steps - self.last_chosen >= STEPS_TO_LIVE
            if self.steps
            else torch.ones_like(self.last_chosen) > 0
        )
        n_dead = int(dead.sum())
        if n_dead:
            rows = torch.randperm(len(encoded), generator=self.generator)[torch.arange(n_dead) % len(encoded)]
            with torch.no_grad():
                self.codebook[dead] = encoded[rows.to(encoded.device)].to(self.codebook.dtype)
            self.last_chosen[dead] = self.steps

    def _note(self, chosen: Tensor) -> None:
        """Keep when each code was last chosen, and running shares of the rows that choose it."""
        counts = torch.bincount(chosen, minlength=self.n_codes)
        self.steps += 1
        self.last_chosen[counts > 0] = self.steps
        self.shares.lerp_((counts / len(chosen)).to(self.shares.dtype), 1 / STEPS_TO_LIVE)


def nearest(x: Tensor, codes: Tensor) -> Tensor:
    """Numbers (n,) of the codes (k, d) nearest to x (n, d), by differences: norms and products would lose digits."""
    return torch.cdist(x, codes, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
