"""The written-out batch energy where numbers run out; its values and gradients are held in test_gaussian.py."""

import pytest
import torch

from hinterland.densities.gaussian import (
    batch_mixture_energy,
    mixture_energy,
    mixture_parameters,
    summarize,
)


def rows_and_memberships(n: int = 60, d: int = 3, k: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return z, torch.softmax(torch.randn(n, k, generator=generator, dtype=torch.float64), 1)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_gives_such_energies_and_no_exception(bad):
    z, gamma = rows_and_memberships()
    z[7, 1] = bad
    energy, diagonals = batch_mixture_energy(z, gamma, 1e-6)
    assert not torch.isfinite(energy).any()
    assert not torch.isfinite(diagonals[:, 1]).any()


def test_a_covariance_without_an_inverse_gives_energies_that_are_not_finite():
    z, gamma = rows_and_memberships()
    z[:, 2] = z[:, 0] + z[:, 1]
    energy, _ = batch_mixture_energy(z, gamma, -1e-3)  # a negative floor makes any such covariance indefinite
    assert not torch.isfinite(energy).any()


@pytest.mark.parametrize("floor", [1e-6, 1e-8])
def test_a_component_of_one_row_far_from_all_others_keeps_its_digits(floor):
    z, gamma = rows_and_memberships(n=1024)
    z[0] = 1e3
    gamma[:, 3] = 0
    gamma[0] = torch.tensor([0, 0, 0, 1.0])
    gamma = gamma / gamma.sum(1, keepdim=True)
    energy, diagonals = batch_mixture_energy(z, gamma, floor)
    parameters = mixture_parameters(summarize(z, gamma), floor)
    torch.testing.assert_close(energy, mixture_energy(z, *parameters), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(diagonals, parameters[2].diagonal(dim1=1, dim2=2), rtol=1e-5, atol=0)


def test_an_empty_component_takes_no_part_and_has_finite_gradients():
    z, gamma = rows_and_memberships(k=3)
    empty = torch.cat([gamma, torch.zeros(len(z), 1, dtype=torch.float64)], 1)
    inputs = z.clone().requires_grad_(), empty.requires_grad_()
    energy, diagonals = batch_mixture_energy(*inputs, 1e-6)
    torch.testing.assert_close(energy, batch_mixture_energy(z, gamma, 1e-6)[0])
    gradients = torch.autograd.grad(energy.sum() + diagonals[:3].sum(), inputs)
    assert all(torch.isfinite(g).all() for g in gradients)
