"""Reconstruction training: a network alone, to give its rows back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from hinterland.model.composite import MEASURES, row_errors
from hinterland.networks.base import Network
from hinterland.training.loop import TrainingResult, train
from hinterland.training.settings import LoopSettings
from hinterland.training.steps import Objective


def reconstruction_objective(
    network: Network,
    latent_terms: Callable[[Tensor], dict[str, Tensor]] | None = None,
    measure: str = "mean",
) -> Objective:
    """Error of a network's reconstructions of a batch of scaled rows, and the network's own penalty.

    ``measure`` says what the error is (``hinterland.model.composite.MEASURES``), by default the mean squared one;
    ``latent_terms`` gives more terms of the loss by name, from the batch's latent (n, latent_dim).
    """

    def objective(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        encoding = network(*batch)
        error = MEASURES[measure](row_errors(batch[0], encoding.reconstruction)).mean()
        terms = {"reconstruction": error, "network_penalty": encoding.penalty}
        return terms | ({} if latent_terms is None else latent_terms(encoding.latent))

    return objective


def fit_reconstruction(
    network: Network,
    rows: Tensor,
    held_out: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    learnt: Sequence[nn.Module] | None = None,
    latent_terms: Callable[[Tensor], dict[str, Tensor]] | None = None,
    measure: str = "mean",
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a network to reconstruct scaled rows (n, d), by the error and its own penalty.

    The state that does so best on the held-out rows (m, d) is kept; the last, where there are none.

    Parameters
    ----------
    network, rows, held_out : see above.
    settings, generator, on_epoch : as in ``hinterland.training.loop.train``.
    learnt : parts of the network to train, while the others stay in evaluation mode as they are; None for all of it.
    latent_terms : more terms of the loss by name, from a batch's latent (n, latent_dim).
    measure : of the error; see ``reconstruction_objective``.
    """
    network.prepare(rows)
    objective = reconstruction_objective(network, latent_terms, measure)

    def validate() -> float:
        with torch.no_grad():
            return float(sum(objective((held_out,)).values()))

    return train(
        [network] if learnt is None else learnt,
        objective,
        (rows, *network.constants(rows)),
        settings,
        generator,
        validate=validate if len(held_out) else None,
        diagnostics=network.diagnostics,
        on_epoch=on_epoch,
        recordable=network.recordable,
    )
