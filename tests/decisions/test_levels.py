import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from hinterland.decisions import levels as module
from hinterland.decisions.levels import STOREY_FROM, Levels, q_values

N = 19
P_VALUES = st.lists(st.integers(1, N + 1).map(lambda rank: rank / (N + 1)), min_size=1, max_size=40)


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@given(P_VALUES)
def test_q_values_are_those_of_scipy(p):
    assert np.allclose(q_values(p), false_discovery_control(p, method="bh"))


@given(P_VALUES)
def test_storeys_q_values_are_those_of_the_step_up_times_its_share(p):
    share = (1 + sum(value > STOREY_FROM for value in p)) / ((1 - STOREY_FROM) * len(p))
    ordered = sorted(p)
    slow = [
        min([1.0, *(share * len(p) * ordered[k] / (k + 1) for k in range(len(p)) if ordered[k] >= value)])
        for value in p
    ]
    assert np.allclose(q_values(p, "storey"), slow)


@given(P_VALUES, st.lists(st.integers(0, 40), max_size=4), st.sampled_from(["bh", "storey"]))
def test_batches_give_what_the_whole_gives(p, cuts, method):
    whole, streamed = Levels().add(p), Levels()
    for batch in np.split(np.array(p), np.minimum(np.sort(cuts), len(p)).astype(int)):
        streamed.add(batch)
    assert streamed.p.tolist() == whole.p.tolist()
    assert streamed.counts.tolist() == whole.counts.tolist()
    assert streamed.cut(0.2, method) == whole.cut(0.2, method)


def test_it_keeps_a_number_a_level_however_many_rows_there_are():
    generator, levels = np.random.default_rng(0), Levels()
    for _ in range(20):
        levels.add(generator.integers(1, 101, size=10_000) / 100)
    assert (len(levels.p), levels.n_rows) == (100, 200_000)


def test_values_that_are_no_conformal_p_values_are_refused_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "MOST_LEVELS", 500)
    with pytest.raises(ValueError, match="few different values"):
        Levels().add(np.random.default_rng(0).random(501))


def test_without_rows_nothing_is_flagged():
    cut = Levels().add([]).cut(0.1, "storey")
    assert cut == (0.0, 0, 1.0)


@pytest.mark.parametrize("p", [[0.0], [1.1], [np.nan], [-0.1], [[0.5]], ["a"], [True]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="p must hold"):
        Levels().add(p)


@pytest.mark.parametrize("fdr", [0, 1, 1.5, np.nan, None])
def test_a_rate_out_of_range_is_named(fdr):
    with pytest.raises(ValueError, match="fdr must be a number"):
        Levels().add([0.5]).cut(fdr)


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match=r"method must be one of \['bh', 'storey'\], got 'by'"):
        Levels().add([0.5]).cut(0.1, "by")
