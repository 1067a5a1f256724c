"""Laplacian mixtures against scipy, loops, and integration."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad
from scipy.stats import laplace

from hinterland.densities.laplacian import (
    LaplacianMixture,
    mixture_energy,
    mixture_parameters,
    summarize_centers,
    summarize_deviations,
)

FLOOR = 1e-6


def rows(n: int = 50, d: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).laplace(size=(n, d)) * [1.0, 4.0, 0.2][:d])


def memberships(n: int = 50, k: int = 2, seed: int = 1) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).dirichlet(np.ones(k), size=n))


def parameters(z, gamma, floor=FLOOR):
    centers = summarize_centers(z, gamma)
    return mixture_parameters(centers, summarize_deviations(z, gamma, centers.means), floor)


def frozen(z, gamma, floor=FLOOR) -> LaplacianMixture:
    density = LaplacianMixture(z.shape[1], gamma.shape[1], covariance_floor=floor, hidden=None)
    density.estimate(lambda: [(z, gamma)])
    return density


def test_parameters_are_the_weighted_means_and_absolute_deviations():
    z, gamma = rows(), memberships()
    pi, mu, b = parameters(z, gamma, floor=1e-30)
    for k in range(2):
        w = gamma[:, k].numpy()
        mean = np.average(z.numpy(), axis=0, weights=w)
        np.testing.assert_allclose(pi[k], w.mean())
        np.testing.assert_allclose(mu[k], mean)
        np.testing.assert_allclose(b[k], np.average(np.abs(z.numpy() - mean), axis=0, weights=w))


def test_the_energy_is_scipys():
    z, gamma = rows(), memberships()
    pi, mu, b = (p.numpy() for p in parameters(z, gamma))
    density = sum(pi[k] * laplace.pdf(z.numpy(), mu[k], b[k]).prod(1) for k in range(2))
    np.testing.assert_allclose(mixture_energy(z, *parameters(z, gamma)), -np.log(density), rtol=1e-10)
    np.testing.assert_allclose(frozen(z, gamma).energy(z), -np.log(density), rtol=1e-10)


@pytest.mark.slow
def test_the_density_integrates_to_one():
    z = rows(40, 2)
    density = frozen(z, memberships(40))

    def value(y: float, x: float) -> float:
        return math.exp(-float(density.energy(torch.tensor([[x, y]], dtype=torch.float64))))

    kinks = density.means.numpy()
    edges = [np.r_[-60.0, np.sort(kinks[:, j]), 60.0] for j in (0, 1)]
    integral = sum(
        dblquad(value, x0, x1, y0, y1, epsabs=1e-4)[0]
        for x0, x1 in zip(edges[0], edges[0][1:], strict=False)
        for y0, y1 in zip(edges[1], edges[1][1:], strict=False)
    )
    assert integral == pytest.approx(1, abs=1e-2)


def test_statistics_of_parts_add():
    z, gamma = rows(), memberships()
    centers = summarize_centers(z[:13], gamma[:13]) + summarize_centers(z[13:], gamma[13:])
    whole = summarize_centers(z, gamma)
    torch.testing.assert_close(centers.means, whole.means)
    torch.testing.assert_close(centers.weights, whole.weights)
    deviations = summarize_deviations(z[:13], gamma[:13], whole.means)
    deviations += summarize_deviations(z[13:], gamma[13:], whole.means)
    torch.testing.assert_close(deviations.deviations, summarize_deviations(z, gamma, whole.means).deviations)


def test_far_off_data_keeps_its_digits():
    z, gamma = rows(), memberships()
    far = frozen(1e8 + z, gamma, floor=1e-30).energy(1e8 + z)
    torch.testing.assert_close(far, frozen(z, gamma, floor=1e-30).energy(z), rtol=1e-6, atol=1e-6)


def test_a_batchs_energies_are_those_of_its_own_mixture():
    density = LaplacianMixture(3, 2, hidden=(4,), generator=torch.Generator().manual_seed(0)).eval()
    z = rows().float()
    gamma = density.memberships(z)
    pi, mu, b = parameters(z.double(), gamma)
    energy, penalty = density.batch_energy(z)
    torch.testing.assert_close(energy, mixture_energy(z.double(), pi, mu, b))
    torch.testing.assert_close(penalty, (1 / b).sum())


def test_gradients_are_those_of_finite_differences():
    z, gamma = rows(8, 2).requires_grad_(), memberships(8).requires_grad_()

    def energy(z, gamma):
        pi, mu, b = parameters(z, gamma, floor=1e-30)
        return mixture_energy(z, pi, mu, b)

    assert torch.autograd.gradcheck(energy, (z, gamma))


@pytest.mark.parametrize("case", ["equal rows", "constant feature", "dead component", "one row each"])
def test_degenerate_features_have_finite_energies_and_gradients(case):
    z, gamma = rows(40), memberships(40)
    match case:
        case "equal rows":
            z = z[:1].repeat(40, 1)
        case "constant feature":
            z[:, 1] = 5.0
        case "dead component":
            gamma = torch.stack([torch.ones(40), torch.zeros(40)], 1).double()
        case "one row each":
            z, gamma = z[:2], torch.eye(2, dtype=torch.float64)
    z = z.clone().requires_grad_()
    pi, mu, b = parameters(z, gamma)
    energy = mixture_energy(z, pi, mu, b)
    (energy.mean() + (1 / b).sum()).backward()
    assert torch.isfinite(energy).all()
    assert torch.isfinite(z.grad).all()
    assert torch.isfinite(frozen(z.detach(), gamma).energy(1e6 + z.detach())).all()


def test_the_floor_raises_scales_by_a_share_of_the_spread():
    z, gamma = rows(400), torch.ones(400, 1, dtype=torch.float64)
    _, _, bare = parameters(z, gamma, floor=1e-30)
    _, _, floored = parameters(z, gamma, floor=0.01)
    torch.testing.assert_close(floored, 1.1 * bare)


def test_tails_are_linear():
    density = frozen(rows(), memberships())
    far = density.energy(torch.tensor([[0.0, 1e4, 0.0], [0.0, 2e4, 0.0], [0.0, 3e4, 0.0]]).double())
    assert float(far[2] - far[1]) == pytest.approx(float(far[1] - far[0]), rel=1e-6)
