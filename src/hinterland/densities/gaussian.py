"""Gaussian mixtures: parameters from memberships, energy, sums that add, and expectation-maximisation.

Notation of methods.md section 1: rows z (n, D), memberships gamma (n, K) whose rows sum to one, weights phi
(K,), means mu (K, D), covariances Sigma (K, D, D). Energies are in nats. All of it runs in float64: the
matrices are small, and a nearly singular covariance then stays a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hinterland.densities.base import Parts
from hinterland.densities.mixture import SMALLEST_WEIGHT, Mixture, total
from hinterland.parameters import check_number


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
    center = z.mean(0)
    centred = (z - center).T.contiguous()  # D, n: moments about the rows' mean keep their digits
    means = (gamma.T @ centred.T) / weights.clamp_min(SMALLEST_WEIGHT)[:, None]
    weighted = (gamma.T[:, None, :] * centred).flatten(0, 1)  # K D, n
    moments = (weighted @ centred.T).unflatten(0, means.shape)
    scatters = moments - weights[:, None, None] * means[:, :, None] * means[:, None, :]
    return GaussianSummary(weights, means + center, scatters)


def ridge(summary: GaussianSummary, floor: float, least: float = 0.0) -> Tensor:
    """Return (D,) variances added to each covariance's diagonal: ``floor`` times each feature's variance over all rows.

    A feature that does not vary (by less than a millionth of its size, or of 1) gets the share of a variance of 1e-6
    times its squared size (or 1), so that the ridge is never zero; ``least`` is the least that any feature gets. No
    gradient flows through it.
    """
    with torch.no_grad():
        total = summary.weights.sum().clamp_min(SMALLEST_WEIGHT)
        phi = summary.weights / total
        mean = phi @ summary.means
        within = summary.scatters.diagonal(dim1=1, dim2=2).sum(0) / total
        between = phi @ (summary.means - mean).square()
        return _ridge(mean, within + between, floor).clamp_min(least)


def overall_covariance(summary: GaussianSummary) -> Tensor:
    """Return the covariance (D, D) of all rows: that within the components and that between their means."""
    weights = summary.weights.sum().clamp_min(SMALLEST_WEIGHT)
    shift = summary.means - (summary.weights @ summary.means) / weights
    return (summary.scatters.sum(0) + (summary.weights[:, None] * shift).T @ shift) / weights


def _ridge(mean: Tensor, variance: Tensor, floor: float) -> Tensor:
    size = mean.square().clamp_min(1.0)
    return floor * torch.where(variance > 1e-12 * size, variance, 1e-6 * size)


def mixture_parameters(
    summary: GaussianSummary, floor: float, *, least: float = 0.0, shared_rows: float = 0.0
) -> tuple[Tensor, Tensor, Tensor]:
    """Weights phi (K,), means mu (K, D) and floored covariances Sigma (K, D, D) of summarised rows.

    ``shared_rows`` rows that vary as those of all components do about their means count beside each component's own, as
    in regularised discriminant analysis (Friedman, 1989): few rows make no narrow component. A component without any
    row is as wide as all rows: a narrow one would still claim those at its mean.
    """
    phi = summary.weights / summary.weights.sum().clamp_min(SMALLEST_WEIGHT)
    weights, scatters = summary.weights, summary.scatters
    if shared_rows:
        within = scatters.sum(0) / weights.sum().clamp_min(SMALLEST_WEIGHT)
        weights, scatters = weights + shared_rows, scatters + shared_rows * within
    covariances = scatters / weights.clamp_min(SMALLEST_WEIGHT)[:, None, None]
    empty = (summary.weights == 0)[:, None, None]
    covariances = torch.where(empty, overall_covariance(summary), covariances)
    return phi, summary.means, covariances + torch.diag(ridge(summary, floor, least))


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
    whitened = (factors.mT.flatten(0, 1) @ z.T).unflatten(0, mu.shape) - offset  # K, D, n: one matrix product
    constant = torch.log(phi.clamp_min(SMALLEST_WEIGHT)) - 0.5 * (
        dimensions * math.log(2 * math.pi) + log_determinants
    )
    densities: Tensor = constant[:, None] - 0.5 * whitened.square().sum(1)
    return densities


def mixture_energy(z: Tensor, phi: Tensor, mu: Tensor, covariances: Tensor) -> Tensor:
    """Energy -log sum_k phi_k N(z; mu_k, Sigma_k) in nats, (n,), by log-sum-exp (DAGMM's E(z))."""
    factors, log_determinants = precision_factors(covariances)
    return -torch.logsumexp(component_log_densities(z, phi, mu, factors, log_determinants), 0)


class _BatchMixtureEnergy(torch.autograd.Function):
    """Energies of rows under the mixture that the same rows and their memberships define, and covariance diagonals.

    Values and gradients are those of ``mixture_energy`` on ``mixture_parameters(summarize(z, gamma))``; written out
    because a training step on a small network would otherwise spend most of its time here. A row z, less the batch's
    mean, is lengthened to x = (1, z). A component's weight, mean and covariance are then one matrix,
    S_k = sum_i gamma_ik x_i x_i^T, and with A_k = S_k / w_k + diag(0, ridge) and P_k its inverse

        x^T P_k x = 1 + (z - mu_k)^T Sigma_k^-1 (z - mu_k),   det A_k = det Sigma_k,

    so that few large operations do it all. With rho_ik the gradient of E_i times component k's responsibility,

        dL/dA_k = (sum_i rho_ik P_k - P_k (sum_i rho_ik x_i x_i^T) P_k) / 2,

    and the chain rule through A_k and S_k gives the gradients of z and gamma. None flows through the ridge.
    Means are taken about the batch's and not the component's own, which costs digits only where a component is
    far narrower than far off: energies err by some 1e-16 (distance / standard deviation)^2 / floor. Where a matrix
    has no Cholesky factor, energies are not finite: training then goes back, where an exception would end it.
    """

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, gamma: Tensor, floor: float, counts: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        n, dimensions = z.shape
        gamma = gamma.T.contiguous()  # K, n
        mean = _mean(z.T, counts)
        x = z.new_ones(dimensions + 1, n)
        torch.sub(z.T, mean[:, None], out=x[1:])
        sums = (gamma[:, None] * x) @ x.T  # S (K, D + 1, D + 1), with the weights at its corner
        weights = sums[:, 0, 0].clamp_min(SMALLEST_WEIGHT)
        moments = sums / weights[:, None, None]
        moments[:, 0, 0] = 1  # of an empty component too, which gets the ridge for its covariance
        inflated = moments.clone()
        inflated.diagonal(dim1=1, dim2=2)[:, 1:] += _ridge(mean, _mean(x[1:].square(), counts), floor)
        cholesky, _ = torch.linalg.cholesky_ex(
            inflated
        )  # where it fails, its diagonal has no finite logarithm
        precisions = _inverse(cholesky)
        half_log_determinants = cholesky.diagonal(dim1=1, dim2=2).log().sum(1)
        constant = torch.log(weights / weights.sum()) - half_log_determinants
        constant -= 0.5 * (dimensions * math.log(2 * math.pi) - 1)
        scaled = precisions @ x  # P_k x_i (K, D + 1, n)
        joint = torch.add(constant[:, None], (scaled * x).sum(1), alpha=-0.5)  # K, n
        largest = joint.amax(0)
        responsibilities = joint.sub_(largest).exp_()
        total = responsibilities.sum(0)
        responsibilities /= total
        energy = largest.add_(total.log_()).neg_()
        ctx.save_for_backward(gamma, x, weights, moments, precisions, scaled, responsibilities)
        return energy, inflated.diagonal(dim1=1, dim2=2)[:, 1:] - moments[:, 0, 1:].square()

    @staticmethod
    def backward(
        ctx: Any, energy_gradient: Tensor, diagonal_gradient: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        gamma, x, weights, moments, precisions, scaled, responsibilities = ctx.saved_tensors
        rho = energy_gradient * responsibilities  # K, n
        rho_total = rho.sum(1)
        pulled = rho[:, None] * scaled
        gradient = torch.baddbmm(rho_total[:, None, None] * precisions, pulled, scaled.mT, alpha=-1).mul_(0.5)
        gradient.diagonal(dim1=1, dim2=2)[:, 1:] += diagonal_gradient  # Sigma_dd = A_dd - A_0d A_d0
        through_means = moments[:, 0, 1:] * diagonal_gradient
        gradient[:, 0, 1:] -= through_means
        gradient[:, 1:, 0] -= through_means
        gradient[:, 0, 0] -= (gradient * moments).sum((1, 2)) + rho_total
        gradient /= weights[:, None, None]
        gradient[:, 0, 0] += rho_total.sum() / weights.sum()
        through = gradient @ x  # dL/dS_k x_i (K, D + 1, n)
        gamma_gradient = (through * x).sum(1)
        z_gradient = torch.addcmul(pulled, gamma[:, None], through, value=2).sum(0)[1:]
        return z_gradient.T, gamma_gradient.T, None, None


def _inverse(cholesky: Tensor) -> Tensor:
    """Inverses (K, D, D) of the matrices that have these Cholesky factors."""
    if not cholesky.is_cuda:
        return torch.cholesky_inverse(cholesky)
    # On a device torch hands that to a library that waits for the processor, which no recording of a step may.
    identity = torch.eye(cholesky.shape[-1], dtype=cholesky.dtype, device=cholesky.device)
    factors = torch.linalg.solve_triangular(cholesky, identity.expand_as(cholesky), upper=False)
    inverses: Tensor = factors.mT @ factors
    return inverses


def _mean(x: Tensor, counts: Tensor | None) -> Tensor:
    """Mean (D,) of columns x (D, n), which count alike or by counts (n,)."""
    return x.mean(1) if counts is None else (x @ counts) / counts.sum()


def batch_mixture_energy(
    z: Tensor, gamma: Tensor, floor: float, counts: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Energies (n,) in nats of rows z (n, D) under the mixture estimated on them, and covariance diagonals (K, D).

    Memberships gamma are (n, K); both in float64. Rows of gamma sum to one, or to what a row counts, ``counts`` (n,).
    Differentiable in z and gamma; the floor is a constant.
    """
    energies: tuple[Tensor, Tensor] = _BatchMixtureEnergy.apply(z, gamma, floor, counts)  # type: ignore[no-untyped-call]  # torch's
    return energies


def covariance_penalty(diagonals: Tensor) -> Tensor:
    """Sum over components and features of one over the covariances' diagonals (K, D) (DAGMM's P)."""
    return diagonals.reciprocal().sum()


class GaussianMixture(Mixture, name="gaussian"):
    """A mixture of K Gaussians with full covariances (DAGMM); parameters as in ``hinterland.densities.mixture``.

    ``covariance_floor`` times each feature's variance is added to every covariance's diagonal; to those stored, though
    not while training jointly, ``least_variance`` at least, and ``shared_rows`` rows count in each of them that vary as
    the rows of all components do.
    """

    recordable = True
    factors: Tensor
    log_determinants: Tensor

    def __init__(
        self,
        n_features: int,
        n_components: int = 4,
        *,
        least_variance: float = 0.0,
        shared_rows: float = 0.0,
        **others: Any,
    ) -> None:
        super().__init__(n_features, n_components, **others)
        check_number("least_variance", least_variance, least=0)
        check_number("shared_rows", shared_rows, least=0)
        self.least_variance = least_variance
        self.shared_rows = shared_rows
        self.settings |= {"least_variance": least_variance, "shared_rows": shared_rows}

    def buffer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what ``estimate`` stores, by name."""
        return {
            **super().buffer_shapes(),
            "factors": (self.n_components, self.n_features, self.n_features),
            "log_determinants": (self.n_components,),
        }

    def batch_energy(self, features: Tensor, counts: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Energies (n,) in nats and covariance penalty, under the mixture estimated on this batch."""
        counts = None if counts is None else counts.double()
        gamma = self.counted_memberships(features, counts)
        energy, diagonals = batch_mixture_energy(features.double(), gamma, self.covariance_floor, counts)
        return energy, covariance_penalty(diagonals)

    def summarize(self, features: Tensor, memberships: Tensor | None = None) -> GaussianSummary:
        """Sufficient statistics of rows (n, D) in float64, under memberships (n, K) or the density's own."""
        gamma = self.memberships(features) if memberships is None else memberships
        return summarize(features.double(), gamma.double())

    def freeze(self, summary: GaussianSummary) -> None:
        """Store weights, means, inverse Cholesky factors and log-determinants: all that scoring needs."""
        phi, mu, covariances = mixture_parameters(
            summary, self.covariance_floor, least=self.least_variance, shared_rows=self.shared_rows
        )
        self.weights, self.means = phi, mu
        self.factors, self.log_determinants = precision_factors(covariances)

    def estimate(self, parts: Parts) -> None:
        """Store the mixture that all rows give, in one pass."""
        self.freeze(total(self.summarize(features, memberships) for features, memberships in parts()))

    def component_log_densities(self, features: Tensor) -> Tensor:
        """Log of weight times density of each stored Gaussian at features (n, D), in nats, (K, n)."""
        return component_log_densities(
            features.double(), self.weights, self.means, self.factors, self.log_determinants
        )
