"""The stage that CANCE and ContrastiveScorer share: a contrastive density on features that stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from hinterland.densities.contrastive import FIRST_GROWTH, SCORED, ContrastiveDensity
from hinterland.detectors import parameters as shared
from hinterland.model.energy_model import EnergyModel
from hinterland.model.on_features import OnFeatures
from hinterland.parameter_table import Parameterised, parameter
from hinterland.parameters import choice, number, whole, widths
from hinterland.training.contrastive import fit_contrastive_model
from hinterland.training.loop import TrainingResult
from hinterland.training.settings import LoopSettings

SMALLEST_BATCH = 4
"""Batches differ in size by one: none of a table of two rows or more is then a single row, which has no covariance."""


class ContrastiveStage(Parameterised):
    """The stage's parameters, as both detectors take them, and its work."""

    # fmt: off
    score_hidden: Sequence[int] = parameter((64, 64), widths(),
        "widths of the hidden layers of the network that tells features from noise.")
    noise_ratio: int = parameter(4, whole(least=1), "nu, points of noise for each row.")
    covariance_floor: float = shared.covariance_floor(
        about="share of each feature's variance that is added to its own in the noise.")
    first_growth: float = parameter(FIRST_GROWTH, number(),
        "psi that the noise's growth starts from: at -5 it is hardly wider than the features, at 0 1.7 and at 2 3.1 "
        "times.")
    scored: str = parameter("density", choice(*SCORED),
        "what the energy is of: the ``density``, or the network's log-``ratio`` to the noise alone.")
    contrastive_steps: int = parameter(1000, whole(least=1), "gradient steps of that network.")
    contrastive_learning_rate: float = shared.learning_rate(default=3e-3,
        about="of that network's steps; it falls to zero along a cosine.")
    weight_decay: float = parameter(0.01, number(least=0), "of that network's steps (AdamW).")

    activation: str = shared.activation(about="of all networks' hidden layers: tanh, relu, silu or gelu.")
    batch_size: int = shared.batch_size(check=whole(least=SMALLEST_BATCH))
    validation_share: float = shared.validation_share(
        about="share of the training rows that no stage sees: each keeps the state that is best on these. Less "
        "than 20 rows, or 0, is none.")
    # fmt: on

    def _contrastive_density(self, n_features: int, generator: torch.Generator) -> ContrastiveDensity:
        return ContrastiveDensity(
            n_features,
            hidden=self.score_hidden,
            activation=self.activation,
            covariance_floor=self.covariance_floor,
            first_growth=self.first_growth,
            scored=self.scored,
            generator=generator,
        )

    def _fit_contrastive(
        self,
        model: EnergyModel | OnFeatures,
        rows: np.ndarray,
        held_out: np.ndarray,
        generator: torch.Generator,
        *,
        augment: bool,
        on_epoch: Callable[[dict[str, float]], None],
    ) -> TrainingResult:
        settings = LoopSettings.of_steps(
            self.contrastive_steps,
            len(rows) - len(held_out),
            self.batch_size,
            learning_rate=self.contrastive_learning_rate,
            weight_decay=self.weight_decay,
        )
        return fit_contrastive_model(
            model,
            rows,
            held_out,
            settings,
            generator,
            noise_ratio=self.noise_ratio,
            augment=augment,
            on_epoch=on_epoch,
        )
