"""Training in turn: the network first, then a mixture on the composite features that it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hinterland.densities.mixture import Mixture
from hinterland.energy_model import EnergyModel
from hinterland.training.expectation_maximisation import fit_by_expectation_maximisation
from hinterland.training.loop import LoopSettings, TrainingResult
from hinterland.training.reconstruction import fit_reconstruction


def fit_in_turn(
    model: EnergyModel,
    rows: np.ndarray,
    held_out: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> tuple[TrainingResult, np.ndarray]:
    """Train a model's network to reconstruct raw rows (n, d), then fit its density by expectation-maximisation.

    ``held_out`` are numbers of rows (m,) that the network does not train on; it keeps the state that is best on them.
    A mixture of many components knows the rows it was fitted to. The energies (m,) returned are those of the held-out
    rows under a mixture of the others, as of any new row; after that the mixture is fitted to all.
    """
    density = model.density
    if not isinstance(density, Mixture):
        raise TypeError(f"expectation-maximisation needs a mixture, got {type(density).__name__}")
    kept = np.setdiff1d(np.arange(len(rows)), held_out)
    scaled = model.scaled(rows)
    result = fit_reconstruction(
        model.network, scaled[kept], scaled[held_out], settings, generator, on_epoch=on_epoch
    )
    model.ready_to_score()
    features = model.features_of(rows)
    with torch.no_grad():
        fit_by_expectation_maximisation(density, features[kept], generator)
        held_out_energy = density.energy(features[held_out])
        if len(held_out):
            fit_by_expectation_maximisation(density, features, generator)
    return result, held_out_energy.cpu().numpy()
