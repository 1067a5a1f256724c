"""Reconstruction in two stages: encoder and decoder with uncorrelated latents, then the decoder alone (CANCE)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hinterland.networks.base import Network
from hinterland.networks.gradients import without_gradients
from hinterland.training.loop import TrainingResult
from hinterland.training.reconstruction import fit_reconstruction
from hinterland.training.settings import LoopSettings


def latent_covariance_loss(latent: Tensor) -> Tensor:
    """Mean square of what lies off the diagonal of a batch's latent covariance (CANCE's equation 2), a scalar.

    The latent is (n, d); the covariance is divided by n. A latent of one dimension has nothing there: zero.
    """
    n, d = latent.shape
    centred = latent - latent.mean(0)
    covariance = centred.mT @ centred / n
    off_diagonal = covariance - torch.diag(covariance.diagonal())
    return off_diagonal.square().sum() / max(1, d * (d - 1))


def fit_encoder_and_decoder(
    network: Network,
    rows: Tensor,
    held_out: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    covariance_weight: float,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a network on scaled rows (n, d) by CANCE's equation 1: the first stage.

    ``covariance_weight`` is lambda; the squared error beside it is averaged over a row's entries, so that it means
    the same for rows of any width. Otherwise as ``fit_reconstruction``.
    """
    return fit_reconstruction(
        network,
        rows,
        held_out,
        settings,
        generator,
        latent_terms=lambda latent: {"latent_covariance": covariance_weight * latent_covariance_loss(latent)},
        on_epoch=on_epoch,
    )


def fit_decoder(
    network: Network,
    rows: Tensor,
    held_out: Tensor,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train a network's decoder alone on scaled rows (n, d): the second stage. Otherwise as ``fit_reconstruction``.

    The encoder stays as it is, in evaluation mode: the running statistics of its batch normalisation do not move.

    Raises
    ------
    ValueError
        For a network whose ``encoder`` and ``decoder`` are no modules.
    """
    encoder, decoder = (getattr(network, name, None) for name in ("encoder", "decoder"))
    if not isinstance(encoder, nn.Module) or not isinstance(decoder, nn.Module):
        raise ValueError(
            "network must have modules encoder and decoder for the decoder to be trained alone, got "
            f"{type(network).__name__}"
        )
    network.eval()
    with without_gradients(encoder):
        return fit_reconstruction(
            network, rows, held_out, settings, generator, learnt=[decoder], on_epoch=on_epoch
        )
