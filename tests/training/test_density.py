import numpy as np
import pytest
import torch
from torch import Tensor

from hinterland.densities.base import Density
from hinterland.densities.contrastive import ContrastiveDensity
from hinterland.densities.gaussian import GaussianMixture
from hinterland.training.density import fit_density
from hinterland.training.settings import LoopSettings

SETTINGS = LoopSettings.of_steps(20, 300, 64)
FEATURES = torch.from_numpy(np.random.default_rng(0).normal([0, 9], [1, 3], size=(300, 2)))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


class Spread(Density):
    """Squared distance from the mean: all it learns comes of ``estimate``."""

    n_features = 2

    def estimate(self, parts):
        self.mean = torch.cat([part for part, _ in parts()]).mean(0)

    def energy(self, features: Tensor) -> Tensor:
        return (features - self.mean).square().sum(1)


def test_what_learns_by_statistics_alone_is_estimated_of_all_rows():
    density = Spread()
    assert fit_density(density, FEATURES, SETTINGS, generator()).history == []
    torch.testing.assert_close(density.mean, FEATURES.mean(0))


def test_a_mixture_is_fitted_by_expectation_maximisation():
    far = torch.cat([FEATURES, FEATURES + 100])
    density = GaussianMixture(2, 2, hidden=None)
    assert fit_density(density, far, SETTINGS, generator()).history == []
    torch.testing.assert_close(density.weights, torch.full((2,), 0.5).double(), atol=1e-6, rtol=0)
    density = GaussianMixture(2, 2, hidden=None)
    fit_density(density, torch.cat([FEATURES, FEATURES[:2] + 100]), SETTINGS, generator(), least_rows=5)
    assert float(density.weights.max()) == pytest.approx(1.0)


def test_a_contrastive_density_is_trained_and_scores_in_double_precision():
    density = ContrastiveDensity(2, hidden=(8,), generator=generator())
    seen: list = []
    result = fit_density(density, FEATURES, SETTINGS, generator(), on_epoch=seen.append)
    assert seen == result.history != []
    assert "validation_loss" in seen[0]
    assert {p.dtype for p in density.parameters()} == {torch.float64}
    assert density.energy(FEATURES).dtype == torch.float64
    assert float(density.log_ratio(density.standardised(FEATURES)).detach().abs().max()) > 0


def test_a_kind_of_its_own_registers_how_it_is_fitted():
    class Told(Spread):
        pass

    @fit_density.register
    def _(density: Told, features, settings, generator, *, least_rows=0.0, on_epoch=None):
        density.mean = features[0]

    density = Told()
    fit_density(density, FEATURES, SETTINGS, generator())
    assert torch.equal(density.mean, FEATURES[0])
