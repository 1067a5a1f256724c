import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.decisions import p_values as module
from hinterland.decisions.p_values import (
    check_folds,
    conformal_p_values,
    cross_p_values,
    greatest_error,
    rows_needed,
)

# Small whole numbers: ties are common.
ENERGIES = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=30)


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def naive(energy, calibration):
    return [(1 + sum(c >= e for c in calibration)) / (len(calibration) + 1) for e in energy]


@given(ENERGIES, ENERGIES)
def test_p_values_are_the_formula(energy, calibration):
    assert conformal_p_values(energy, calibration).tolist() == naive(energy, calibration)


@given(ENERGIES)
def test_ranks_among_all_rows_in_turn_are_super_uniform_whatever_the_ties(energies):
    # Exchangeability is all that is used: each row in turn is the new one.
    p = np.array([naive([e], energies[:i] + energies[i + 1 :])[0] for i, e in enumerate(energies)])
    for level in p:
        assert np.mean(p <= level + 1e-12) <= level + 1e-12


def test_equal_energies_count_against_a_row():
    assert conformal_p_values([2.0], [2.0, 2.0, 1.0]).tolist() == [3 / 4]


@given(
    st.integers(1, 4).flatmap(
        lambda k: st.tuples(
            st.just(k),
            st.lists(
                st.tuples(st.integers(-4, 4).map(float), st.integers(0, k - 1)), min_size=k, max_size=20
            ),
            st.lists(st.lists(st.integers(-4, 4).map(float), min_size=k, max_size=k), min_size=1, max_size=5),
        )
    ),
    st.sampled_from(["cross", "cross_doubled"]),
)
def test_cross_fitted_p_values_are_their_formula(drawn, rule):
    k, calibration, rows = drawn
    energies = [e for e, _ in calibration] + [0.0] * k  # every fold has a row
    folds = [f for _, f in calibration] + list(range(k))
    n = len(energies)
    for row, p in zip(rows, cross_p_values(rows, energies, folds, rule=rule), strict=True):
        counted = sum(e >= row[f] for e, f in zip(energies, folds, strict=True))
        expected = (1 + counted) / (n + 1) if rule == "cross" else min(1, 2 * (k + counted) / (n + k))
        assert p == pytest.approx(expected)


def test_of_one_fold_cross_fitting_is_the_split():
    energy, calibration = np.array([0.0, 1.5, 7.0]), np.array([1.0, 2.0, 3.0])
    crossed = cross_p_values(energy[:, None], calibration, np.zeros(3, int))
    assert crossed.tolist() == conformal_p_values(energy, calibration).tolist()


def distance_to_uniform_from_above(p, repeats):
    """Greatest excess of the p-values' distribution function over the diagonal, in standard errors of the repeats."""
    p = p.reshape(repeats, -1)
    levels = np.linspace(0.02, 0.98, 25)
    shares = np.mean(p[:, :, None] <= levels, axis=1)
    errors = shares.std(axis=0) / np.sqrt(repeats) + 1e-9
    return float(np.max((shares.mean(axis=0) - levels) / errors))


@pytest.mark.parametrize("n", [20, 200])
@pytest.mark.parametrize("decimals", [8, 0])
def test_p_values_of_new_normal_rows_are_super_uniform(n, decimals):
    generator = np.random.default_rng(n + decimals)
    rows = generator.gamma(2.0, size=(300, n + 50)).round(decimals)
    p = np.concatenate([conformal_p_values(row[n:], row[:n]) for row in rows])
    assert distance_to_uniform_from_above(p, 300) < 3.5


def cross_fitted(generator, n, k, rule, n_new=40):
    """p-values of normal rows by Mahalanobis distances from the mean and covariance of the other folds' rows."""
    rows, new = generator.normal(size=(n, 3)), generator.normal(size=(n_new, 3))
    folds = np.arange(n) % k
    calibration, energy = np.empty(n), np.empty((n_new, k))
    for fold in range(k):
        others = rows[folds != fold]
        precision = np.linalg.inv(np.cov(others.T))
        calibration[folds == fold] = distance(rows[folds == fold] - others.mean(0), precision)
        energy[:, fold] = distance(new - others.mean(0), precision)
    return cross_p_values(energy, calibration, folds, rule=rule)


def distance(rows, precision):
    return np.einsum("ij,jk,ik->i", rows, precision, rows)


def test_cross_fitted_p_values_are_nearly_uniform_and_within_their_bound():
    generator = np.random.default_rng(0)
    p = np.concatenate([cross_fitted(generator, 30, 5, "cross") for _ in range(150)])
    assert distance_to_uniform_from_above(p, 150) < 3.5
    assert abs(np.mean(p <= 0.1) - 0.1) < 0.04
    assert np.mean(p <= 0.1) <= greatest_error(0.1, 30, 5, "cross")


def test_doubled_p_values_are_at_most_half_as_often_small():
    generator = np.random.default_rng(0)
    p = np.concatenate([cross_fitted(generator, 30, 5, "cross_doubled") for _ in range(100)])
    assert np.mean(p <= 0.4) < 0.25


def test_the_cross_bound_has_the_terms_of_few_folds_and_of_many():
    assert greatest_error(0.05, 1000, 1000, "cross") == pytest.approx(0.1)  # jackknife+
    assert greatest_error(0.05, 1000, 1000, "cross", equal_folds=False) == 1.0
    assert greatest_error(0.05, 1000, 5, "cross") == pytest.approx(0.1 + 2 * 0.8 / 201)
    assert greatest_error(0.05, 1000, 5, "cross_doubled") == 0.05


@given(st.integers(1, 2000), st.integers(1, 50), st.sampled_from([0.01, 0.05, 0.1, 0.2, 0.3]))
def test_as_many_calibration_rows_as_needed_are_enough_and_one_fewer_is_not(m, k, q):
    k = min(k, m)
    n = rows_needed(m, k, q)
    assert m / (n + 1) <= q * k * (1 + 1e-9)
    assert n == 1 or m / n > q * k * (1 - 1e-9)


@pytest.mark.parametrize(
    ("energy", "calibration", "message"),
    [
        ([1.0], [], "calibration_energy must have shape"),
        ([1.0, np.nan], [1.0], "energy must be finite"),
        ([1.0], [1.0, np.inf], "calibration_energy must be finite"),
        ([[1.0]], [1.0], "energy must have shape"),
    ],
)
def test_bad_energies_are_named(energy, calibration, message):
    with pytest.raises(ValueError, match=message):
        conformal_p_values(energy, calibration)


def test_bad_folds_are_named():
    with pytest.raises(ValueError, match=r"every number from 0 to 2, one for each model, got \[0, 1\]"):
        cross_p_values(np.zeros((1, 3)), [1.0, 2.0], [0, 1])
    with pytest.raises(ValueError, match="an integer for each of the 2 calibration rows"):
        check_folds([0.0, 1.0], 2)
    with pytest.raises(ValueError, match="energy must have shape"):
        cross_p_values([0.0], [1.0], [0])
    with pytest.raises(ValueError, match="rule must be one of"):
        cross_p_values([[0.0]], [1.0], [0], rule="split")


@pytest.mark.parametrize("fdr", [0, 1, -0.1, np.nan])
def test_a_rate_out_of_range_is_named(fdr):
    with pytest.raises(ValueError, match="fdr must be a number"):
        rows_needed(10, 1, fdr)
