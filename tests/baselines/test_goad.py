"""Loss and score by loops over transformations, and that training tells the transformations apart."""

import math

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines
from hinterland.baselines.goad import drawn, squared_distances, triplet_loss

SHORT = {"n_transformations": 4, "width": 3, "hidden": (6, 5), "batch_size": 32, "random_state": 0}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(80, 4))


@pytest.fixture(scope="module")
def fitted(rows):
    return baselines()["GOAD"](**SHORT, steps=150, learning_rate=0.01).fit(rows)


def test_the_triplet_loss_is_the_margin_to_the_nearest_other_centre():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(4, 7, 2, generator=generator)
    centers = torch.randn(4, 2, generator=generator)
    losses = []
    for m in range(4):
        for i in range(7):
            squared = [float(((features[m, i] - c) ** 2).sum()) for c in centers]
            nearest = min(value for k, value in enumerate(squared) if k != m)
            losses.append(max(0.0, squared[m] + 0.5 - nearest))
    found = triplet_loss(squared_distances(features, centers), 0.5)
    assert found.item() == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_the_energy_is_the_sum_over_transformations_of_how_unlikely_each_is(fitted, rows):
    x = torch.from_numpy(rows[:3]).float()
    energies = []
    for row in x:
        energy = 0.0
        for m in range(4):
            with torch.no_grad():
                feature = fitted.network_((row @ fitted.matrices_[m] + fitted.shifts_[m, 0])[None])[0]
            weighed = [math.exp(-float(((feature - c) ** 2).sum())) for c in fitted.centers_]
            energy -= math.log(weighed[m] / sum(weighed))
        energies.append(energy)
    np.testing.assert_allclose(fitted.energy(rows[:3]), energies, rtol=1e-3)


def test_centres_are_the_means_of_the_training_rows_features(fitted, rows):
    with torch.no_grad():
        means = fitted.features(torch.from_numpy(rows).float()).mean(1)
    torch.testing.assert_close(fitted.centers_, means)


def test_training_tells_transformations_apart_better_than_a_guess(fitted, rows):
    assert fitted.energy(rows).mean() < 0.9 * 4 * math.log(4)


def test_far_rows_have_more_energy_the_farther_and_with_a_floor_what_it_gives_and_no_more(fitted, rows):
    near, far = fitted.energy(1e4 * np.ones((1, 4))), fitted.energy(2e4 * np.ones((1, 4)))
    assert np.isfinite(far).all()
    assert far > near
    floored = baselines()["GOAD"](**SHORT, steps=10, floor=1e-6).fit(rows)
    assert floored.energy(1e4 * np.ones((1, 4)))[0] <= 4 * math.log((1 + 4e-6) / 1e-6)


def test_the_network_is_linear_layers_without_biases_each_with_a_leaky_unit(fitted):
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    first, second = (layer.weight.detach().double() for layer in fitted.network_[::2])
    expected = x.double()
    for weight in (first, second):
        expected = expected @ weight.t()
        expected = torch.where(expected > 0, expected, 0.2 * expected)
    with torch.no_grad():
        torch.testing.assert_close(fitted.network_(x).double(), expected, rtol=1e-5, atol=1e-6)
    assert all(layer.bias is None for layer in fitted.network_[::2])


def test_weights_start_normal_with_a_deviation_for_leaky_units():
    layer = drawn(200, 300, torch.Generator().manual_seed(0), bias=True)
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2) * math.sqrt(2 / 500), rel=0.02)
    assert not layer.bias.any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_transformations": 1}, "n_transformations must be an integer of at least 2"),
        ({"hidden": ()}, "hidden must have at least one layer"),
    ],
)
def test_parameters_that_mean_nothing_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        baselines()["GOAD"](**parameters).fit(np.zeros((5, 2)))
