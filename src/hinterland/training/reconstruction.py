"""Reconstruction training: a network alone, to give its rows back."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from hinterland.composite import row_errors
from hinterland.networks.base import Network
from hinterland.training.hold_out import hold_out
from hinterland.training.loop import LoopSettings, TrainingResult, train


def fit_reconstruction(
    network: Network,
    rows: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    validation_share: float = 0.0,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a network to reconstruct scaled rows (n, d), by mean squared error and its own penalty.

    A share of the rows is held out, and the state that reconstructs them best is kept.
    """

    def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        encoding = network(batch[0])
        error = row_errors(batch[0], encoding.reconstruction).mean_squared_error.mean()
        return {"reconstruction": error, "network_penalty": encoding.penalty}

    training, validation = hold_out(len(rows), validation_share, generator)
    held_out = (rows[validation],)

    def validate() -> float:
        with torch.no_grad():
            return float(sum(objective(held_out).values()))

    return train(
        [network],
        objective,
        (rows[training],),
        settings,
        generator,
        validate=validate if len(validation) else None,
        diagnostics=network.diagnostics,
        on_epoch=on_epoch,
    )
