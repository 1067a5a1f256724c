import numpy as np
import pytest
import torch

from hinterland.densities.gaussian import GaussianMixture
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import Ensemble, as_one, members_of
from hinterland.model.scaling import InputScaling
from hinterland.networks.mlp import Autoencoder

ROWS = np.random.default_rng(0).normal([0, 10, -5], [1, 3, 0.1], size=(60, 3))
X = torch.from_numpy(ROWS)


def member(seed: int, rows: np.ndarray = ROWS) -> EnergyModel:
    generator = torch.Generator().manual_seed(seed)
    network = Autoencoder(rows.shape[1], (4,), 1, generator=generator)
    density = GaussianMixture(2, 2, hidden=(4,), generator=generator)
    model = EnergyModel(
        InputScaling.from_rows(rows * seed, "standard", 10.0), network, density, ("log_error",)
    )
    model.freeze(rows)
    return model


@pytest.fixture(scope="module")
def members() -> list[EnergyModel]:
    return [member(seed) for seed in (1, 2, 3)]


class Column(Model):
    """The first column, so that sums can be told by hand."""

    n_features = 3

    def scaled(self, x):
        return x

    def energy_of_scaled(self, scaled):
        return scaled[:, 0]


def test_energy_is_the_mean_of_the_members(members):
    ensemble = Ensemble(members)
    energies = [m.energy(X).detach().numpy() for m in members]
    np.testing.assert_array_equal(ensemble.energy(X).detach().numpy(), np.mean(energies, axis=0))
    np.testing.assert_array_equal(
        ensemble.in_chunks(ensemble.energy, ROWS),
        np.mean([m.in_chunks(m.energy, ROWS) for m in members], axis=0),
    )


def test_weights_make_it_a_sum(members):
    ensemble = Ensemble(members, [1.0, 0.0, 2.5])
    one, _, other = (m.energy(X) for m in members)
    torch.testing.assert_close(ensemble.energy(X), one + 2.5 * other)


def test_features_and_scaled_rows_lie_side_by_side(members):
    ensemble = Ensemble(members)
    torch.testing.assert_close(ensemble.features(X), torch.cat([m.features(X) for m in members], 1))
    assert ensemble.features_width == ensemble.features(X).shape[1] == 6
    assert ensemble.scaled_width == ensemble.scaled(X).shape[1] == 9


def test_scaled_rows_give_the_same_energies_and_features(members):
    inner = Ensemble([Ensemble(members[:2]), members[2]], [1.0, 3.0])
    scaled = inner.scaled(X)
    torch.testing.assert_close(inner.energy_of_scaled(scaled), inner.energy(X))
    torch.testing.assert_close(inner.features_of_scaled(scaled), inner.features(X))


def test_a_row_alone_is_summed_as_in_company():
    ensemble = Ensemble([Column() for _ in range(11)], np.random.default_rng(0).uniform(size=11).tolist())
    assert torch.equal(torch.cat([ensemble.energy(row[None]) for row in X]), ensemble.energy(X))


def test_one_model_is_itself_and_several_their_mean(members):
    assert as_one(members[:1]) is members[0]
    assert members_of(members[0]) == members[:1]
    ensemble = as_one(members)
    assert isinstance(ensemble, Ensemble)
    assert members_of(ensemble) == members


def test_it_is_as_its_members_are(members):
    graph = Column()
    graph.rows_alone, graph.chunks_at_once = False, 4
    assert Ensemble(members).rows_alone
    mixed = Ensemble([*members, graph])
    assert not mixed.rows_alone
    assert mixed.chunks_at_once == 4


def test_members_must_take_the_same_rows(members):
    narrow = member(1, ROWS[:, :2])
    with pytest.raises(ValueError, match="rows of 3 and of 2 columns"):
        Ensemble([members[0], narrow]).check_widths()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"weights must be one for each of the 3 members"),
        ([0.0, 0.0, 0.0], "not all zero"),
        ([1.0, -1.0, 1.0], "weights must be"),
        ([1.0, float("nan"), 1.0], "weights must be"),
    ],
)
def test_weights_that_make_no_sum_are_named(members, weights, message):
    with pytest.raises(ValueError, match=message):
        Ensemble(members, weights)


def test_there_is_no_ensemble_of_none():
    with pytest.raises(ValueError, match="at least one member"):
        as_one([])
