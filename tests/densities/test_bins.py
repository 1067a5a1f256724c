"""Bins of columns."""

import numpy as np
import pytest
from scipy.stats import norm

from hinterland.densities.bins import bin_edges, bin_scores


def shares(values, n_bins):
    edges = bin_edges(values, n_bins)
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1) / len(values)


def test_a_column_of_few_values_has_a_bin_for_each_and_one_on_either_side():
    values = np.repeat([0.0, 1.0, 7.0], [5, 3, 2])
    edges = bin_edges(values, 32)
    np.testing.assert_allclose(edges, [-0.5, 0.5, 4.0, 7.5])
    assert shares(values, 32).tolist() == [0, 0.5, 0.3, 0.2, 0]


def test_many_values_are_parted_evenly_and_more_finely_at_both_ends():
    found = shares(np.random.default_rng(0).normal(size=10_000), 32)
    assert len(found) <= 32
    assert found[0] == found[-1] == 0
    assert found[1] == pytest.approx(0.005, abs=0.001)
    assert found[-2] == pytest.approx(0.005, abs=0.001)
    assert found[4:-4].std() < 0.005


def test_a_common_value_among_many_has_a_bin_of_its_own():
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(5_000), rng.uniform(0.001, 1, 5_000)])
    edges = bin_edges(values, 32)
    of_zero = np.searchsorted(edges, 0.0, side="right")
    assert (np.searchsorted(edges, values, side="right") == of_zero).sum() == 5_000


@pytest.mark.parametrize("n_bins", [8, 9, 12, 32])
@pytest.mark.parametrize("seed", range(5))
def test_edges_rise_are_few_enough_and_lie_on_no_value(n_bins, seed):
    rng = np.random.default_rng(seed)
    values = rng.choice([rng.normal(size=300), rng.integers(0, 40, 300), 10 ** rng.normal(0, 5, 300)], axis=0)
    edges = bin_edges(values, n_bins)
    assert len(edges) <= n_bins - 1
    assert (np.diff(edges) > 0).all()
    assert edges[0] < values.min()
    assert edges[-1] > values.max()
    assert not np.isin(edges, values).any()


@pytest.mark.parametrize(
    "values", [[3.0], [0.0, 0.0], [1e300, 1e300], [1.0, np.nextafter(1.0, 2)], [-5e-324, 0]]
)
def test_values_that_hardly_differ_still_have_two_sides(values):
    edges = bin_edges(np.array(values), 32)
    assert edges[0] < min(values)
    assert edges[-1] > max(values)
    assert np.isfinite(edges).all()


def test_scores_are_those_of_the_middles():
    np.testing.assert_allclose(bin_scores(np.array([1.0, 2.0, 1.0])), norm.ppf([0.125, 0.5, 0.875]))
    assert np.isfinite(bin_scores(np.array([1e-9, 10.0, 1e-9]))).all()
