"""Sums of columns: what parts give is what all rows give."""

import numpy as np
import pytest

from hinterland.sums import ColumnSums


def rows(n: int = 1_000) -> np.ndarray:
    made = np.random.default_rng(0).normal([0.0, 1e6, -3.0], [1.0, 2.0, 1e-3], (n, 3))
    made[::7, 2] = np.nan
    return made


def test_parts_in_any_order_add_to_what_numpy_says_of_all_rows() -> None:
    X = rows()
    parts = [ColumnSums.of(part) for part in np.split(X, [1, 30, 700, 700])]
    for order in (parts, parts[::-1]):
        both = order[0]
        for part in order[1:]:
            both += part
        np.testing.assert_array_equal(both.counts, (~np.isnan(X)).sum(0))
        np.testing.assert_allclose(both.means, np.nanmean(X, 0), rtol=1e-13)
        np.testing.assert_allclose(both.deviations, np.nanstd(X, 0), rtol=1e-9)
        np.testing.assert_array_equal(both.least, np.nanmin(X, 0))
        np.testing.assert_array_equal(both.greatest, np.nanmax(X, 0))


def test_no_rows_add_nothing() -> None:
    some, none = ColumnSums.of(rows(20)), ColumnSums.of(np.empty((0, 3)))
    for both in (some + none, none + some):
        np.testing.assert_array_equal(both.means, some.means)
        np.testing.assert_array_equal(both.squares, some.squares)
        np.testing.assert_array_equal(both.least, some.least)
    assert (none.counts == 0).all()
    assert (none.variances == 0).all()


def test_forgotten_rows_count_for_less_and_move_no_mean() -> None:
    some = ColumnSums.of(rows())
    half = some.forgotten(0.5)
    np.testing.assert_array_equal(half.counts, some.counts / 2)
    np.testing.assert_allclose(half.variances, some.variances, rtol=1e-15)
    np.testing.assert_array_equal(half.means, some.means)
    new = ColumnSums.of(rows(10) + 5)
    np.testing.assert_array_equal((some.forgotten(1) + new).means, new.means)
    np.testing.assert_array_equal((some.forgotten(1) + new).greatest, new.greatest)


def test_what_is_no_matrix_or_share_is_named() -> None:
    with pytest.raises(ValueError, match=r"rows must have shape \(n, d\), got shape \(3,\)"):
        ColumnSums.of([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="share"):
        ColumnSums.of(rows(3)).forgotten(1.5)
