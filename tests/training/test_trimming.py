"""Which rows to train on, where some may be anomalies."""

import numpy as np
import pytest

from hinterland.training.trimming import usual


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(380, 3)), rng.normal(6, 0.05, (20, 3))])


def test_a_dense_group_of_anomalies_goes(rows):
    kept = usual(rows, 0.1, 0)
    assert kept.shape == (400,)
    assert not kept[380:].any()
    assert kept.mean() == pytest.approx(0.9, abs=0.005)


def test_nothing_goes_where_nothing_is_to_or_rows_are_few(rows):
    assert usual(rows, 0.0, 0).all()
    assert usual(rows[:40], 0.3, 0).all()


def test_the_same_seed_keeps_the_same_rows(rows):
    np.testing.assert_array_equal(usual(rows, 0.1, 7), usual(rows, 0.1, 7))


def test_equal_rows_all_stay():
    assert usual(np.ones((100, 2)), 0.1, 0).all()
