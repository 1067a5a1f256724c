"""Gaussian mixtures: parameters from memberships, energy, sums that add, and expectation-maximisation.

Notation of methods.md section 1: rows z (n, D), memberships gamma (n, K) whose rows sum to one, weights phi
(K,), means mu (K, D), covariances Sigma (K, D, D). Energies are in nats. All of it runs in float64: the
matrices are small, and a nearly singular covariance then stays a number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hinterland.densities.base import Density, MembershipNetwork

SMALLEST_WEIGHT = 1e-30
"""A component's total membership is kept above this: a dead component weighs nothing and breaks nothing."""


@dataclass(frozen=True)
class GaussianSummary:
    """Sufficient statistics of weighted rows, which add: ``weights`` (K,), ``means`` (K, D), ``scatters`` (K, D, D).

    Scatters are taken about each component's own mean, and addition moves them (Chan, Golub and LeVeque, 1979),
    so that far-off data loses no digits.
    """

    weights: Tensor
    means: Tensor
    scatters: Tensor

    def __add__(self, other: GaussianSummary) -> GaussianSummary:
        """Statistics of both sets of rows together."""
        weights = self.weights + other.weights
        share = other.weights / weights.clamp_min(SMALLEST_WEIGHT)
        shift = other.means - self.means
        between = (self.weights * share)[:, None, None] * shift[:, :, None] * shift[:, None, :]
        return GaussianSummary(
            weights,
            self.means + share[:, None] * shift,
            self.scatters + other.scatters + between,
        )


def summarize(z: Tensor, gamma: Tensor) -> GaussianSummary:
    """Sufficient statistics of rows z (n, D) under memberships gamma (n, K)."""
    weights = gamma.sum(0)
    means = (gamma.T @ z) / weights.clamp_min(SMALLEST_WEIGHT)[:, None]
    centred = z.T - means[:, :, None]  # K, D, n
    scatters = (centred * gamma.T[:, None, :]) @ centred.mT
    return GaussianSummary(weights, means, scatters)


def ridge(summary: GaussianSummary, floor: float) -> Tensor:
    """Return (D,) variances added to each covariance's diagonal: ``floor`` times each feature's variance over all rows.

    A feature that does not vary at all gets the share of a variance of 1e-6 times its squared size (or 1), so that
    the ridge is never zero. No gradient flows through it.
    """
    with torch.no_grad():
        total = summary.weights.sum().clamp_min(SMALLEST_WEIGHT)
        phi = summary.weights / total
        mean = phi @ summary.means
        within = summary.scatters.diagonal(dim1=1, dim2=2).sum(0) / total
        between = phi @ (summary.means - mean).square()
        smallest = 1e-6 * mean.square().clamp_min(1.0)
        return floor * torch.maximum(within + between, smallest)


def mixture_parameters(summary: GaussianSummary, floor: float) -> tuple[Tensor, Tensor, Tensor]:
    """Weights phi (K,), means mu (K, D) and floored covariances Sigma (K, D, D) of summarised rows."""
    phi = summary.weights / summary.weights.sum().clamp_min(SMALLEST_WEIGHT)
    covariances = summary.scatters / summary.weights.clamp_min(SMALLEST_WEIGHT)[:, None, None]
    return phi, summary.means, covariances + torch.diag(ridge(summary, floor))


def precision_factors(covariances: Tensor) -> tuple[Tensor, Tensor]:
    """Inverse Cholesky factors W (K, D, D), where W W^T is the inverse of Sigma, and log-determinants of Sigma (K,)."""
    cholesky = torch.linalg.cholesky(covariances)
    identity = torch.eye(covariances.shape[-1], dtype=covariances.dtype, device=covariances.device)
    inverse = torch.linalg.solve_triangular(cholesky, identity.expand_as(cholesky), upper=False)
    log_determinants = 2 * cholesky.diagonal(dim1=1, dim2=2).log().sum(1)
    return inverse.mT, log_determinants


