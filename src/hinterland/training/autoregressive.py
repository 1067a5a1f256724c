"""Training of an autoregressive density: maximum likelihood of the bins."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.training.history import Entry
from hinterland.training.loop import TrainingResult, train
from hinterland.training.settings import LoopSettings


def fit_autoregressive(
    density: AutoregressiveDensity,
    features: Tensor,
    held_out: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    on_epoch: Callable[[Entry], None] | None = None,
) -> TrainingResult:
    """Learn bins and network from features (n, D), float64; the state is kept that is best on ``held_out`` (m, D).

    Without rows that are held out it is the last state. Where a network cannot tell more than each column by itself
    does, the first state stays, which is just that.
    """
    with torch.no_grad():
        density.estimate(lambda: [(features, None)])
    rows = (features.float(), density.bins(features).T)
    new = (held_out.float(), density.bins(held_out))

    def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        values, bins = batch
        return {"negative_log_likelihood": density.parts_of_bins(values, bins.T.contiguous()).sum(1).mean()}

    def validate() -> float:
        with torch.no_grad():
            return float(density.parts_of_bins(*new).sum(1).mean())

    return train(
        [density],
        objective,
        rows,
        settings,
        generator,
        validate=validate if len(held_out) else None,
        on_epoch=on_epoch,
        recordable=density.recordable,
    )
