"""Energies as surprisal."""

import math

import numpy as np
import pytest
import torch

from hinterland.model.base import Model
from hinterland.model.calibrated import EASED_ABOVE, Calibrated
from hinterland.model.path import Path


class First(Model):
    """The first column is the energy."""

    n_features = 2

    def scaled(self, x):
        return x

    def energy_of_scaled(self, scaled):
        return scaled[:, 0]


@pytest.fixture
def new():
    return np.random.default_rng(0).exponential(2.0, 5_000)


@pytest.fixture
def calibrated(new):
    made = Calibrated(First())
    made.learn(new)
    return made


def test_it_is_minus_the_logarithm_of_the_share_above(calibrated, new):
    for quantile in (0.1, 0.5, 0.75):
        energy = np.quantile(new, quantile)
        assert calibrated.surprisals_of(np.array([energy]))[0] == pytest.approx(
            -math.log(1 - quantile), abs=0.01
        )


def test_the_tail_of_an_exponential_is_its_own_surprisal(calibrated):
    found = calibrated.surprisals_of(np.array([6.0, 10.0, 14.0]))
    np.testing.assert_allclose(found, [3.0, 5.0, 7.0], rtol=0.05)


def test_beyond_some_nats_it_goes_on_as_a_logarithm_and_never_stops_rising(calibrated):
    far = calibrated.surprisals_of(np.array([20.0, 1e3, 1e6, 1e300]))
    assert (np.diff(far) > 0).all()
    assert far[2] < 15 * EASED_ABOVE


def test_order_is_kept(calibrated, new):
    energies = np.sort(np.concatenate([new, [-5.0, -1.0, 30.0, 40.0]]))
    assert (np.diff(calibrated.surprisals_of(energies)) >= 0).all()


def test_equal_energies_share_the_middle_of_their_ranks():
    made = Calibrated(First())
    made.learn(np.repeat([1.0, 2.0], [50, 50]))
    assert made.surprisals_of(np.array([1.0]))[0] == pytest.approx(-math.log(0.75))


@pytest.mark.parametrize("energies", [[3.0], [3.0, 3.0, 3.0], [0.0, 0.0, 0.0, 1.0]])
def test_a_few_or_equal_energies_still_tell_higher_ones(energies):
    made = Calibrated(First())
    made.learn(np.array(energies))
    found = made.surprisals_of(np.array([*energies, max(energies) + 1, max(energies) + 100]))
    assert np.isfinite(found).all()
    assert found[-1] > found[-2] > found[: len(energies)].min()


def test_contributions_add_up_to_the_difference(calibrated):
    start, stop = (
        torch.tensor([[1.0, 0.0], [0.5, 3.0]]).double(),
        torch.tensor([[9.0, 2.0], [0.5, 1.0]]).double(),
    )

    def integrate(energy, path, counts):
        return torch.stack([path.stop[:, 0] - path.start[:, 0], torch.zeros(2).double()], 1)

    path = Path(start, stop, calibrated.energy_at(start), calibrated.energy_at(stop))
    parts = calibrated.contributions(path, integrate, torch.ones(2).double())
    climb = calibrated.energy(stop) - calibrated.energy(start)
    torch.testing.assert_close(parts.sum(1), climb)
    assert float(climb[0]) > 0
    assert parts[1].tolist() == [0, 0]


def test_a_curve_that_falls_is_refused(calibrated):
    calibrated.check_stored()
    calibrated.energies.neg_()
    with pytest.raises(ValueError, match="curve"):
        calibrated.check_stored()
