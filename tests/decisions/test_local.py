import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.decisions import local as module
from hinterland.decisions.local import local_fdr
from hinterland.decisions.p_values import conformal_p_values

P_VALUES = st.lists(st.integers(1, 20).map(lambda rank: rank / 20), min_size=1, max_size=60)


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.slow
@given(P_VALUES)
def test_it_is_a_share_and_rises_with_p(p):
    rates = local_fdr(p)
    assert ((rates > 0) & (rates <= 1)).all()
    ordered = rates[np.argsort(p)]
    assert np.all(np.diff(ordered) >= 0)


def draw(generator, m, anomalies, shift, n):
    energy = generator.normal(size=m)
    energy[:anomalies] += shift
    return local_fdr(conformal_p_values(energy, generator.normal(size=n))), np.arange(m) >= anomalies


def test_as_many_rows_are_normal_as_it_says_or_fewer():
    generator = np.random.default_rng(0)
    rates, normal = map(
        np.concatenate, zip(*(draw(generator, 1000, 150, 2.5, 1000) for _ in range(60)), strict=True)
    )
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9)):
        within = (rates > low) & (rates <= high)
        assert within.sum() > 200
        assert normal[within].mean() <= high
        assert normal[within].mean() > low / 3


@pytest.mark.parametrize("n", [50, 1000])
def test_where_all_rows_are_normal_hardly_any_is_called_otherwise(n):
    generator = np.random.default_rng(0)
    bold = [np.any(draw(generator, 300, 0, 0.0, n)[0] < 0.2) for _ in range(150)]
    assert np.mean(bold) < 0.05


def test_its_mean_over_the_smallest_is_about_the_rate_of_the_step_up():
    generator = np.random.default_rng(0)
    rates, normal = draw(generator, 5000, 1000, 3.0, 5000)
    smallest = rates <= 0.3
    assert rates[smallest].mean() == pytest.approx(normal[smallest].mean(), abs=0.05)


def test_of_no_rows_there_is_none_and_what_is_no_p_value_is_refused():
    assert len(local_fdr([])) == 0
    with pytest.raises(ValueError, match="p must hold"):
        local_fdr([0.0])
