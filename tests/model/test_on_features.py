import numpy as np
import pytest
import torch

from hinterland.densities.gaussian import GaussianMixture
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import Ensemble
from hinterland.model.on_features import OnFeatures, under_density
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.mlp import Autoencoder

X = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 3)))


class Squares(Model):
    n_features = 3

    def scaled(self, x):
        return 2 * x

    def features_of_scaled(self, scaled):
        return scaled.square()

    def energy_of_scaled(self, scaled):
        return scaled.sum(1)


def density(width: int) -> GaussianMixture:
    return GaussianMixture(width, 1, hidden=None)


def fitted(model: Model) -> GaussianMixture:
    made = density(model.features_width)
    features = model.features(X).detach()
    made.estimate(lambda: [(features, torch.ones(len(X), 1).double())])
    return made


@pytest.mark.parametrize("model", [Squares(), Ensemble([Squares(), Squares()])], ids=["one", "two"])
def test_the_energy_is_the_densitys_of_the_models_features(model):
    made = fitted(model)
    on_features = OnFeatures(model, made)
    torch.testing.assert_close(on_features.energy(X), made.energy(model.features(X)))
    torch.testing.assert_close(on_features.features(X), model.features(X))
    torch.testing.assert_close(on_features.scaled(X), model.scaled(X))
    assert on_features.scaled_width == model.scaled_width
    on_features.check_widths()


def test_a_density_of_another_width_is_named():
    with pytest.raises(ValueError, match="features of width 3 before a density of 4"):
        OnFeatures(Squares(), density(4)).check_widths()


def test_a_reconstruction_stays_one_under_another_density():
    network = Autoencoder(3, (4,), 1, generator=torch.Generator().manual_seed(0)).double()
    model = EnergyModel(InputScaling(3), network, None, ("angle",), "row", Score("angle")).eval()
    made = under_density(model, fitted(model))
    assert type(made) is EnergyModel
    assert made.network is network
    torch.testing.assert_close(made.features(X), model.features(X))
    assert type(under_density(Squares(), density(3))) is OnFeatures
