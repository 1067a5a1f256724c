import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture as ScikitLearnMixture
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from hinterland.densities.gaussian import (
    GaussianMixture,
    GaussianSummary,
    batch_mixture_energy,
    component_log_densities,
    covariance_penalty,
    mixture_energy,
    mixture_parameters,
    overall_covariance,
    precision_factors,
    ridge,
    summarize,
)

FLOOR = 1e-6


def rows(n: int = 40, d: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n, d)))


def memberships(n: int = 40, k: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed + 99).dirichlet(np.ones(k), size=n))


def mixture(d: int, k: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(k, d, d))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(d)
    return tuple(map(torch.from_numpy, (rng.dirichlet(np.ones(k)), 2 * rng.normal(size=(k, d)), covariances)))


def plain(z, gamma, floor):
    """The batch's energies and variances by the public functions, which autograd differentiates."""
    phi, mu, covariances = mixture_parameters(summarize(z, gamma), floor)
    return mixture_energy(z, phi, mu, covariances), covariances.diagonal(dim1=1, dim2=2)


def frozen(z: torch.Tensor, gamma: torch.Tensor, floor: float = FLOOR) -> GaussianMixture:
    density = GaussianMixture(z.shape[1], gamma.shape[1], covariance_floor=floor, hidden=None)
    density.freeze(density.summarize(z, gamma))
    return density


# --- energies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "k"), [(1, 1), (1, 4), (3, 2), (8, 5)])
def test_energies_are_those_of_torch_distributions(d, k):
    phi, mu, covariances = mixture(d, k)
    z = 3 * rows(50, d)
    reference = MixtureSameFamily(Categorical(phi), MultivariateNormal(mu, covariances))
    torch.testing.assert_close(mixture_energy(z, phi, mu, covariances), -reference.log_prob(z))


@pytest.mark.parametrize(("d", "k"), [(1, 3), (4, 3)])
def test_energies_and_posteriors_are_those_of_scikit_learn(d, k):
    phi, mu, covariances = mixture(d, k)
    z = 3 * rows(50, d)
    reference = ScikitLearnMixture(k)
    reference.weights_, reference.means_ = phi.numpy(), mu.numpy()
    reference.covariances_ = covariances.numpy()
    reference.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(covariances.numpy())).transpose(0, 2, 1)
    density = GaussianMixture(d, k, hidden=None)
    density.weights, density.means = phi, mu
    density.factors, density.log_determinants = precision_factors(covariances)
    np.testing.assert_allclose(density.energy(z), -reference.score_samples(z.numpy()), rtol=1e-10)
    np.testing.assert_allclose(density.memberships(z), reference.predict_proba(z.numpy()), atol=1e-10)


def test_parameters_from_memberships_are_scikit_learns_maximisation_step():
    z, gamma = rows(60, 3), memberships(60, 2)
    reference = ScikitLearnMixture(2, reg_covar=0.0)
    reference._initialize(z.numpy(), gamma.numpy())
    phi, mu, covariances = mixture_parameters(summarize(z, gamma), FLOOR)
    np.testing.assert_allclose(phi, reference.weights_, rtol=1e-10)
    np.testing.assert_allclose(mu, reference.means_, rtol=1e-10)
    added = np.diag(FLOOR * z.numpy().var(0))
    np.testing.assert_allclose(covariances.numpy() - added, reference.covariances_, rtol=1e-10, atol=1e-13)


def test_the_frozen_energy_is_that_of_the_mixture_of_all_rows():
    z, gamma = rows(), memberships()
    expected = mixture_energy(z, *mixture_parameters(summarize(z, gamma), FLOOR))
    torch.testing.assert_close(frozen(z, gamma).energy(z), expected)
    torch.testing.assert_close(frozen(z, gamma).energy(z[5:6]), expected[5:6])


def test_the_density_integrates_to_one_in_one_dimension():
    grid = torch.linspace(-40, 40, 20_001, dtype=torch.float64)
    density = torch.exp(-mixture_energy(grid[:, None], *mixture(1, 3)))
    assert float(torch.trapezoid(density, grid)) == pytest.approx(1, abs=1e-9)


