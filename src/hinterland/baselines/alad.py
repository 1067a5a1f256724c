"""ALAD: a generator and an encoder, learnt against three discriminators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.baselines.adversarial import SLOPE, Critic, Player, leaky_layers, play, told_apart
from hinterland.baselines.own import OwnBaseline
from hinterland.networks.layers import layers, linear
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths


class PairCritic(nn.Module):
    """Pairs of a row (n, d) and a latent (n, l) to log-odds (n,) that they are a real row and its code."""

    def __init__(
        self,
        n_features: int,
        latent_dim: int,
        branch: int,
        joint: int,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.of_row = nn.Sequential(
            linear(n_features, branch, generator), nn.BatchNorm1d(branch), nn.LeakyReLU(SLOPE)
        )
        self.of_latent = leaky_layers([latent_dim, branch], 0.5, generator)
        self.together = leaky_layers([2 * branch, joint], 0.5, generator)
        self.head = linear(joint, 1, generator)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """See above."""
        odds: Tensor = self.head(self.together(torch.cat([self.of_row(x), self.of_latent(z)], 1)))[:, 0]
        return odds


class ALAD(OwnBaseline, name="ALAD"):
    """Adversarially learned anomaly detection: how far a row and its reconstruction are apart to a discriminator.

    A generator G makes rows x of latents z, and an encoder E latents of rows. Discriminators tell (x, E(x)) from
    (G(z), z), (x, x) from (x, G(E(x))), and (z, z) from (z, E(G(z))); both parts learn to mislead them. With f the last
    hidden layer of the second discriminator, a row's energy is |f(x, x) - f(x, G(E(x)))|, summed over its units.

    References
    ----------
    H. Zenati, M. Romain, C.-S. Foo, B. Lecouat and V. Chandrasekhar, "Adversarially Learned Anomaly Detection", IEEE
    International Conference on Data Mining (ICDM), 2018. arXiv:1812.02288
    """

    footnote = (
        "Own code; layers, dropout, batch and the averaged parameters as in its authors' code for KDD Cup 1999 and "
        "arrhythmia. 20,000 steps of 0.0002 here, as far for Adam as 100 epochs of KDD Cup 1999 at their 0.00001."
    )

    # fmt: off
    encoder_hidden: Sequence[int] = parameter((64,), widths(), "widths of the encoder's hidden layers.")
    generator_hidden: Sequence[int] = parameter((64, 128), widths(), "widths of the generator's hidden layers.")
    latent_dim: int = parameter(32, whole(least=1), "width of a latent, of independent standard normal numbers.")
    branch: int = parameter(128, whole(least=1), "units that see a row, and units that see a latent, of the first.")
    joint: int = parameter(128, whole(least=1), "units of the first discriminator that see both.")
    row_hidden: Sequence[int] = parameter((128,), widths(), "widths of the discriminator of rows, at least one.")
    latent_hidden: Sequence[int] = parameter((32,), widths(), "widths of the discriminator of latents.")
    steps: int = parameter(20_000, whole(least=1), "gradient steps.")
    batch_size: int = parameter(50, whole(least=2), "rows of a gradient step.")
    learning_rate: float = parameter(2e-4, number(above=0), "of Adam's steps.")
    average_decay: float = parameter(0.999, number(least=0, below=1), "of the average of parameters that scores.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not len(self.row_hidden):
            raise ValueError("row_hidden must have at least one layer: rows are compared in the last of them")

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        d, latent = rows.shape[1], self.latent_dim
        self.encoder_ = nn.Sequential(
            leaky_layers([d, *self.encoder_hidden], 0.0, generator),
            linear([d, *self.encoder_hidden][-1], latent, generator),
        )
        self.generator_ = nn.Sequential(*layers([latent, *self.generator_hidden, d], "relu", generator))
        pairs = PairCritic(d, latent, self.branch, self.joint, generator)
        self.of_rows_ = Critic([2 * d, *self.row_hidden], 0.2, generator)
        of_latents = Critic([2 * latent, *self.latent_hidden], 0.2, generator)

        def odds(x: Tensor) -> list[tuple[Tensor, Tensor]]:
            """Log-odds of the real and of the made pairs of each discriminator."""
            z = torch.randn(len(x), latent, generator=generator)
            code, made = self.encoder_(x), self.generator_(z)
            return [
                (pairs(x, code), pairs(made, z)),
                beside(self.of_rows_, x, self.generator_(code)),
                beside(of_latents, z, self.encoder_(made)),
            ]

        play(
            [
                Player(
                    [pairs, self.of_rows_, of_latents],
                    lambda x: sum((told_apart(real, made) for real, made in odds(x)), x.new_zeros(())),
                ),
                Player(
                    [self.encoder_, self.generator_],
                    lambda x: sum((told_apart(made, real) for real, made in odds(x)), x.new_zeros(())),
                ),
            ],
            rows,
            self,
            generator,
        )

    def _scores(self, rows: Tensor) -> Tensor:
        f = self.of_rows_.features
        again = self.generator_(self.encoder_(rows))
        apart: Tensor = f(torch.cat([rows, rows], 1)) - f(torch.cat([rows, again], 1))
        return apart.abs().sum(1)


def beside(critic: Critic, x: Tensor, again: Tensor) -> tuple[Tensor, Tensor]:
    """Log-odds, each (n,), of x (n, d) beside itself and of x beside what was made of it."""
    both = critic(torch.cat([torch.cat([x, x], 1), torch.cat([x, again], 1)]))
    return both[: len(x)], both[len(x) :]
