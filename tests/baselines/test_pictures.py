"""The contract of baselines on pictures, and the networks that they share."""

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines
from hinterland.baselines.pictures import OnPictures, decoder, encoder, pictures_of
from hinterland.metrics import auroc

SIDE = 12
SHORT = {
    "VAE (pictures)": {"steps": 100, "batch_size": 32, "latent_dim": 4, "channels": (4, 8), "width": 16},
    "LSA": {
        "steps": 150, "batch_size": 32, "latent_dim": 4, "channels": (4, 8), "width": 16, "features": (4,), "n_bins": 8
    },
    "PixelCNN": {"steps": 100, "batch_size": 32, "width": 8, "n_layers": 2, "kernel": 3, "levels": 4},
    "Geometric transformations": {"steps": 120, "batch_size": 64, "n_dirichlet": 40},
}  # fmt: skip
NAMES = [name for name, make in baselines().items() if issubclass(make, OnPictures)]


def corners(n: int, generator: np.random.Generator) -> np.ndarray:
    """Pictures of an upright L, with long and short arm, at places that vary a little."""
    pictures = 0.05 * generator.random((n, SIDE, SIDE))
    for picture, (top, left) in zip(pictures, generator.integers(1, 4, (n, 2)), strict=True):
        picture[top : top + 7, left] = 0.9
        picture[top + 6, left : left + 4] = 0.9
    return pictures.reshape(n, -1)


@pytest.fixture(scope="module")
def planted():
    """Training rows; then 60 test rows like them, and 20 of crosses."""
    generator = np.random.default_rng(0)
    odd = 0.05 * generator.random((20, SIDE, SIDE))
    odd[:, 5:7, 2:10], odd[:, 2:10, 5:7] = 0.9, 0.9
    test = np.concatenate([corners(60, generator), odd.reshape(20, -1)])
    return corners(200, generator), test, np.arange(80) >= 60


@pytest.fixture(scope="module")
def fitted(planted):
    kept: dict[str, OnPictures] = {}

    def fit(name: str) -> OnPictures:
        if name not in kept:
            kept[name] = baselines()[name](random_state=0, **SHORT[name]).fit(planted[0])
        return kept[name]

    return fit


def test_every_baseline_on_pictures_is_tested_here():
    assert set(NAMES) == set(SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
class TestContract:
    def test_pictures_of_something_else_have_more_energy(self, name, fitted, planted):
        energy = fitted(name).energy(planted[1])
        assert energy.dtype == np.float64
        assert np.isfinite(energy).all()
        assert auroc(planted[2], energy) > 0.9

    def test_a_row_scores_the_same_alone_and_in_company(self, name, fitted, planted):
        whole, some = fitted(name).energy(planted[1]), [0, 3, 70]
        alone = np.concatenate([fitted(name).energy(planted[1][i : i + 1]) for i in some])
        np.testing.assert_allclose(alone, whole[some], rtol=1e-3, atol=1e-4)

    def test_the_same_seed_gives_the_same_energies_and_no_draw_of_others(self, name, planted):
        few = {**SHORT[name], "steps": 2}
        state = torch.get_rng_state()
        first, again, other = (
            baselines()[name](random_state=seed, **few).fit(planted[0]).energy(planted[1][:4])
            for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)
        assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_no_pictures_are_an_error(name):
    with pytest.raises(ValueError, match="shape must be given for rows of 50 columns"):
        baselines()[name](random_state=0).fit(np.zeros((4, 50)))
    with pytest.raises(ValueError, match="shape must be height, width and channels, with the product 50"):
        baselines()[name](random_state=0, shape=(5, 5, 1)).fit(np.zeros((4, 50)))


@pytest.mark.parametrize("name", ["VAE (pictures)", "LSA"])
def test_pictures_that_cannot_be_halved_often_enough_are_an_error(name):
    with pytest.raises(ValueError, match=r"6 x 6 cannot be halved once for each of channels = \[4, 8\]"):
        baselines()[name](random_state=0, channels=[4, 8]).fit(np.zeros((4, 36)))


def test_a_row_is_laid_out_by_rows_a_pixels_channels_together():
    rows = torch.arange(24.0).reshape(1, 24)
    picture = pictures_of(rows, (2, 4, 3))
    for row, column, channel in np.ndindex(2, 4, 3):
        assert picture[0, channel, row, column] == row * 12 + column * 3 + channel


def test_a_decoder_gives_pictures_of_the_encoders_shape():
    code = encoder((8, 12, 3), (4, 6), 10, 5).eval()(torch.rand(2, 3, 8, 12))
    assert code.shape == (2, 5)
    assert decoder((8, 12, 3), (4, 6), 10, 5).eval()(code).shape == (2, 3, 8, 12)
