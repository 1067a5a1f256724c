"""Principal components as an autoencoder without hidden layers: computed, not trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hinterland.networks.base import Network


def fit_principal_components(network: Network, rows: Tensor) -> None:
    """Give a linear autoencoder the weights of the principal components of rows (n, d), in float64.

    With mean m and loadings U (d, latent_dim), those of the largest variances: latent U^T (x - m), reconstruction
    U latent + m (CANCE on fixed features; methods.md section 6).

    Raises
    ------
    ValueError
        For a network with hidden layers or a normalised latent, or with more latents than columns.
    """
    match [*getattr(network, "encoder", ()), *getattr(network, "decoder", ())]:
        case [nn.Linear() as encoder, nn.Linear() as decoder]:
            pass
        case _:
            raise ValueError(
                "principal components need an autoencoder without hidden layers and latent normalisation, got "
                f"{type(network).__name__} with {network.settings}"
            )
    if network.latent_dim > network.n_features:
        raise ValueError(
            f"there are no more principal components than the {network.n_features} columns, got latent_dim "
            f"{network.latent_dim}"
        )
    rows = rows.double()
    mean = rows.mean(0)
    centred = rows - mean
    _, vectors = torch.linalg.eigh(centred.mT @ centred)  # variances in rising order
    loadings = vectors[:, -network.latent_dim :].flip(1)
    network.double()
    with torch.no_grad():
        encoder.weight.copy_(loadings.mT)
        encoder.bias.copy_(-mean @ loadings)
        decoder.weight.copy_(loadings)
        decoder.bias.copy_(mean)
    network.eval()
