"""Training in turn: the network first, then a mixture on the composite features that it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hinterland.densities.gaussian import GaussianMixture
from hinterland.energy_model import EnergyModel, chunks
from hinterland.training.expectation_maximisation import fit_by_expectation_maximisation
from hinterland.training.loop import LoopSettings, TrainingResult
from hinterland.training.reconstruction import fit_reconstruction


def fit_in_turn(
    model: EnergyModel,
    rows: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    validation_share: float = 0.0,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a model's network to reconstruct raw rows (n, d), then fit its density by expectation-maximisation.

    The density sees the network in evaluation mode, and its last estimate is exact over all rows.
    """
    device, density = model.scaling.center.device, model.density
    if not isinstance(density, GaussianMixture):
        raise TypeError(f"expectation-maximisation needs a mixture, got {type(density).__name__}")
    with torch.no_grad():
        scaled = torch.cat([model.scaling(chunk).float() for chunk in chunks(rows, device)])
    result = fit_reconstruction(
        model.network, scaled, settings, generator, validation_share=validation_share, on_epoch=on_epoch
    )
    model.ready_to_score()
    with torch.no_grad():
        features = torch.cat([model.features(chunk) for chunk in chunks(rows, device)])
        energies = fit_by_expectation_maximisation(density, features, generator)
    result.history[-1]["energy"] = energies[-1]
    return result
