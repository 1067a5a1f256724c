"""Curves through knots, against NumPy's."""

import numpy as np
import pytest
import torch

from hinterland.model.curves import filled, interpolated


@pytest.fixture
def curves():
    rng = np.random.default_rng(0)
    return np.sort(rng.normal(size=(3, 7)), 1), np.sort(rng.normal(size=(3, 7)), 1)


def test_values_lie_on_straight_lines_and_are_level_beyond(curves):
    knots, values = curves
    x = np.random.default_rng(1).normal(0, 3, size=(3, 50))
    found = interpolated(*map(torch.from_numpy, (x, knots, values))).numpy()
    expected = [np.interp(*curve) for curve in zip(x, knots, values, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_the_slope_is_the_lines(curves):
    knots, values = (torch.from_numpy(part) for part in curves)
    x = ((knots[:, 2:3] + knots[:, 3:4]) / 2).requires_grad_()
    interpolated(x, knots, values).sum().backward()
    slope = (values[:, 3:4] - values[:, 2:3]) / (knots[:, 3:4] - knots[:, 2:3])
    torch.testing.assert_close(x.grad, slope)


def test_the_last_place_stands_for_those_that_are_missing():
    assert filled(np.array([1.0, 2.0]), 4).tolist() == [1, 2, 2, 2]
    assert filled(np.array([1.0, 2.0]), 2).tolist() == [1, 2]
