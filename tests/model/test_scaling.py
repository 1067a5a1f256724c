import numpy as np
import pytest
import torch

from hinterland.model.scaling import LARGEST_SCALED, InputScaling


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal([0, 10, -5], [1, 3, 0.1], size=(120, 3))


def test_standard_scaling(rows):
    scaled = InputScaling.from_rows(rows, "standard", None)(torch.from_numpy(rows))
    np.testing.assert_allclose(scaled, (rows - rows.mean(0)) / rows.std(0), rtol=1e-12)


def test_scaling_by_minimum_and_range(rows):
    scaled = InputScaling.from_rows(rows, "minmax", None)(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose([scaled.min(0), scaled.max(0)], [[0] * 3, [1] * 3], atol=1e-12)


def test_no_scaling(rows):
    scaled = InputScaling.from_rows(rows, None, None)(torch.from_numpy(rows))
    np.testing.assert_array_equal(scaled, rows)


def test_the_clip_bounds_scaled_values_and_none_only_keeps_them_from_overflow(rows):
    far = torch.from_numpy(rows[:2]) + torch.tensor([[1e12], [-1e12]])
    assert InputScaling.from_rows(rows, "standard", 4.0)(far).tolist() == [[4.0] * 3, [-4.0] * 3]
    scaled = InputScaling.from_rows(rows, "standard", None)(far)
    assert scaled.tolist() == [[LARGEST_SCALED] * 3, [-LARGEST_SCALED] * 3]


@pytest.mark.parametrize("how", ["standard", "minmax"])
@pytest.mark.parametrize(("value", "unit"), [(0.0, 1.0), (250.0, 250.0), (-3.0, 3.0), (0.1, 0.1)])
def test_a_change_in_a_constant_column_shows_in_units_of_its_size(how, value, unit):
    scaling = InputScaling.from_rows(np.full((10, 1), value), how, 10.0)
    assert float(scaling(torch.tensor([[value]], dtype=torch.float64))) == pytest.approx(0, abs=1e-12)
    assert float(scaling(torch.tensor([[value + unit]], dtype=torch.float64))) == pytest.approx(1)
