import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.decisions import costs as module
from hinterland.decisions.costs import least_cost

LABELLED = (
    st.lists(st.tuples(st.integers(-6, 6).map(float), st.booleans()), min_size=2, max_size=30)
    .filter(lambda rows: 0 < sum(label for _, label in rows) < len(rows))
    .map(lambda rows: (np.array([e for e, _ in rows]), np.array([label for _, label in rows])))
)
COSTS = st.sampled_from([0.5, 1.0, 3.0, 20.0])


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def cost_of(energy, is_anomaly, threshold, miss, false_alarm):
    flagged = energy > threshold
    return (miss * (is_anomaly & ~flagged).sum() + false_alarm * (~is_anomaly & flagged).sum()) / len(energy)


@given(LABELLED, COSTS, COSTS)
def test_no_threshold_costs_less(labelled, miss, false_alarm):
    energy, is_anomaly = labelled
    best = least_cost(is_anomaly, energy, miss=miss, false_alarm=false_alarm)
    others = [cost_of(energy, is_anomaly, t, miss, false_alarm) for t in np.arange(-6.5, 7)]
    assert best.cost_a_row == pytest.approx(min(others))
    assert cost_of(energy, is_anomaly, best.threshold, miss, false_alarm) == pytest.approx(best.cost_a_row)
    flagged = energy > best.threshold
    assert best.flagged == flagged.sum()
    assert best.misses == (is_anomaly & ~flagged).sum()
    assert best.false_alarms == (flagged & ~is_anomaly).sum()
    assert best.flag_none == pytest.approx(cost_of(energy, is_anomaly, 99, miss, false_alarm))
    assert best.flag_all == pytest.approx(cost_of(energy, is_anomaly, -99, miss, false_alarm))


def test_another_share_of_anomalies_weighs_the_classes():
    is_anomaly, energy = [False, False, True, True], [0.0, 2.0, 1.0, 3.0]
    rare = least_cost(is_anomaly, energy, miss=10, false_alarm=1, anomaly_share=0.01)
    assert (rare.threshold, rare.cost_a_row) == (2.5, pytest.approx(0.01 * 10 / 2))
    often = least_cost(is_anomaly, energy, miss=10, false_alarm=1, anomaly_share=0.5)
    assert (often.threshold, often.cost_a_row) == (0.5, pytest.approx(0.5 / 2))


def test_of_equal_costs_the_fewest_rows_are_flagged():
    best = least_cost([True, False], [1.0, 1.0], miss=1, false_alarm=1)
    assert best.flagged == 0
    assert best.threshold == 1.0


def test_where_misses_cost_all_every_row_is_flagged():
    best = least_cost([False, True], [2.0, 1.0], miss=1e9, false_alarm=1)
    assert (best.flagged, best.misses) == (2, 0)
    assert best.threshold < 1.0
    assert "0 missed, 1 false alarms" in str(best)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"miss": 0}, "miss must be a number"),
        ({"false_alarm": -1}, "false_alarm must be a number"),
        ({"anomaly_share": 1.0}, "anomaly_share must be a number"),
    ],
)
def test_costs_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        least_cost([True, False], [1.0, 0.0], **({"miss": 1, "false_alarm": 1} | options))


def test_labels_and_energies_must_fit():
    with pytest.raises(ValueError, match="both classes"):
        least_cost([True, True], [1.0, 0.0], miss=1, false_alarm=1)
    with pytest.raises(ValueError, match="energy must be finite"):
        least_cost([True, False], [1.0, np.nan], miss=1, false_alarm=1)
