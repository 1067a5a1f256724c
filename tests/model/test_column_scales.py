import warnings

import numpy as np
import pytest
import torch

from hinterland.model.column_scales import column_scales, wild_values
from hinterland.model.scaling import InputScaling


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(0).normal(3, 2, size=(500, 1))


def scaled(rows, how="standard", clip=None, of=None):
    return InputScaling.from_rows(rows, how, clip)(torch.from_numpy(rows if of is None else of)).numpy()


def test_ordinary_columns_have_numpys_own_mean_and_deviation_to_the_bit():
    rows = np.random.default_rng(1).lognormal(0, 3, size=(300, 4)) * [1, 1e-5, 1e6, 1e12]
    rows[:290, 3] = 0  # counts that are mostly 0
    center, scale = column_scales(rows, "standard")
    np.testing.assert_array_equal(center, rows.mean(0))
    np.testing.assert_array_equal(scale, rows.std(0))
    center, scale = column_scales(rows, "minmax")
    np.testing.assert_array_equal(center, rows.min(0))
    np.testing.assert_array_equal(scale, np.ptp(rows, 0))


@pytest.mark.parametrize("how", ["standard", "minmax"])
@pytest.mark.parametrize("wild", [1e12, 1e155, 1e200, -1e300, 1.7e308])
def test_a_wild_value_leaves_the_others_their_spread_and_is_itself_the_farthest(numbers, how, wild):
    rows = numbers.copy()
    rows[7] = wild
    others = np.arange(len(rows)) != 7
    found = scaled(rows, how, 10.0)
    np.testing.assert_allclose(found[others], scaled(numbers[others], how, 10.0), rtol=1e-9, atol=1e-9)
    assert found[7] == np.sign(wild) * 10


@pytest.mark.parametrize(("how", "step"), [("standard", 1.7e307), ("minmax", 8e306)])
def test_values_from_end_to_end_of_the_floats_are_scaled(how, step):
    rows = step * np.arange(-10.0, 11.0)[:, None]
    found = scaled(rows, how)
    assert np.isfinite(found).all()
    assert (np.diff(found[:, 0]) > 0).all()
    assert np.ptp(found) < 4


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
def test_a_column_of_any_size_is_standardised(numbers, size):
    np.testing.assert_allclose(scaled(numbers * size), scaled(numbers), rtol=1e-6, atol=1e-9)


def test_a_small_spread_on_a_large_offset_is_no_constant(numbers):
    offset = numbers * 1e-3 + 1e9
    found = scaled(offset)
    assert found.std() == pytest.approx(1)
    np.testing.assert_allclose(found, scaled(numbers), atol=1e-3)  # what 1e9 in 16 digits holds of 1e-3


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0, 1e9, 1e300])
def test_a_constant_is_one_up_to_its_last_digits(value):
    rows = np.full((99, 1), value)
    rows[::3] += np.spacing(value) if value else 0
    center, scale = column_scales(rows, "standard", constant_unit=0.01)
    assert scale == pytest.approx(0.01 * (abs(value) or 1))
    assert center == pytest.approx(value)


def test_a_column_that_is_constant_but_for_a_wild_value(numbers):
    rows = np.zeros((50, 1))
    rows[3] = 1e300
    assert scaled(rows, clip=10.0)[3] == pytest.approx(
        7
    )  # nothing else to be measured by: the square root of 49
    np.testing.assert_allclose(np.delete(scaled(rows), 3), -1 / 7)
    rows[4] = 1.0
    found = scaled(rows, clip=10.0)
    assert found[3] == 10
    assert found[4] == pytest.approx(7, rel=0.02)


def test_wild_is_what_is_off_the_others_by_a_hundred_million_of_their_deviations(numbers):
    column = np.r_[numbers[:, 0], 1e7, 1e10]
    assert np.flatnonzero(wild_values(column)).tolist() == [501]
    assert not wild_values(np.r_[np.zeros(99), 1e300]).any()
    assert not wild_values(np.zeros(5)).any()
    rare = np.zeros(50_000)
    rare[[1, 3, 5]] = [1, 1, 1e20]  # none of them in the sample
    assert np.flatnonzero(wild_values(rare)).tolist() == [5]