def component_log_densities(
    z: Tensor, phi: Tensor, mu: Tensor, factors: Tensor, log_determinants: Tensor
) -> Tensor:
    """Return log phi_k N(z; mu_k, Sigma_k) as (K, n), from inverse Cholesky factors (K, D, D)."""
    dimensions = z.shape[1]
    offset = (mu[:, None, :] @ factors).mT  # K, D, 1
    whitened = factors.mT @ z.T - offset  # K, D, n
    constant = torch.log(phi.clamp_min(SMALLEST_WEIGHT)) - 0.5 * (
        dimensions * math.log(2 * math.pi) + log_determinants
    )
    return constant[:, None] - 0.5 * whitened.square().sum(1)


def mixture_energy(z: Tensor, phi: Tensor, mu: Tensor, covariances: Tensor) -> Tensor:
    """Energy -log sum_k phi_k N(z; mu_k, Sigma_k) in nats, (n,), by log-sum-exp (DAGMM's E(z))."""
    factors, log_determinants = precision_factors(covariances)
    return -torch.logsumexp(component_log_densities(z, phi, mu, factors, log_determinants), 0)


class _BatchMixtureEnergy(torch.autograd.Function):
    """Energies of rows under the mixture that the same rows and their memberships define.

    Value and gradient equal those of ``mixture_energy`` on ``mixture_parameters(summarize(z, gamma))``; written
    out because a training step on a small network would otherwise spend most of its time here. With responsibility
    r_ik of component k for row i, deviation d_ik = z_i - mu_k and a_ik = Sigma_k^-1 d_ik:
    dE_i/dmu_k = -r_ik a_ik, dE_i/dSigma_k = r_ik (Sigma_k^-1 - a_ik a_ik^T) / 2, dE_i/dphi_k = -r_ik / phi_k, and the
    chain rule through the weighted sums gives the gradients of z and gamma.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, gamma: Tensor, floor: float) -> tuple[Tensor, Tensor]:
        gamma = gamma.T.contiguous()  # K, n
        rows = z.T.contiguous()  # D, n
        summary = summarize(z, gamma.T)
        phi, mu, covariances = mixture_parameters(summary, floor)
        factors, log_determinants = precision_factors(covariances)
        deviations = rows - mu[:, :, None]  # K, D, n
        scaled = (factors @ factors.mT) @ deviations
        constant = torch.log(phi.clamp_min(SMALLEST_WEIGHT)) - 0.5 * (
            rows.shape[0] * math.log(2 * math.pi) + log_determinants
        )
        joint = constant[:, None] - 0.5 * (deviations * scaled).sum(1)  # K, n
        energy = -torch.logsumexp(joint, 0)
        weights = summary.weights.clamp_min(SMALLEST_WEIGHT)
        ctx.save_for_backward(
            gamma, deviations, scaled, torch.exp(joint + energy), factors, phi, weights, summary.scatters
        )
        return energy, covariances.diagonal(dim1=1, dim2=2)

    @staticmethod
    def backward(ctx: Any, energy_gradient: Tensor, diagonal_gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        gamma, deviations, scaled, responsibilities, factors, phi, weights, scatters = ctx.saved_tensors
        n = gamma.shape[1]
        rho = energy_gradient * responsibilities  # K, n
        pulled = scaled * rho[:, None, :]
        rho_total = rho.sum(1)
        phi_gradient = -rho_total / phi.clamp_min(SMALLEST_WEIGHT)
        mu_gradient = -pulled.sum(2)
        sigma_gradient = 0.5 * (rho_total[:, None, None] * (factors @ factors.mT) - pulled @ scaled.mT)
        sigma_gradient = sigma_gradient + torch.diag_embed(diagonal_gradient)
        through_sigma = sigma_gradient @ deviations  # K, D, n
        per_weight = 1 / weights
        quadratic = (deviations * (through_sigma + mu_gradient[:, :, None])).sum(1)
        spread = (sigma_gradient * scatters).sum((1, 2)) * per_weight
        gamma_gradient = (quadratic - spread[:, None]) * per_weight[:, None] + (phi_gradient / n)[:, None]
        shares = (gamma * per_weight[:, None])[:, None, :]
        z_gradient = (pulled + shares * (2 * through_sigma + mu_gradient[:, :, None])).sum(0)
        return z_gradient.T, gamma_gradient.T, None


def batch_mixture_energy(z: Tensor, gamma: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    """Energies (n,) in nats of rows z (n, D) under the mixture estimated on them, and covariance diagonals (K, D).

    Memberships gamma are (n, K); both in float64. Differentiable in z and gamma; the floor is a constant.
    """
    return _BatchMixtureEnergy.apply(z, gamma, floor)


def covariance_penalty(diagonals: Tensor) -> Tensor:
    """Sum over components and features of one over the covariances' diagonals (K, D) (DAGMM's P)."""
    return diagonals.reciprocal().sum()


class GaussianMixture(Density):
    """A mixture of K Gaussians with full covariances over composite features.

    Parameters
    ----------
    n_features : width D of the features.
    n_components : number K of Gaussians. One may lose all its members without harm.
    covariance_floor : share of each feature's variance that is added to every covariance's diagonal.
    hidden : widths of the estimation network's hidden layers; None for no estimation network, where
        memberships are the posterior of the stored parameters (expectation-maximisation).
    dropout : before the estimation network's last layer, while training.
    generator : source of the initial weights and of the dropout.
    """

    def __init__(
        self,
        n_features: int,
        n_components: int = 4,
        *,
        covariance_floor: float = 1e-6,
        hidden: Sequence[int] | None = (10,),
        dropout: float = 0.5,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.n_features = n_features
        self.n_components = n_components
        self.covariance_floor = covariance_floor
        self.settings = {
            "n_features": n_features,
            "n_components": n_components,
            "covariance_floor": covariance_floor,
            "hidden": None if hidden is None else list(hidden),
            "dropout": dropout,
        }
        self.estimation = (
            None
            if hidden is None
            else MembershipNetwork(n_features, n_components, hidden, dropout, generator)
        )
        shapes = {
            "weights": (n_components,),
            "means": (n_components, n_features),
            "factors": (n_components, n_features, n_features),
            "log_determinants": (n_components,),
        }
        for name, shape in shapes.items():
            self.register_buffer(name, torch.full(shape, math.nan, dtype=torch.float64))

    weights: Tensor
    means: Tensor
    factors: Tensor
    log_determinants: Tensor

    def memberships(self, features: Tensor) -> Tensor:
        """Memberships (n, K): the estimation network's, or the posterior of the stored parameters."""
        if self.estimation is not None:
            return self.estimation(features)
        return torch.softmax(self._component_log_densities(features), 0).T

    def batch_energy(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Energies (n,) in nats and covariance penalty, under the mixture estimated on this batch."""
        energy, diagonals = batch_mixture_energy(
            features.double(), self.memberships(features), self.covariance_floor
        )
        return energy, covariance_penalty(diagonals)

    def summarize(self, features: Tensor, memberships: Tensor | None = None) -> GaussianSummary:
        """Sufficient statistics of rows, in float64."""
        gamma = self.memberships(features) if memberships is None else memberships
        return summarize(features.double(), gamma.double())

    def freeze(self, summary: GaussianSummary) -> None:
        """Store weights, means, inverse Cholesky factors and log-determinants: all that scoring needs."""
        phi, mu, covariances = mixture_parameters(summary, self.covariance_floor)
        self.weights, self.means = phi, mu
        self.factors, self.log_determinants = precision_factors(covariances)

    def energy(self, features: Tensor) -> Tensor:
        """Energy in nats (n,) under the stored parameters."""
        return -torch.logsumexp(self._component_log_densities(features), 0)

    def _component_log_densities(self, features: Tensor) -> Tensor:
        return component_log_densities(
            features.double(), self.weights, self.means, self.factors, self.log_determinants
        )