def test_the_density_integrates_to_one_in_two_dimensions():
    line = torch.linspace(-25, 25, 801, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    density = torch.exp(-mixture_energy(grid, *mixture(2, 3))).view(801, 801)
    assert float(torch.trapezoid(torch.trapezoid(density, line), line)) == pytest.approx(1, abs=1e-9)


def test_precision_factors_invert_the_covariances():
    _, _, covariances = mixture(4, 3)
    factors, log_determinants = precision_factors(covariances)
    torch.testing.assert_close(factors @ factors.mT @ covariances, torch.eye(4).double().expand(3, 4, 4))
    torch.testing.assert_close(log_determinants, torch.logdet(covariances))


def test_component_log_densities_add_up_to_the_energy():
    phi, mu, covariances = mixture(3, 4)
    z = rows()
    parts = component_log_densities(z, phi, mu, *precision_factors(covariances))
    assert parts.shape == (4, 40)
    torch.testing.assert_close(-parts.exp().sum(0).log(), mixture_energy(z, phi, mu, covariances))


def test_the_penalty_is_the_sum_of_inverse_variances():
    diagonals = torch.tensor([[1.0, 2.0], [4.0, 0.5]])
    assert float(covariance_penalty(diagonals)) == 1 + 0.5 + 0.25 + 2


# --- gradients --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "k"), [(1, 1), (2, 3), (5, 2)])
def test_the_written_out_step_has_the_values_and_gradients_of_the_plain_one(d, k):
    generator = torch.Generator().manual_seed(0)
    inputs = rows(30, d).requires_grad_(), memberships(30, k).requires_grad_()
    found = batch_mixture_energy(*inputs, FLOOR)
    expected = plain(*inputs, FLOOR)
    pull = [torch.rand(t.shape, generator=generator, dtype=t.dtype) for t in expected]
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)
    for a, b in zip(
        torch.autograd.grad(found, inputs, pull), torch.autograd.grad(expected, inputs, pull), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8)


def test_the_written_out_gradient_is_that_of_finite_differences():
    # The floor takes no gradient, so that it is kept too small to be seen here.
    inputs = rows(7, 2).requires_grad_(), memberships(7, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda z, gamma: batch_mixture_energy(z, gamma, 1e-14), inputs)


def test_values_and_gradients_agree_far_from_the_origin():
    inputs = (rows(30, 2) + 1e4).requires_grad_(), memberships(30, 2).requires_grad_()
    near = rows(30, 2).requires_grad_(), inputs[1]
    # The floor grows with a feature's size; here it is too small to be seen.
    far_energy, near_energy = (batch_mixture_energy(*i, 1e-12)[0] for i in (inputs, near))
    torch.testing.assert_close(far_energy, near_energy, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        torch.autograd.grad(far_energy.sum(), inputs[0])[0],
        torch.autograd.grad(near_energy.sum(), near[0])[0],
        rtol=1e-5,
        atol=1e-6,
    )


# --- summaries --------------------------------------------------------------------------------------


def same(a: GaussianSummary, b: GaussianSummary) -> None:
    for name in ("weights", "means", "scatters"):
        torch.testing.assert_close(getattr(a, name), getattr(b, name), rtol=1e-9, atol=1e-9)


@given(st.integers(2, 30), st.data())
def test_summaries_of_any_parts_add_to_that_of_the_whole(n, data):
    cuts = sorted(data.draw(st.lists(st.integers(1, n - 1), max_size=4, unique=True)))
    z, gamma = rows(n, 3, seed=n), memberships(n, 2, seed=n)
    sizes = np.diff([0, *cuts, n]).tolist()
    first, *others = (summarize(*part) for part in zip(z.split(sizes), gamma.split(sizes), strict=True))
    total = first
    for other in others:
        total = total + other
    same(total, summarize(z, gamma))


def test_summation_commutes_and_associates():
    a, b, c = (summarize(rows(9, 2, seed), memberships(9, 3, seed)) for seed in range(3))
    same(a + b, b + a)
    same((a + b) + c, a + (b + c))


def test_a_summary_is_weighted_means_and_scatters():
    z, gamma = rows(), memberships()
    summary = summarize(z, gamma)
    for k in range(2):
        w = gamma[:, k].numpy()
        mean = np.average(z.numpy(), axis=0, weights=w)
        np.testing.assert_allclose(summary.weights[k], w.sum())
        np.testing.assert_allclose(summary.means[k], mean)
        np.testing.assert_allclose(
            summary.scatters[k], w.sum() * np.cov(z.numpy().T, aweights=w, ddof=0), rtol=1e-10
        )


def test_far_off_data_keeps_its_digits():
    z = 1e6 + 1e-3 * rows(200, 2)
    gamma = torch.ones(200, 1, dtype=torch.float64)
    total = summarize(z[:50], gamma[:50]) + summarize(z[50:], gamma[50:])
    expected = 200e-6 * np.cov(rows(200, 2).numpy().T, ddof=0)
    np.testing.assert_allclose(total.scatters[0].numpy(), expected, rtol=1e-5)
    energy = frozen(z, gamma, floor=1e-18).energy(z)
    near = frozen(1e-3 * rows(200, 2), gamma, floor=1e-18).energy(1e-3 * rows(200, 2))
    np.testing.assert_allclose(energy, near, atol=1e-3)


