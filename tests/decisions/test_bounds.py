import doctest

import pytest
from scipy.stats import binomtest

from hinterland.decisions import bounds
from hinterland.decisions.bounds import clopper_pearson


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(bounds)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (17, 400), (0, 1), (1, 1)])
def test_bounds_are_those_of_scipys_exact_interval(hits, n):
    low, high = clopper_pearson(hits, n, 0.05)
    expected = binomtest(hits, n).proportion_ci(0.9, method="exact")
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high))
