"""Fitting a density of any kind to features that stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

import torch
from torch import Tensor

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.densities.base import Density
from hinterland.densities.contrastive import ContrastiveDensity
from hinterland.densities.mixture import CHUNK_ENTRIES, Mixture
from hinterland.training.autoregressive import fit_autoregressive
from hinterland.training.contrastive import fit_contrastive
from hinterland.training.expectation_maximisation import fit_by_expectation_maximisation
from hinterland.training.history import Entry
from hinterland.training.hold_out import hold_out
from hinterland.training.loop import TrainingResult
from hinterland.training.settings import LoopSettings

NOISE_RATIO, LEARNING_RATE, WEIGHT_DECAY, HELD_OUT = 4, 3e-3, 0.01, 0.1
"""Of noise-contrastive training, as CANCE's third stage has them where nothing else is said."""


@singledispatch
def fit_density(
    density: Density,
    features: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    least_rows: float = 0.0,
    on_epoch: Callable[[Entry], None] | None = None,
) -> TrainingResult:
    """Fit a density to the features (n, D) of all rows, float64.

    By default ``estimate`` is all there is to do. A kind of density that learns otherwise has a function of its own,
    registered by ``@fit_density.register``.

    Parameters
    ----------
    density, features : see above.
    settings : how long to train, where there is something to train.
    generator : source of all draws.
    least_rows : rows that a component needs, of a density that has components.
    on_epoch : called with each entry of the history, where there is one.
    """
    size = max(1, CHUNK_ENTRIES // density.n_features)
    with torch.no_grad():
        density.estimate(lambda: ((part, None) for part in features.split(size)))
    return TrainingResult([])


@fit_density.register
def _(
    density: Mixture,
    features: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    least_rows: float = 0.0,
    on_epoch: Callable[[Entry], None] | None = None,
) -> TrainingResult:
    with torch.no_grad():
        fit_by_expectation_maximisation(density, features, generator, least_rows=least_rows)
    return TrainingResult([])


@fit_density.register
def _(
    density: ContrastiveDensity,
    features: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    least_rows: float = 0.0,
    on_epoch: Callable[[Entry], None] | None = None,
) -> TrainingResult:
    _, held_out = hold_out(len(features), HELD_OUT, generator)
    result = fit_contrastive(
        density,
        features,
        held_out,
        replace(settings, learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY),
        generator,
        noise_ratio=NOISE_RATIO,
        on_epoch=on_epoch,
    )
    density.eval().to(features.dtype)  # from the single precision of its training
    return result


@fit_density.register
def _(
    density: AutoregressiveDensity,
    features: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    least_rows: float = 0.0,
    on_epoch: Callable[[Entry], None] | None = None,
) -> TrainingResult:
    trained, held_out = hold_out(len(features), HELD_OUT, generator)
    result = fit_autoregressive(
        density,
        features[trained],
        features[held_out],
        replace(settings, learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY),
        generator,
        on_epoch=on_epoch,
    )
    density.eval().to(features.dtype)
    return result
