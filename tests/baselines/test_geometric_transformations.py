"""Geometric transformations: each as pixels move, and a Dirichlet distribution's likeliest concentrations."""

import numpy as np
import pytest
import torch
from scipy.stats import dirichlet

from hinterland.baselines.geometric_transformations import (
    GeometricTransformations,
    Transformation,
    fit_dirichlet,
    inverse_digamma,
    transform,
    transformations,
    wide_residual_network,
)


def reflected(place: int, length: int) -> int:
    """The place that one outside of 0 to length - 1 is the reflection of; the edge is not repeated."""
    return -place if place < 0 else 2 * (length - 1) - place if place >= length else place


def moved(picture: np.ndarray, by: Transformation) -> np.ndarray:
    """Pixel by pixel."""
    side = len(picture)
    mirrored = picture[:, ::-1] if by.mirrored else picture
    shifted = np.empty_like(picture)
    for row, column in np.ndindex(side, side):
        shifted[row, column] = mirrored[reflected(row - by.down, side), reflected(column - by.right, side)]
    return np.rot90(shifted, by.turns)


@pytest.mark.parametrize("by", transformations(2), ids=str)
def test_a_transformation_moves_each_pixel(by):
    picture = np.random.default_rng(0).random((7, 7))
    found = transform(torch.from_numpy(picture)[None, None], by)[0, 0].numpy()
    np.testing.assert_array_equal(found, moved(picture, by))


def test_there_are_72_and_no_two_are_alike():
    kinds = transformations(3)
    assert len(kinds) == 72
    picture = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert len({tuple(transform(picture, by).flatten().tolist()) for by in kinds}) == 72
    assert torch.equal(transform(picture, kinds[0]), picture)


def test_inverse_digamma_is_the_inverse():
    x = torch.tensor([1e-3, 0.1, 1.0, 3.0, 1e4], dtype=torch.float64)
    torch.testing.assert_close(inverse_digamma(torch.digamma(x)), x, rtol=1e-8, atol=0)


def test_no_concentrations_near_the_found_ones_are_likelier():
    generator = np.random.default_rng(0)
    sample = generator.dirichlet([0.5, 2.0, 8.0], size=400)
    found = fit_dirichlet(torch.from_numpy(np.log(sample))).numpy()
    best = dirichlet.logpdf(sample.T, found).sum()
    for factors in generator.uniform(0.9, 1.1, size=(30, 3)):
        assert dirichlet.logpdf(sample.T, found * factors).sum() < best
    np.testing.assert_allclose(found, [0.5, 2.0, 8.0], rtol=0.2)
    several = np.log(np.stack([sample, generator.dirichlet([3.0, 3.0, 0.2], size=400)], axis=1))
    np.testing.assert_allclose(fit_dirichlet(torch.from_numpy(several))[0].numpy(), found, rtol=1e-6)


@pytest.mark.parametrize("score", ["dirichlet", "simple"])
def test_the_energy_is_the_papers_sum(score):
    rows = np.random.default_rng(0).random((6, 64))
    baseline = GeometricTransformations(random_state=0, steps=2, batch_size=8, score=score).fit(rows)
    pictures = torch.from_numpy(rows[:2]).float().reshape(2, 1, 8, 8)
    expected = np.zeros(2)
    with torch.no_grad():
        for kind, by in enumerate(transformations(2)):
            p = torch.softmax(baseline.network_(transform(pictures, by)), 1).double().numpy()
            if score == "simple":
                expected -= p[:, kind] / 72
            else:
                expected -= ((baseline.concentrations_[kind].numpy() - 1) * np.log(p)).sum(1) / 72
    np.testing.assert_allclose(baseline.energy(rows[:2]), expected, rtol=1e-3, atol=1e-6)


def test_the_paper_s_network_has_as_many_weights_as_it_says():
    network = wide_residual_network(3, 72, depth=16, widening=8, first_stride=1)
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 16, "one, two in each of two blocks of three groups, and three shortcuts"
    assert network(torch.rand(2, 3, 8, 8)).shape == (2, 72)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"depth": 12}, "depth must be 4 more than a multiple of 6, got 12"),
        ({"shape": (4, 16, 1)}, "quarter turns need square pictures, got 4 x 16"),
        ({"shift": 8}, "shift must be from 1 to 7 for pictures of 8 x 8, got 8"),
    ],
)
def test_what_cannot_be_transformed_is_an_error(parameters, message):
    with pytest.raises(ValueError, match=message):
        GeometricTransformations(random_state=0, **parameters).fit(np.zeros((4, 64)))
