"""The sums that a stored Gaussian mixture was made of, and sums with new rows: a mixture that goes on without training.

A ``GaussianMixture`` stores what scoring needs: weights phi, means mu and factors of the covariances Sigma. With the
number n of rows that made it, ``mixture_parameters`` can be undone, so that a file needs no sums beside it:

    w_k = n phi_k,    S_k = (w_k + s)(Sigma_k - diag(r)) - s C,

with S_k the scatter about mu_k, s the shared rows, C the covariance within components and r the ridge, which both
follow from the same equations summed over components. It is exact up to rounding, some 1e-16 times the condition number
of Sigma_k, which the covariance floor bounds; but the scatter of a component without any row is zero.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hinterland.densities.gaussian import GaussianMixture, GaussianSummary
from hinterland.parameters import check_number


def forgotten(summary: GaussianSummary, share: float) -> GaussianSummary:
    """Statistics in which each row counts for less by a share in [0, 1]."""
    check_number("share", share, least=0, most=1)
    kept = 1.0 - share
    return GaussianSummary(kept * summary.weights, summary.means, kept * summary.scatters)


def stored_summary(density: GaussianMixture, n_rows: float) -> GaussianSummary:
    """Sufficient statistics of the ``n_rows`` rows that a frozen mixture was estimated from.

    ``density.freeze`` of them gives the same mixture again.
    """
    check_number("n_rows", n_rows, above=0)
    weights, means = n_rows * density.weights.double(), density.means.double()
    covariances = _covariances(density.factors.double())
    there = weights > 0
    counted = weights[there] + density.shared_rows
    # Summed over the components with rows: (n + K s) C = sum (w_k + s)(Sigma_k - r), on the diagonal with r of C.
    raised = (counted[:, None, None] * covariances[there]).sum(0) / counted.sum()
    shift = means - (weights @ means) / weights.sum()
    between = (weights @ shift.square()) / weights.sum()
    ridge = _ridge(density, raised.diagonal(), between, (weights @ means) / weights.sum())
    within = raised - torch.diag(ridge)
    scatters = (weights + density.shared_rows)[:, None, None] * (
        covariances - torch.diag(ridge)
    ) - density.shared_rows * within
    return GaussianSummary(
        weights, means, torch.where(there[:, None, None], scatters, torch.zeros_like(scatters))
    )


def _covariances(factors: Tensor) -> Tensor:
    """Covariances (K, D, D) whose inverses are W W^T: L L^T, with L the inverse of W^T."""
    identity = torch.eye(factors.shape[-1], dtype=factors.dtype, device=factors.device)
    cholesky = torch.linalg.solve_triangular(factors.mT, identity.expand_as(factors), upper=False)
    covariances: Tensor = cholesky @ cholesky.mT
    return covariances


def _ridge(density: GaussianMixture, raised: Tensor, between: Tensor, mean: Tensor) -> Tensor:
    """The ridge r (D,) in ``raised`` variances within components: that of the variance v = raised - r + between."""
    floor, size = density.covariance_floor, mean.square().clamp_min(1.0)
    share = floor * (raised + between) / (1 + floor)  # r = floor v
    constant = floor * 1e-6 * size  # r of a column that does not vary
    is_constant = (raised - constant + between).abs() <= 1e-12 * size
    return torch.where(is_constant, constant, share).clamp_min(density.least_variance)
