"""Mixtures of Laplacians with independent coordinates: parameters from memberships, energy, and sums that add.

Notation of methods.md section 3.3: rows z (n, D), memberships gamma (n, K), weights pi (K,), means mu (K, D), scales
b (K, D). The means are the weighted means of the slides, not the weighted medians of maximum likelihood. Energies are
in nats, in float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from hinterland.densities.base import Parts
from hinterland.densities.mixture import SMALLEST_WEIGHT, Mixture, total


@dataclass(frozen=True)
class CenterSummary:
    """Statistics of weighted rows, which add: ``weights`` (K,) and ``means`` (K, D)."""

    weights: Tensor
    means: Tensor

    def __add__(self, other: CenterSummary) -> CenterSummary:
        """Statistics of both sets of rows together."""
        weights = self.weights + other.weights
        share = (other.weights / weights.clamp_min(SMALLEST_WEIGHT))[:, None]
        return CenterSummary(weights, self.means + share * (other.means - self.means))


@dataclass(frozen=True)
class DeviationSummary:
    """Sums (K, D) of weighted absolute deviations from means that are known already; they add."""

    deviations: Tensor

    def __add__(self, other: DeviationSummary) -> DeviationSummary:
        """Sums over both sets of rows."""
        return DeviationSummary(self.deviations + other.deviations)


def summarize_centers(z: Tensor, gamma: Tensor) -> CenterSummary:
    """Weights and means of rows z (n, D) under memberships gamma (n, K)."""
    weights = gamma.sum(0)
    center = z.mean(0)  # moments about it keep their digits
    return CenterSummary(
        weights, center + (gamma.T @ (z - center)) / weights.clamp_min(SMALLEST_WEIGHT)[:, None]
    )


def summarize_deviations(z: Tensor, gamma: Tensor, mu: Tensor) -> DeviationSummary:
    """Sums of gamma |z - mu| over rows z (n, D), for memberships gamma (n, K) and means mu (K, D)."""
    return DeviationSummary(torch.einsum("nk,knd->kd", gamma, (z - mu[:, None]).abs()))


def mixture_parameters(
    centers: CenterSummary, deviations: DeviationSummary, floor: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Weights pi (K,), means mu (K, D) and floored scales b (K, D)."""
    weights = centers.weights.clamp_min(SMALLEST_WEIGHT)
    pi = centers.weights / centers.weights.sum().clamp_min(SMALLEST_WEIGHT)
    scales = deviations.deviations / weights[:, None]
    return pi, centers.means, scales + scale_floor(pi, centers.means, scales, floor)


def scale_floor(pi: Tensor, mu: Tensor, b: Tensor, floor: float) -> Tensor:
    """Return (D,) what each scale is raised by: the root of ``floor`` times each feature's spread over all rows.

    The spread is the mean absolute deviation from the component's mean and the component's from the overall mean,
    added. A feature that does not vary gets a thousandth of its size, or of 1. No gradient flows through it.
    """
    with torch.no_grad():
        mean = pi @ mu
        spread = pi @ (b + (mu - mean).abs())
        size = mean.abs().clamp_min(1.0)
        return math.sqrt(floor) * torch.where(spread > 1e-6 * size, spread, 1e-3 * size)


def component_log_densities(z: Tensor, pi: Tensor, mu: Tensor, b: Tensor) -> Tensor:
    """Return log pi_k prod_j Laplace(z_j; mu_kj, b_kj) as (K, n)."""
    constant = torch.log(pi.clamp_min(SMALLEST_WEIGHT)) - torch.log(2 * b).sum(1)
    return constant[:, None] - ((z - mu[:, None]).abs() / b[:, None]).sum(2)


def mixture_energy(z: Tensor, pi: Tensor, mu: Tensor, b: Tensor) -> Tensor:
    """Energy -log sum_k pi_k prod_j Laplace(z_j; mu_kj, b_kj) in nats, (n,), by log-sum-exp."""
    return -torch.logsumexp(component_log_densities(z, pi, mu, b), 0)


def scale_penalty(b: Tensor) -> Tensor:
    """Sum over components and features of one over the scales (K, D): the analogue of DAGMM's penalty."""
    return b.reciprocal().sum()


class LaplacianMixture(Mixture, name="laplacian"):
    """A mixture of K Laplacians with independent coordinates; parameters as in ``hinterland.densities.mixture``.

    Its tails fall slower than a Gaussian's: a far row is anomalous by its distance, not by the square of it. Scales
    are raised by the root of ``covariance_floor`` times each feature's spread.
    """

    recordable = True
    scales: Tensor

    def buffer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what ``estimate`` stores, by name."""
        return {
            **super().buffer_shapes(),
            "scales": (self.n_components, self.n_features),
        }

    def check_stored(self) -> None:
        """Raise ValueError unless weights are shares and scales positive."""
        super().check_stored()
        if bool((self.scales <= 0).any()):
            raise ValueError("a Laplacian mixture has scales that are not above 0")

    def batch_energy(self, features: Tensor, counts: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Energies (n,) in nats and scale penalty, under the mixture estimated on this batch."""
        z, gamma = features.double(), self.counted_memberships(features, counts)
        centers = summarize_centers(z, gamma)
        deviations = summarize_deviations(z, gamma, centers.means)
        pi, mu, b = mixture_parameters(centers, deviations, self.covariance_floor)
        return mixture_energy(z, pi, mu, b), scale_penalty(b)

    def estimate(self, parts: Parts) -> None:
        """Store the mixture that all rows give, in two passes: deviations need the means first."""
        centers = total(summarize_centers(z, gamma) for z, gamma in self._weighed(parts))
        deviations = total(summarize_deviations(z, gamma, centers.means) for z, gamma in self._weighed(parts))
        self.weights, self.means, self.scales = mixture_parameters(centers, deviations, self.covariance_floor)

    def component_log_densities(self, features: Tensor) -> Tensor:
        """Log of weight times density of each stored Laplacian at features (n, D), in nats, (K, n)."""
        return component_log_densities(features.double(), self.weights, self.means, self.scales)

    def _weighed(self, parts: Parts) -> Iterator[tuple[Tensor, Tensor]]:
        for features, memberships in parts():
            gamma = self.memberships(features) if memberships is None else memberships
            yield features.double(), gamma.double()
