"""Gated PixelCNN: a probability of pictures by the chain rule, each pixel given those before it alone."""

import itertools

import numpy as np
import pytest
import torch

from hinterland.baselines.pixel_cnn import PixelCNN, columns_before, rows_above

SMALL = {"steps": 2, "batch_size": 4, "width": 4, "n_layers": 3, "kernel": 3, "levels": 2}


def test_the_chances_of_all_pictures_are_one_together():
    every = np.array(list(itertools.product((0.0, 1.0), repeat=4)))
    baseline = PixelCNN(random_state=0, **SMALL).fit(every)
    assert np.exp(-baseline.energy(every)).sum() == pytest.approx(1, abs=1e-5)


def test_the_chances_of_all_coloured_pictures_are_one_together():
    every = np.array(list(itertools.product((0.0, 1.0), repeat=6)))
    baseline = PixelCNN(random_state=0, shape=(1, 2, 3), **SMALL).fit(every)
    assert np.exp(-baseline.energy(every)).sum() == pytest.approx(1, abs=1e-5)


def test_a_pixel_sees_those_before_it_alone_and_all_of_them_that_are_near():
    baseline = PixelCNN(random_state=0, **SMALL).fit(np.random.default_rng(0).random((8, 25)))
    levels = torch.randint(0, 2, (1, 5, 5), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        usual = baseline._logits(levels)
        for place in range(25):
            other = levels.clone()
            other.view(-1)[place] = 1 - other.view(-1)[place]
            changed = ((baseline._logits(other) - usual).abs().amax(1) > 0).flatten()
            assert not changed[: place + 1].any()
            if place % 5 < 4:
                assert changed[place + 1]
            if place < 20:
                assert changed[place + 5]
            if place < 20 and place % 5 > 0:
                assert changed[place + 4], "what is above to the right is before it too"


def test_windows_are_the_places_before():
    assert rows_above(3, first=True).tolist() == [[True] * 3, [False] * 3, [False] * 3]
    assert rows_above(3, first=False).tolist() == [[True] * 3, [True] * 3, [False] * 3]
    assert columns_before(3, first=True).tolist() == [[True, False, False]]
    assert columns_before(3, first=False).tolist() == [[True, True, False]]


def test_an_even_kernel_is_an_error():
    with pytest.raises(ValueError, match="kernel must be odd, got 4"):
        PixelCNN(random_state=0, **(SMALL | {"kernel": 4})).fit(np.zeros((4, 4)))
