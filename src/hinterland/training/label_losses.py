"""Labels in the loss: what known anomalies add to joint training, as functions of energies in nats.

``reciprocal`` is the modified loss of the slides on variants of DAGMM (methods.md section 3.4), for reproduction: a
known anomaly's energy E becomes 1 / E, which says nothing of an energy that is large already, and pushes the wrong way,
without bound, where E is below zero. ``ranking`` is ours, and the default.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

LABEL_LOSSES = ("ranking", "reciprocal")
SMALLEST_ENERGY = 1e-3
"""Energies are kept above this for their reciprocal."""

REFERENCE_QUANTILE = 0.95
LARGEST_SHARE_TAKEN = 0.5
"""Share of a known anomaly's entries that its variants take from other rows, at most."""

MARGIN = 5.0
"""Nats that a known anomaly is to lie above the reference quantile of the other rows' energies."""


def reciprocal_energies(energy: Tensor, is_anomaly: Tensor) -> Tensor:
    """Energies (n,) with those of known anomalies turned into their reciprocals, clamped: the slides' loss a row."""
    return torch.where(is_anomaly, 1 / energy.clamp_min(SMALLEST_ENERGY), energy)


def ranking_losses(anomaly_energy: Tensor, other_energy: Tensor) -> Tensor:
    """Losses (m,) of known anomalies' energies (m,) that lie too low among others' (n,).

    softplus(q + margin - E), with q the 95 % quantile of the other rows' energies, which no gradient flows through. It
    is never negative, its gradient never larger than 1, and nothing changes where all energies shift alike: what counts
    is where known anomalies rank. One that lies far above the others adds nothing.
    """
    with torch.no_grad():
        bar = torch.quantile(other_energy, REFERENCE_QUANTILE) + MARGIN
    return softplus(bar - anomaly_energy)


def anomaly_variants(anomalies: Tensor, others: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
    """Random variants (n, d) of known anomalies (m, d): each takes some entries from one of the other rows.

    The share taken is uniform up to a half. A handful of known anomalies is learnt by heart if it stays as it is, and
    says nothing of rows near them; their variants stand for what is near, on the scale of the table itself.
    """
    chosen = torch.randint(len(anomalies), (n,), generator=generator)
    donors = torch.randint(len(others), (n,), generator=generator)
    share = LARGEST_SHARE_TAKEN * torch.rand((n, 1), generator=generator)
    taken = torch.rand((n, anomalies.shape[1]), generator=generator) < share
    device = anomalies.device
    return torch.where(taken.to(device), others[donors.to(device)], anomalies[chosen.to(device)])
