"""Training in turn: the network first, then the density on the features that it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hinterland.densities.base import Density
from hinterland.densities.mixture import Mixture
from hinterland.model.energy_model import EnergyModel
from hinterland.training.density import fit_density
from hinterland.training.history import Entry
from hinterland.training.loop import TrainingResult
from hinterland.training.reconstruction import fit_reconstruction
from hinterland.training.settings import LoopSettings
from hinterland.training.staged_history import StagedHistory

MOST_VALIDATION_ROWS, MOST_TAIL_ROWS = 1_000, 10_000
"""Held-out rows, evenly spread, that the network's states are compared on, and that a tail is learnt from."""


def fit_in_turn(
    model: EnergyModel,
    rows: np.ndarray,
    held_out: np.ndarray,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    measure: str = "mean",
    least_rows: float = 0.0,
    on_epoch: Callable[[Entry], None] | None = None,
) -> TrainingResult:
    """Train a model's network to reconstruct raw rows (n, d), then fit its density to the features that it gives.

    ``held_out`` rows (m, d) train neither: of the network's states that is kept which is best on them, or a part of
    them, and a score with a tail learns it from their energies. ``measure`` says what the error is, and ``least_rows``
    what a mixture's component needs; see ``fit_density``. Where the density trains step by step, as a mixture does not,
    the history has two stages.
    """
    density = model.density
    if density is None:
        raise TypeError("training in turn needs a density, got None")
    history = StagedHistory(on_epoch)
    staged = not isinstance(density, Mixture)
    result = fit_reconstruction(
        model.network,
        model.scaled_rows(rows),
        model.scaled_rows(_spread(held_out, MOST_VALIDATION_ROWS)),
        settings,
        generator,
        measure=measure,
        on_epoch=history.stage(1) if staged else on_epoch,
    )
    model.ready_to_score()
    with torch.no_grad():
        features = model.features_of(rows)
    # Without a density nothing would score; of one that trains, what needs no training is enough after an interruption.
    fit = fit_density.dispatch(Density) if staged and result.interrupted else fit_density
    second = fit(
        density,
        features,
        settings,
        generator,
        least_rows=least_rows,
        on_epoch=history.stage(2) if staged else None,
    )
    model.ready_to_score()
    with torch.no_grad():
        if model.score.tail:
            new = _spread(held_out if len(held_out) else rows, MOST_TAIL_ROWS)
            model.score.learn_tail(density.energy(model.features_of(new)))
        model.learn_score(rows)
    entries = history.entries if staged else result.history
    return TrainingResult(entries, result.interrupted or second.interrupted)


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, from end to end."""
    return rows[:: -(-len(rows) // most) or 1]
