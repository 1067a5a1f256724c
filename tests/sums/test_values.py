"""Counts of values: exact addition in any order, and quantiles that err to the large side by one part in 2,048."""

import functools
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.sums import ValueCounts
from hinterland.sums.values import rounded_up

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def energies(n: int = 20_000) -> np.ndarray:
    return np.random.default_rng(0).gamma(2.0, 5.0, n) - 3.0


def test_parts_in_any_order_have_the_same_counts_bit_for_bit() -> None:
    energy = energies()
    whole = ValueCounts.of(energy)
    parts = [ValueCounts.of(part) for part in np.split(energy, [3, 3, 700, 15_000])]
    for order in (parts, parts[::-1]):
        both = functools.reduce(operator.add, order)
        np.testing.assert_array_equal(both.values, whole.values)
        np.testing.assert_array_equal(both.counts, whole.counts)
    assert whole.n_rows == len(energy)


@given(st.lists(FINITE, min_size=1, max_size=20))
def test_rounding_goes_up_in_order_and_hardly(values: list[float]) -> None:
    exact = np.array(values)
    rounded = rounded_up(exact)
    with np.errstate(over="ignore"):
        assert (rounded >= exact).all()
        assert (rounded / 2 - exact / 2 <= np.maximum(np.abs(exact) / 2_048, 2.0**-24) / 2).all()
    order = np.argsort(exact)
    assert (rounded[order][1:] >= rounded[order][:-1]).all()
    np.testing.assert_array_equal(rounded_up(rounded), rounded)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99, 1.0])
def test_quantiles_are_those_of_the_rows(share: float) -> None:
    energy = energies()
    exact = float(np.quantile(energy, share, method="inverted_cdf"))
    assert exact <= ValueCounts.of(energy).quantile(share) <= exact + max(abs(exact) / 2_048, 2.0**-24)


def test_values_are_few_however_many_rows() -> None:
    assert len(ValueCounts.of(np.random.default_rng(1).uniform(1, 1_000, 200_000)).values) < 41_000


def test_a_share_is_forgotten_evenly() -> None:
    counts = ValueCounts.of(energies())
    kept = counts.forgotten(0.75)
    assert kept.n_rows == 5_000
    assert kept.quantile(0.9) == pytest.approx(counts.quantile(0.9), rel=1e-2)
    assert counts.forgotten(1.0).n_rows == 0
    np.testing.assert_array_equal(counts.forgotten(0.0).counts, counts.counts)


def test_no_values_and_bad_ones_are_named() -> None:
    none = ValueCounts.of([])
    assert none.n_rows == 0
    assert (none + ValueCounts.of([1.0])).quantile(0.5) == 1.0
    with pytest.raises(ValueError, match="no value was counted"):
        none.quantile(0.5)
    with pytest.raises(ValueError, match="values must be finite, but 1 of 2 rows are not"):
        ValueCounts.of([1.0, np.nan])
