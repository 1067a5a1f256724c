"""Sums out of a stored mixture: freezing them again changes nothing, and new rows add as if all had been there."""

import pytest
import torch

from hinterland.densities.gaussian import GaussianMixture, GaussianSummary, summarize
from hinterland.densities.gaussian_sums import forgotten, stored_summary


def rows_and_memberships(n: int = 400, components: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(n, 4, generator=generator, dtype=torch.float64)
    z[:, 1] = z[:, 0] + 0.05 * z[:, 1]
    z[:, 2] = 7.0  # a column that does not vary
    z[:, 3] += 1_000
    return z, torch.softmax(2 * torch.randn(n, components, generator=generator, dtype=torch.float64), 1)


SETTINGS = {
    "plain": {},
    "firm floor": {"covariance_floor": 0.03},
    "least variance": {"covariance_floor": 1e-3, "least_variance": 0.02},
    "shared rows": {"covariance_floor": 0.03, "least_variance": 0.03, "shared_rows": 5.0},
}


def frozen(summary: GaussianSummary, **settings: float) -> GaussianMixture:
    components, features = summary.means.shape
    density = GaussianMixture(features, components, hidden=None, **settings)
    density.freeze(summary)
    return density


def assert_same(found: GaussianSummary, expected: GaussianSummary) -> None:
    torch.testing.assert_close(found.weights, expected.weights, rtol=1e-12, atol=0)
    torch.testing.assert_close(found.means, expected.means, rtol=1e-12, atol=0)
    size = float(expected.scatters.abs().max())
    torch.testing.assert_close(found.scatters, expected.scatters, rtol=0, atol=1e-9 * size)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("empty", [False, True])
def test_the_sums_of_a_stored_mixture_are_those_that_it_was_made_of(
    settings: dict[str, float], empty: bool
) -> None:
    z, gamma = rows_and_memberships()
    if empty:
        gamma[:, 1] = 0
        gamma /= gamma.sum(1, keepdim=True)
    summary = summarize(z, gamma)
    assert_same(stored_summary(frozen(summary, **settings), len(z)), summary)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_new_rows_add_to_the_mixture_of_all_rows(settings: dict[str, float]) -> None:
    z, gamma = rows_and_memberships()
    first = frozen(summarize(z[:150], gamma[:150]), **settings)
    both = frozen(stored_summary(first, 150) + summarize(z[150:], gamma[150:]), **settings)
    whole = frozen(summarize(z, gamma), **settings)
    for name in ("weights", "means", "factors", "log_determinants"):
        torch.testing.assert_close(getattr(both, name), getattr(whole, name), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(both.energy(z), whole.energy(z), rtol=1e-9, atol=1e-9)


def test_forgotten_rows_count_for_less_and_leave_the_mixture() -> None:
    z, gamma = rows_and_memberships()
    summary = summarize(z, gamma)
    half = forgotten(summary, 0.5)
    assert float(half.weights.sum()) == pytest.approx(200)
    torch.testing.assert_close(frozen(half).energy(z), frozen(summary).energy(z))
    with pytest.raises(ValueError, match="share"):
        forgotten(summary, -0.1)
