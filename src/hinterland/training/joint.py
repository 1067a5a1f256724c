"""Joint training: network and density together, by one gradient step on the sum of their losses (DAGMM)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.composite import row_errors
from hinterland.energy_model import EnergyModel
from hinterland.training.hold_out import hold_out
from hinterland.training.loop import LoopSettings, TrainingResult, train


class JointObjective(nn.Module):
    """DAGMM's J (methods.md section 1): reconstruction + penalties + lambda1 energy + lambda2 covariance penalty.

    Parameters
    ----------
    model : network, density and the names of the reconstruction features between them.
    energy_weight : lambda1, the weight of the mean energy in nats.
    penalty_weight : lambda2, the weight of the density's penalty.
    reconstruction : ``mean`` averages the squared error over rows and entries, as the public numbers do;
        ``sum`` sums it over a row's entries, the literal formula.
    """

    def __init__(
        self, model: EnergyModel, *, energy_weight: float, penalty_weight: float, reconstruction: str = "mean"
    ) -> None:
        super().__init__()
        self.model = model
        self.energy_weight = energy_weight
        self.penalty_weight = penalty_weight
        self.reconstruction = reconstruction

    def forward(self, batch: tuple[Tensor, ...]) -> Mapping[str, Tensor]:
        """Weighted terms of the loss on a batch of scaled rows, by name."""
        rows = batch[0]
        encoding = self.model.network(rows)
        errors = row_errors(rows, encoding.reconstruction)
        energy, penalty = self.model.density.batch_energy(self.model.composite(encoding.latent, errors))
        per_row = errors.mean_squared_error if self.reconstruction == "mean" else errors.squared_distance
        return {
            "reconstruction": per_row.mean(),
            "network_penalty": encoding.penalty,
            "energy": self.energy_weight * energy.mean(),
            "density_penalty": self.penalty_weight * penalty,
        }


def fit_jointly(
    model: EnergyModel,
    rows: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    energy_weight: float,
    penalty_weight: float,
    reconstruction: str = "mean",
    validation_share: float = 0.0,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a model's network and density together on raw rows (n, d), then freeze the density on all of them.

    A share of the rows is held out, and the state with the lowest loss on it is kept.
    """
    scaled = model.scaled(rows)
    training, validation = hold_out(len(rows), validation_share, generator)
    held_out = (scaled[validation],)
    objective = JointObjective(
        model, energy_weight=energy_weight, penalty_weight=penalty_weight, reconstruction=reconstruction
    )

    def validate() -> float:
        with torch.no_grad():
            return float(sum(objective(held_out).values()))

    result = train(
        [model.network, model.density],
        objective,
        (scaled[training],),
        settings,
        generator,
        validate=validate if len(validation) else None,
        diagnostics=lambda: {**model.network.diagnostics(), **model.density.diagnostics()},
        on_epoch=on_epoch,
    )
    model.freeze(rows)
    return result