def test_an_empty_component_adds_nothing():
    nothing = torch.zeros(5, 1, dtype=torch.float64)
    empty, full = summarize(rows(5), nothing), summarize(rows(8), torch.ones(8, 1, dtype=torch.float64))
    same(empty + full, full)
    same(full + empty, full)
    assert torch.isfinite((empty + empty).means).all()


# --- the floor --------------------------------------------------------------------------------------


def test_the_floor_is_a_share_of_each_features_variance_over_all_rows():
    z = rows(50, 3) * torch.tensor([1.0, 100.0, 0.01])
    np.testing.assert_allclose(
        ridge(summarize(z, memberships(50, 3)), 0.01), 0.01 * z.numpy().var(0), rtol=1e-10
    )


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1e-6), (0.5, 1e-6), (300.0, 1e-6 * 300**2)])
def test_a_feature_that_never_varies_gets_a_floor_of_its_size(value, expected):
    z = torch.full((10, 1), value, dtype=torch.float64)
    assert float(ridge(summarize(z, memberships(10, 2)), 0.1)) == pytest.approx(0.1 * expected)


def test_the_ridge_of_a_far_off_feature_follows_its_own_variance():
    z = torch.from_numpy(np.random.default_rng(0).normal(1e4, 0.1, size=(500, 1)))
    np.testing.assert_allclose(
        ridge(summarize(z, memberships(500, 2)), 0.5), 0.5 * z.numpy().var(0), rtol=1e-6
    )


def test_energies_do_not_depend_on_a_features_unit_but_for_a_constant():
    z, gamma = rows(), memberships()
    unit = torch.tensor([1e-3, 1.0, 1e5], dtype=torch.float64)
    shift = frozen(z * unit, gamma).energy(z * unit) - frozen(z, gamma).energy(z)
    np.testing.assert_allclose(shift, math.log(1e-3 * 1e5), rtol=1e-8)


def degenerate(case: str) -> tuple[torch.Tensor, torch.Tensor]:
    z, gamma = rows(40, 3), memberships(40, 2)
    match case:
        case "dead component":
            gamma = torch.stack([torch.ones(40), torch.zeros(40)], 1).double()
        case "nearly dead component":
            gamma = torch.stack([torch.full((40,), 1.0), torch.full((40,), 1e-200)], 1).double()
        case "identical rows":
            z = z[:1].expand(40, 3).clone()
        case "zero rows":
            z = torch.zeros(40, 3, dtype=torch.float64)
        case "constant column":
            z[:, 1] = 7.0
        case "duplicated column":
            z[:, 1] = z[:, 0]
        case "a component of one row":
            gamma = torch.zeros(40, 2).double()
            gamma[:, 0] = 1
            gamma[3] = torch.tensor([0.0, 1.0])
        case "fewer rows than features":
            z, gamma = rows(2, 6), memberships(2, 4)
        case "large values":
            z = z * 1e6
        case "far clusters":
            z = 1e-3 * z + 1e3 * torch.sign(z[:, :1])
    return z, gamma


DEGENERATE = (
    "dead component",
    "nearly dead component",
    "identical rows",
    "zero rows",
    "constant column",
    "duplicated column",
    "a component of one row",
    "fewer rows than features",
    "large values",
    "far clusters",
)


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_rows_have_finite_energies_and_gradients(case):
    z, gamma = degenerate(case)
    assert torch.isfinite(frozen(z, gamma).energy(z)).all()
    z.requires_grad_()
    gamma.requires_grad_()
    energy, diagonals = batch_mixture_energy(z, gamma, FLOOR)
    assert torch.isfinite(energy).all()
    assert (diagonals > 0).all()
    for gradient in torch.autograd.grad(energy.mean() + 1e-3 * covariance_penalty(diagonals), (z, gamma)):
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_rows_have_the_energies_of_the_plain_functions(case):
    z, gamma = degenerate(case)
    found, expected = batch_mixture_energy(z, gamma, FLOOR)[0], plain(z, gamma, FLOOR)[0]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("case", DEGENERATE)
