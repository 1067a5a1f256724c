"""AnoGAN: how near a generator of usual rows comes to a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from hinterland.baselines.adversarial import Critic, Player, play, told_apart
from hinterland.baselines.own import OwnBaseline
from hinterland.networks.gradients import without_gradients
from hinterland.networks.layers import layers
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole, widths
from hinterland.training.learner import Learner
from hinterland.training.settings import LoopSettings


class AnoGAN(OwnBaseline, name="AnoGAN"):
    """A generative adversarial network, whose latent is searched for each row; energy is what remains of the distance.

    The distance of a row x to what the generator G makes of z is ``(1 - weight) |x - G(z)| + weight |f(x) - f(G(z))|``,
    sums of absolute differences, with f the last hidden layer of the discriminator. The search starts at the same
    random z for every row, so that a row's energy is its own.

    References
    ----------
    T. Schlegl, P. Seeboeck, S. M. Waldstein, U. Schmidt-Erfurth and G. Langs, "Unsupervised Anomaly Detection with
    Generative Adversarial Networks to Guide Marker Discovery", Information Processing in Medical Imaging (IPMI), 2017.
    arXiv:1703.05921
    """

    footnote = (
        "Own code; layers, dropout, batch and the search's rate as in ALAD's authors' comparison, its 500 steps "
        "and weight of 0.1 of the paper. 20,000 steps of training at 0.0002 here, for theirs at 0.00001."
    )

    # fmt: off
    generator_hidden: Sequence[int] = parameter((64, 128), widths(), "widths of the generator's hidden layers.")
    latent_dim: int = parameter(32, whole(least=1), "width of a latent, of independent standard normal numbers.")
    critic_hidden: Sequence[int] = parameter((256, 128, 128), widths(), "widths of the discriminator, at least one.")
    last_dropout: float = parameter(0.2, number(least=0, below=1),
        "share of the discriminator's last hidden layer that training drops; of the layers before it a fifth.")
    steps: int = parameter(20_000, whole(least=1), "gradient steps.")
    batch_size: int = parameter(50, whole(least=1), "rows of a gradient step.")
    learning_rate: float = parameter(2e-4, number(above=0), "of Adam's steps.")
    average_decay: float = parameter(0.999, number(least=0, below=1), "of the average of parameters that scores.")
    weight: float = parameter(0.1, number(least=0, most=1), "of the discriminator's features in the distance.")
    search_steps: int = parameter(500, whole(least=0), "steps of the search.")
    search_rate: float = parameter(0.001, number(above=0), "of Adam's steps in the search.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not len(self.critic_hidden):
            raise ValueError(
                "critic_hidden must have at least one layer: rows are compared in the last of them"
            )

    def _train(self, rows: Tensor, y: np.ndarray | None, generator: torch.Generator) -> None:
        widths = [self.latent_dim, *self.generator_hidden, rows.shape[1]]
        self.generator_ = nn.Sequential(*layers(widths, "relu", generator))
        self.start_ = torch.randn(self.latent_dim, generator=generator)
        self.critic_ = Critic(
            [rows.shape[1], *self.critic_hidden], 0.2, generator, last_dropout=self.last_dropout
        )

        def made(x: Tensor) -> Tensor:
            found: Tensor = self.generator_(torch.randn(len(x), self.latent_dim, generator=generator))
            return found

        play(
            [
                Player([self.critic_], lambda x: told_apart(self.critic_(x), self.critic_(made(x).detach()))),
                Player([self.generator_], lambda x: softplus(-self.critic_(made(x))).mean()),
            ],
            rows,
            self,
            generator,
        )

    def distance(self, rows: Tensor, latents: Tensor) -> Tensor:
        """Distance (n,) of rows (n, d) to what is made of latents (n, l)."""
        made, f = self.generator_(latents), self.critic_.features
        in_features = (f(rows) - f(made)).abs().sum(1)
        found: Tensor = (1 - self.weight) * (rows - made).abs().sum(1) + self.weight * in_features
        return found

    def _scores(self, rows: Tensor) -> Tensor:
        searched = nn.ParameterList([self.start_.repeat(len(rows), 1)])
        learner = Learner([searched], LoopSettings(gradient_norm=None))
        with torch.enable_grad(), without_gradients(self.generator_), without_gradients(self.critic_):
            for _ in range(self.search_steps):
                learner.step([self.distance(rows, searched[0]).sum()], self.search_rate)
        return self.distance(rows, searched[0])
