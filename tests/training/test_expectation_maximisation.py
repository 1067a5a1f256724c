import numpy as np
import torch

from hinterland.densities.gaussian import GaussianMixture
from hinterland.training import expectation_maximisation
from hinterland.training.expectation_maximisation import (
    fit_by_expectation_maximisation,
    supported_memberships,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def two_groups(n: int = 400) -> torch.Tensor:
    random = np.random.default_rng(0)
    rows = random.normal(size=(n, 3))
    rows[: n // 2] += 8
    return torch.from_numpy(rows)


def test_groups_are_found_and_the_energy_falls():
    rows = two_groups()
    density = GaussianMixture(3, 2, hidden=None)
    energies = fit_by_expectation_maximisation(density, rows, generator())
    assert energies == sorted(energies, reverse=True)
    np.testing.assert_allclose(density.weights, [0.5, 0.5], atol=0.01)
    np.testing.assert_allclose(density.means.sort(0).values, [[0] * 3, [8] * 3], atol=0.3)


def test_two_odd_rows_get_no_component_of_their_own():
    rows = two_groups()
    rows[7:9] = torch.tensor([-40.0, 40.0, -40.0])
    for least_rows, is_odd in ((0.0, False), (5.0, True)):
        density = GaussianMixture(3, 3, covariance_floor=0.01, hidden=None)
        fit_by_expectation_maximisation(density, rows, generator(), least_rows=least_rows)
        energy = density.energy(rows)
        assert bool(energy[7:9].min() > np.delete(energy.numpy(), [7, 8]).max()) is is_odd


def test_the_largest_component_stays_whatever_is_asked():
    memberships = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    assert supported_memberships(memberships, 1.5).tolist() == (memberships * torch.tensor([1, 0])).tolist()
    assert supported_memberships(memberships, 100.0).tolist() == (memberships * torch.tensor([1, 0])).tolist()
    assert supported_memberships(memberships, 1.0).tolist() == memberships.tolist()


def test_no_more_rows_than_clusters_is_survived():
    density = GaussianMixture(2, 5, covariance_floor=0.1, hidden=None)
    fit_by_expectation_maximisation(density, torch.ones(3, 2), generator(), least_rows=3)
    assert torch.isfinite(density.energy(torch.tensor([[1.0, 1.0], [9.0, 9.0]]))).all()


def test_the_last_step_is_exact_over_all_rows_where_only_some_are_seen(monkeypatch):
    monkeypatch.setattr(expectation_maximisation, "MOST_ROWS", 100)
    rows = two_groups()
    density = GaussianMixture(3, 1, hidden=None)
    fit_by_expectation_maximisation(density, rows, generator())
    np.testing.assert_allclose(density.means[0], rows.mean(0), rtol=1e-6)
