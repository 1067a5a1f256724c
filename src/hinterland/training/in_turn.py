"""Training in turn: the network first, then a mixture on the composite features that it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hinterland.densities.mixture import Mixture
from hinterland.model.energy_model import EnergyModel
from hinterland.training.expectation_maximisation import fit_by_expectation_maximisation
from hinterland.training.loop import TrainingResult
from hinterland.training.reconstruction import fit_reconstruction
from hinterland.training.settings import LoopSettings

MOST_VALIDATION_ROWS, MOST_TAIL_ROWS = 1_000, 10_000
"""Held-out rows, evenly spread, that the network's states are compared on, and that a tail is learnt from."""


def fit_in_turn(
    model: EnergyModel,
    rows: np.ndarray,
    held_out: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    least_rows: float = 0.0,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a model's network to reconstruct raw rows (n, d), then fit its density by expectation-maximisation.

    ``held_out`` rows (m, d) train neither: of the network's states that is kept which is best on them, or a part of
    them, and a score with a tail learns it from their energies. ``least_rows`` is what a component needs; see
    ``fit_by_expectation_maximisation``.
    """
    density = model.density
    if not isinstance(density, Mixture):
        raise TypeError(f"expectation-maximisation needs a mixture, got {type(density).__name__}")
    result = fit_reconstruction(
        model.network,
        model.scaled_rows(rows),
        model.scaled_rows(_spread(held_out, MOST_VALIDATION_ROWS)),
        settings,
        generator,
        on_epoch=on_epoch,
    )
    model.ready_to_score()
    with torch.no_grad():
        fit_by_expectation_maximisation(density, model.features_of(rows), generator, least_rows=least_rows)
        if model.score.tail:
            new = _spread(held_out if len(held_out) else rows, MOST_TAIL_ROWS)
            model.score.learn_tail(density.energy(model.features_of(new)))
    return result


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, from end to end."""
    return rows[:: -(-len(rows) // most) or 1]