def test_gradient_steps_on_degenerate_rows_stay_finite(case):
    z, _ = degenerate(case)
    generator = torch.Generator().manual_seed(0)
    density = GaussianMixture(z.shape[1], 4, hidden=(5,), generator=generator)
    optimizer = torch.optim.Adam(density.parameters(), lr=1e-2)
    for _ in range(20):
        optimizer.zero_grad()
        energy, penalty = density.batch_energy(z.float())
        (energy.mean() + 1e-6 * penalty).backward()
        optimizer.step()
    assert all(torch.isfinite(p).all() for p in density.parameters())
    density.eval()
    density.freeze(density.summarize(z.float()))
    assert torch.isfinite(density.energy(z.float())).all()


def test_far_rows_keep_finite_energies_that_are_neither_capped_nor_tied():
    density = frozen(rows(200, 2), memberships(200, 2))
    far = torch.tensor([[1.0, 0.0]]).double() * torch.logspace(1, 6, 300, dtype=torch.float64)[:, None]
    energy = density.energy(far)
    assert torch.isfinite(energy).all()
    assert (energy.diff() > 0).all()
    assert float(energy[-1]) > 1e11  # half a million million, as the square of a million deviations


# --- the module -------------------------------------------------------------------------------------


def test_the_batch_energy_is_that_of_the_networks_memberships():
    density = GaussianMixture(3, 2, hidden=(4,), generator=torch.Generator().manual_seed(0)).eval()
    z = rows().float()
    energy, penalty = density.batch_energy(z)
    expected, diagonals = plain(z.double(), density.memberships(z), FLOOR)
    torch.testing.assert_close(energy, expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(penalty, (1 / diagonals).sum(), rtol=1e-6, atol=1e-6)


def test_every_parameter_of_the_estimation_network_gets_a_gradient():
    density = GaussianMixture(3, 2, hidden=(4,), dropout=0.0, generator=torch.Generator().manual_seed(0))
    energy, _ = density.batch_energy(rows().float())
    energy.mean().backward()
    assert all(float(p.grad.abs().max()) > 0 for p in density.parameters())


def test_before_freezing_energies_are_nan_and_not_numbers_that_look_like_some():
    assert torch.isnan(GaussianMixture(2).energy(rows(5, 2))).all()


def test_settings_build_the_same_density_again():
    density = GaussianMixture(3, 5, covariance_floor=0.1, hidden=(7, 6), dropout=0.25)
    other = GaussianMixture(**density.settings)
    assert other.settings == density.settings
    shapes = {name: value.shape for name, value in density.state_dict().items()}
    assert shapes == {name: value.shape for name, value in other.state_dict().items()}
    assert GaussianMixture(3, hidden=None).settings["hidden"] is None
    assert not list(GaussianMixture(3, hidden=None).parameters())


# --- few rows, and features that hardly vary ----------------------------------------------------------


def test_a_component_without_rows_is_as_wide_as_all_rows():
    z = rows()
    gamma = torch.cat([memberships(), torch.zeros(len(z), 1)], 1).double()
    summary = summarize(z, gamma)
    overall = torch.cov(z.T, correction=0)
    torch.testing.assert_close(overall_covariance(summary), overall)
    _, means, covariances = mixture_parameters(summary, FLOOR)
    torch.testing.assert_close(covariances[2], overall + torch.diag(ridge(summary, FLOOR)))
    torch.testing.assert_close(means[2], z.mean(0))


def test_shared_rows_count_in_each_covariance_as_rows_of_all_components_do():
    summary = summarize(rows(), memberships())
    floor = torch.diag(ridge(summary, FLOOR))
    plain = mixture_parameters(summary, FLOOR)[2] - floor
    shared = mixture_parameters(summary, FLOOR, shared_rows=7.0)[2] - floor
    n = summary.weights[:, None, None]
    within = (n * plain).sum(0) / n.sum()
    torch.testing.assert_close(shared, (n * plain + 7 * within) / (n + 7))


def test_the_least_variance_bounds_what_an_unseen_value_costs():
    z = rows(200)
    z[:, 1] = 0.0  # never seen to vary
    density = GaussianMixture(3, 1, covariance_floor=0.1, least_variance=0.03, hidden=None)
    density.estimate(
        lambda: [(z, None)] if torch.isfinite(density.weights).all() else [(z, torch.ones(200, 1))]
    )
    usual, changed = density.energy(torch.tensor([[0.0, 0, 0], [0, 1, 0]]).double())
    assert float(changed - usual) == pytest.approx(1 / (2 * 0.03), rel=1e-6)


def test_settings_of_earlier_versions_mean_no_least_variance_and_no_shared_rows():
    old = {"n_features": 3, "n_components": 2, "covariance_floor": 0.1, "hidden": None, "dropout": 0.5}
    density = GaussianMixture(**old)
    assert (density.least_variance, density.shared_rows) == (0.0, 0.0)
    assert {key: density.settings[key] for key in old} == old
