import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch.distributions import MultivariateNormal

from hinterland.densities.contrastive import (
    ContrastiveDensity,
    NoiseGrowth,
    contrastive_losses,
    log_normal_mode,
    truncated_normal,
)


def features(n: int = 300, d: int = 3, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 5 * rng.normal(size=d))


def density(d: int = 3, seed: int = 0, **settings) -> ContrastiveDensity:
    """One whose ratio and growth are no longer as they start."""
    generator = torch.Generator().manual_seed(seed)
    made = ContrastiveDensity(d, hidden=(7,), generator=generator, **settings)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    return made


@pytest.mark.parametrize(("first", "growth"), [(-5.0, 1.00672), (0.0, 1.69315), (2.0, 3.12693)])
def test_the_noise_starts_as_wide_as_asked_for(first, growth):
    made = ContrastiveDensity(3, first_growth=first)
    np.testing.assert_allclose(made.growth().detach(), [growth] * 3, rtol=1e-5)
    assert made.settings["first_growth"] == first


def test_the_ratio_alone_is_what_the_density_has_above_its_noise():
    z = features()
    made, ratio = (frozen(z, density(scored=scored)) for scored in ("density", "ratio"))
    noise = made.log_noise(made.standardised(z), made.growth())
    np.testing.assert_allclose(ratio.energy(z).detach(), (made.energy(z) + noise).detach(), atol=1e-6)
    with pytest.raises(ValueError, match="scored must be"):
        ContrastiveDensity(3, scored="noise")


def frozen(z: torch.Tensor, made: ContrastiveDensity) -> ContrastiveDensity:
    made.eval().double().estimate(lambda: [(z, None)])
    return made


# --- the mathematics --------------------------------------------------------------------------------


@given(st.floats(-4, 4), st.floats(0.05, 2.0))
def test_the_mode_is_that_of_scipys_log_normal(location, shape):
    reference = stats.lognorm(s=shape, scale=math.exp(location))
    mean, variance = (torch.tensor(v, dtype=torch.float64) for v in (reference.mean(), reference.var()))
    mode = float(log_normal_mode(mean, variance))
    assert mode == pytest.approx(math.exp(location - shape**2), rel=1e-6)
    assert reference.pdf(mode) >= max(reference.pdf(0.99 * mode), reference.pdf(1.01 * mode))


@pytest.mark.parametrize(("mode", "deviation"), [(1.0, 0.3), (0.2, 1.0), (1e-3, 5.0), (4.0, 0.5)])
def test_the_truncated_normal_is_scipys(mode, deviation):
    uniform = torch.linspace(1e-6, 1, 501, dtype=torch.float64)
    reference = stats.truncnorm(-mode / deviation, 0.0, loc=mode, scale=deviation)
    found = truncated_normal(*torch.tensor([mode, deviation], dtype=torch.float64), uniform)
    np.testing.assert_allclose(found, reference.ppf(uniform.numpy()), rtol=1e-7, atol=1e-7 * mode)
    assert float(found.min()) >= 0
    assert float(found.max()) == mode


def test_the_losses_are_equation_11_for_any_noise_ratio():
    rng = np.random.default_rng(0)
    f_rows, f_noise = rng.normal(size=5), rng.normal(size=15)
    for nu in (1, 3, 0.5):
        sigma = [1 / (1 + np.exp(-(f - np.log(nu)))) for f in (f_rows, f_noise)]
        expected = -np.log(sigma[0]).mean(), -nu * np.log(1 - sigma[1]).mean()
        found = contrastive_losses(torch.from_numpy(f_rows), torch.from_numpy(f_noise), nu)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert all(math.isfinite(v) for v in contrastive_losses(torch.tensor([-1e9]), torch.tensor([1e9]), 1))


def test_growth_is_above_one_and_starts_next_to_it():
    growth = NoiseGrowth(4)
    np.testing.assert_allclose(growth().detach(), 1 + math.log1p(math.exp(-5)), rtol=1e-6)
    with torch.no_grad():
        growth.psi.copy_(torch.tensor([-30.0, 0.0, 2.0, 50.0]))
    np.testing.assert_allclose(
        growth().detach(), [1, 1 + math.log(2), 1 + math.log1p(math.exp(2)), 51], rtol=1e-6
    )


# --- the density ------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 3, 8])
def test_the_energy_is_the_ratio_over_noise_as_wide_as_it_has_grown(d):
    z = features(d=d)
    made = frozen(z, density(d, covariance_floor=1e-12))
    growth = torch.diag(made.growth().detach())
    covariance = growth @ torch.from_numpy(np.cov(z.numpy().T, bias=True).reshape(d, d)) @ growth
    noise = MultivariateNormal(z.mean(0), covariance).log_prob(z)
    ratio = made.ratio((z - z.mean(0)) / z.std(0, correction=0))[:, 0]
    torch.testing.assert_close(made.energy(z), -ratio - noise, rtol=1e-8, atol=1e-8)


def test_untrained_it_is_the_gaussian_of_the_features():
    z = features()
    made = frozen(z, ContrastiveDensity(3, generator=torch.Generator().manual_seed(0)))
    mean, covariance = z.mean(0), torch.from_numpy(np.cov(z.numpy().T, bias=True))
    expected = MultivariateNormal(mean, 1.0067153485**2 * covariance).log_prob(z)
    torch.testing.assert_close(made.energy(z), -expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("floor", [1e-6, 1e-2])
def test_a_singular_covariance_gets_a_share_of_each_features_variance(floor):
    z = features(d=2)
    z = torch.cat([z, z[:, :1] * 1e-3, torch.full((len(z), 1), 7.0)], 1).double()
    made = frozen(z, density(4, covariance_floor=floor))
    assert torch.isfinite(made.energy(z)).all()
    np.testing.assert_allclose(made.scale[:3], np.sqrt(1 + floor) * z.std(0, correction=0)[:3])
    assert float(made.scale[3]) == pytest.approx(7 * math.sqrt(1e-6 * floor))
    off = z + torch.tensor([0.0, 0.0, 1.0, 0.0])  # out of the plane that the rows lie in
    assert (made.energy(off) > made.energy(z)).all()


def test_energies_of_extreme_rows_are_finite_and_rise_with_distance():
    z = features()
    made = frozen(z, density())
    far = [made.energy(z.mean(0) + scale * (z - z.mean(0))).detach() for scale in (1e1, 1e3, 1e9, 1e30)]
    assert all(torch.isfinite(energy).all() for energy in far)
    medians = [float(energy.median()) for energy in far]
    assert medians == sorted(set(medians))


def test_rows_count_alike_whatever_their_memberships():
    z = features()
    made = density().eval().double()
    gamma = torch.rand(300, 4, generator=torch.Generator().manual_seed(0))
    made.estimate(lambda: ((part, gamma[: len(part)]) for part in z.split(90)))
    torch.testing.assert_close(made.energy(z), frozen(z, density()).energy(z))
    torch.testing.assert_close(made.mean, z.mean(0))


def test_unknown_activations_are_refused():
    with pytest.raises(ValueError, match=r"activation must be one of .*got 'step'"):
        ContrastiveDensity(3, activation="step")
