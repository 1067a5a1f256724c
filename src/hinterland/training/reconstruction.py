"""Reconstruction training: a network alone, to give its rows back."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from hinterland.composite import row_errors
from hinterland.networks.base import Network
from hinterland.training.loop import LoopSettings, TrainingResult, train


def fit_reconstruction(
    network: Network,
    rows: Tensor,
    held_out: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a network to reconstruct scaled rows (n, d), by mean squared error and its own penalty.

    The state that reconstructs the held-out rows (m, d) best is kept; the last, where there are none.
    """

    def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        encoding = network(batch[0])
        error = row_errors(batch[0], encoding.reconstruction).mean_squared_error.mean()
        return {"reconstruction": error, "network_penalty": encoding.penalty}

    def validate() -> float:
        with torch.no_grad():
            return float(sum(objective((held_out,)).values()))

    return train(
        [network],
        objective,
        (rows,),
        settings,
        generator,
        validate=validate if len(held_out) else None,
        diagnostics=network.diagnostics,
        on_epoch=on_epoch,
    )
