"""The stage that CANCE and ContrastiveScorer share: a contrastive density on features that stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from hinterland.densities.contrastive import ContrastiveDensity
from hinterland.model.energy_model import EnergyModel
from hinterland.model.on_features import OnFeatures
from hinterland.networks.layers import ACTIVATIONS
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.training.contrastive import fit_contrastive_model
from hinterland.training.loop import TrainingResult
from hinterland.training.settings import LoopSettings

SMALLEST_BATCH = 4
"""Batches differ in size by one: none of a table of two rows or more is then a single row, which has no covariance."""


class ContrastiveStage:
    """The stage's parameters, as both detectors take them, and its work."""

    score_hidden: Sequence[int]
    activation: str
    noise_ratio: int
    covariance_floor: float
    contrastive_steps: int
    contrastive_learning_rate: float
    weight_decay: float
    batch_size: int
    validation_share: float

    def _check_contrastive_parameters(self) -> None:
        check_widths("score_hidden", self.score_hidden)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_integer("noise_ratio", self.noise_ratio, least=1)
        check_number("covariance_floor", self.covariance_floor, above=0)
        check_integer("contrastive_steps", self.contrastive_steps, least=1)
        check_number("contrastive_learning_rate", self.contrastive_learning_rate, above=0)
        check_number("weight_decay", self.weight_decay, least=0)
        check_integer("batch_size", self.batch_size, least=SMALLEST_BATCH)
        check_number("validation_share", self.validation_share, least=0, below=1)

    def _contrastive_density(self, n_features: int, generator: torch.Generator) -> ContrastiveDensity:
        return ContrastiveDensity(
            n_features,
            hidden=self.score_hidden,
            activation=self.activation,
            covariance_floor=self.covariance_floor,
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
