"""Numbers far outside that occur often."""

import numpy as np
import pytest

from hinterland.tables.columns.sentinels import sentinel

USUAL = np.random.default_rng(0).normal(20, 1, 400)


@pytest.mark.parametrize("value", [-200.0, -1.0, 999.0, 9999.0, 65535.0, 1e20])
def test_a_value_that_people_write_for_a_missing_one(value):
    assert sentinel(np.append(USUAL, [value] * 5)) == (value, 5)


@pytest.mark.parametrize("value", [200.0, -200.5, 998.0, 0.0])
def test_another_number_is_none(value):
    assert sentinel(np.append(USUAL, [value] * 5)) is None


def test_a_rare_one_and_one_that_most_rows_have_are_none():
    assert sentinel(np.append(USUAL, [-200.0] * 2)) is None
    assert sentinel(np.append(USUAL, [-200.0] * 401)) is None


def test_a_near_one_is_none():
    assert sentinel(np.append(np.arange(400.0) % 50, [-1.0] * 5)) is None
    assert sentinel(np.append(np.full(400, 3.0), [-1.0] * 5)) is None  # no range to compare with
