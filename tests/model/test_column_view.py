"""Columns in standard deviations, beside their normal scores."""

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from hinterland.model.column_view import ColumnView, score_knots


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(3, 2, 200), rng.exponential(size=200), rng.integers(0, 3, 200)])


def test_both_views_are_as_defined(rows):
    view = ColumnView.from_rows(rows, "standard")
    found = view(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(found[:, :3], (rows - rows.mean(0)) / rows.std(0), rtol=1e-9)
    scores = norm.ppf((rankdata(rows, axis=0) - 0.5) / 200)
    np.testing.assert_allclose(found[:, 3:], scores, rtol=1e-9, atol=1e-9)


def test_between_training_values_scores_run_in_straight_lines_and_beyond_by_deviations(rows):
    view = ColumnView.from_rows(rows, "standard")
    ordered = np.sort(rows[:, 0])
    new = np.repeat(rows[:1], 2, axis=0)
    new[0, 0], new[1, 0] = (ordered[3] + ordered[4]) / 2, ordered[-1] + 1.5 * rows[:, 0].std()
    scores = norm.ppf((np.arange(200) + 0.5) / 200)
    found = view(torch.from_numpy(new)).numpy()[:, 3]
    np.testing.assert_allclose(found, [(scores[3] + scores[4]) / 2, scores[-1] + 1.5], rtol=1e-9)


def test_both_are_bounded(rows):
    view = ColumnView.from_rows(rows, "standard", 10.0)
    found = view(torch.tensor([[1e300, -1e300, 1.0]]).double())
    assert found[0, [0, 3]].tolist() == [10, 10]
    assert found[0, [1, 4]].tolist() == [-10, -10]


def test_rows_that_are_scaled_already_are_taken_so(rows):
    found = ColumnView.from_rows(rows, None)(torch.from_numpy(rows)).numpy()
    np.testing.assert_array_equal(found[:, :3], rows.clip(-10, 10))


def test_of_many_values_evenly_spread_knots_are_kept():
    values = np.random.default_rng(0).normal(size=5_000)
    knots, scores = score_knots(values, 64)
    assert len(knots) == len(scores) == 64
    assert knots[0] == values.min()
    assert knots[-1] == values.max()
    np.testing.assert_allclose(np.interp(0.5, knots, scores), norm.ppf(np.mean(values < 0.5)), atol=0.05)


def test_a_constant_column_has_no_rank_but_a_distance():
    rows = np.ones((20, 1))
    view = ColumnView.from_rows(rows, "standard", constant_unit=0.001)
    assert view(torch.ones(1, 1).double()).tolist() == [[0, 0]]
    assert view(torch.full((1, 1), 2.0).double()).tolist() == [[10, 10]]


@pytest.mark.parametrize("spoilt", ["scale", "knots"])
def test_what_cannot_have_been_stored_is_refused(rows, spoilt):
    view = ColumnView.from_rows(rows, "standard")
    view.check_stored()
    tensor = getattr(view, spoilt)
    tensor.copy_(-tensor)
    with pytest.raises(ValueError, match=spoilt):
        view.check_stored()
