"""What adversarial baselines share: players that step in turn, each down its own loss, and their steps' average."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from hinterland.baselines.own import Steps
from hinterland.networks.gradients import without_gradients
from hinterland.networks.layers import Dropout, linear
from hinterland.training.learner import Learner
from hinterland.training.loop import batches
from hinterland.training.settings import LoopSettings

SLOPE = 0.2
"""Of leaky units below zero."""

MEAN_DECAY = 0.5
"""Adam's beta1, as adversarial training has it since Radford et al. (2016)."""


@dataclass(frozen=True)
class Player:
    """Modules that are trained together, and their loss on a batch of rows (n, d)."""

    modules: Sequence[nn.Module]
    loss: Callable[[Tensor], Tensor]


class AveragedSteps(Steps, Protocol):
    """Gradient steps whose parameters are averaged."""

    average_decay: float


def play(
    players: Sequence[Player],
    rows: Tensor,
    how: AveragedSteps,
    generator: torch.Generator,
) -> None:
    """Let each player take a step on each batch, in turn; leaves all in evaluation mode, with averaged parameters.

    The average is exponential: after each step the parameters of then count ``1 - how.average_decay``.
    """
    settings = LoopSettings(batch_size=how.batch_size, gradient_norm=None, mean_decay=MEAN_DECAY)
    learners = [Learner(player.modules, settings) for player in players]
    averages = [learner.values.clone() for learner in learners]
    taken = 0
    while taken < how.steps:
        for index in batches(len(rows), settings, generator, rows.device)[: how.steps - taken]:
            batch = rows[index]
            for player, learner, average in zip(players, learners, averages, strict=True):
                with ExitStack() as others_as_they_are:
                    for other in players:
                        for module in other.modules if other is not player else ():
                            others_as_they_are.enter_context(without_gradients(module))
                    learner.step([player.loss(batch)], how.learning_rate)
                average.lerp_(learner.values, 1 - how.average_decay)
            taken += 1
    for player, learner, average in zip(players, learners, averages, strict=True):
        learner.values.copy_(average)
        learner.release()
        for module in player.modules:
            module.eval()


def told_apart(real: Tensor, made: Tensor) -> Tensor:
    """Cross-entropy of log-odds (n,) that should be high on the one and low on the other: a discriminator's loss.

    With its arguments exchanged it is the loss of who makes both.
    """
    return softplus(-real).mean() + softplus(made).mean()


def leaky_layers(
    widths: Sequence[int],
    dropout: float,
    generator: torch.Generator | None,
    *,
    last_dropout: float | None = None,
) -> nn.Sequential:
    """Linear layers through ``widths``, with a leaky unit and dropout after each; after the last, maybe another."""
    rates = [dropout] * (len(widths) - 2) + [dropout if last_dropout is None else last_dropout]
    parts: list[nn.Module] = []
    for (inputs, outputs), rate in zip(itertools.pairwise(widths), rates, strict=True):
        parts += [linear(inputs, outputs, generator), nn.LeakyReLU(SLOPE), Dropout(rate, generator)]
    return nn.Sequential(*parts)


class Critic(nn.Module):
    """A discriminator: rows (n, d) to the features f of its last hidden layer, and these to log-odds (n,)."""

    def __init__(
        self,
        widths: Sequence[int],
        dropout: float,
        generator: torch.Generator | None = None,
        *,
        last_dropout: float | None = None,
    ) -> None:
        super().__init__()
        self.features = leaky_layers(widths, dropout, generator, last_dropout=last_dropout)
        self.head = linear(widths[-1], 1, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Log-odds (n,) that rows (n, d) are real."""
        odds: Tensor = self.head(self.features(x))[:, 0]
        return odds
