import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.decisions import selection as module
from hinterland.decisions.calibration import Calibration
from hinterland.decisions.levels import Levels
from hinterland.decisions.p_values import conformal_p_values
from hinterland.decisions.selection import rule_of, select

N = 19
P_VALUES = st.lists(st.integers(1, N + 1).map(lambda rank: rank / (N + 1)), min_size=1, max_size=40)
RATES = st.sampled_from([0.05, 0.1, 0.2, 0.5])


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@given(P_VALUES, RATES)
def test_the_step_up_flags_the_rows_of_its_definition(p, fdr):
    m, ordered = len(p), sorted(p)
    k = max([0, *(k for k in range(1, m + 1) if ordered[k - 1] <= fdr * k / m + 1e-12)])
    expected = [value <= ordered[k - 1] for value in p] if k else [False] * m
    selection = select(p, fdr)
    assert selection.flagged.tolist() == expected
    assert selection.n_flagged == sum(expected)
    assert selection.expected_false <= fdr * selection.n_flagged + 1e-9


@given(P_VALUES, RATES, st.integers(1, 10))
def test_two_passes_over_batches_flag_what_the_whole_flags(p, fdr, size):
    batches = [p[i : i + size] for i in range(0, len(p), size)]
    levels = Levels()
    for batch in batches:
        levels.add(batch)
    rule = rule_of(levels, fdr, method="storey")
    flagged = [flag for batch in batches for flag in rule.flags(batch)]
    assert flagged == select(p, fdr, method="storey").flagged.tolist()


def false_and_found(generator, *, n, q, method="bh", decimals=9, anomalies=10, m=100, dirty=0.0):
    """Share of false ones among the flagged rows, and of the anomalies that are flagged, in one draw."""
    calibration = generator.normal(size=n)
    calibration[generator.random(n) < dirty] += 4
    energy = generator.normal(size=m)
    energy[:anomalies] += 4
    flagged = np.asarray(
        select(conformal_p_values(energy.round(decimals), calibration.round(decimals)), q, method=method)
    )
    return flagged[anomalies:].sum() / max(1, flagged.sum()), flagged[:anomalies].mean() if anomalies else 0.0


@pytest.mark.parametrize(
    "options",
    [
        {"n": 1000, "q": 0.1},
        {"n": 1000, "q": 0.2, "anomalies": 0},
        {"n": 200, "q": 0.2, "decimals": 0},
        {"n": 1000, "q": 0.1, "method": "storey", "anomalies": 50},
        {"n": 100, "q": 0.2, "method": "storey", "decimals": 0, "anomalies": 40},
        {"n": 20, "q": 0.2, "method": "storey", "anomalies": 0},
    ],
    ids=str,
)
def test_the_share_of_false_ones_is_at_most_as_asked_on_average(options):
    generator = np.random.default_rng(0)
    false = [false_and_found(generator, **options)[0] for _ in range(400)]
    assert np.mean(false) <= options["q"] + 3.5 * np.std(false) / np.sqrt(400)


def test_without_ties_the_bound_is_reached_so_that_no_power_is_given_away():
    generator = np.random.default_rng(1)
    false, found = zip(*(false_and_found(generator, n=1000, q=0.2) for _ in range(300)), strict=True)
    assert np.mean(false) == pytest.approx(0.2 * 0.9, abs=3.5 * np.std(false) / np.sqrt(300))
    assert np.mean(found) > 0.85


def test_anomalies_among_the_calibration_rows_flag_fewer():
    generator = np.random.default_rng(2)
    false, found = zip(
        *(false_and_found(generator, n=1000, q=0.1, dirty=0.02) for _ in range(100)), strict=True
    )
    assert np.mean(false) < 0.05
    assert np.mean(found) < 0.9


def test_rows_of_several_groups_are_selected_together():
    generator = np.random.default_rng(3)
    false = []
    for _ in range(300):
        groups = np.arange(600) % 2
        calibration = Calibration.split(generator.normal(size=600) + 10 * groups, groups)
        where = np.arange(100) % 2
        energy = generator.normal(size=100) + 10 * where + 5 * (np.arange(100) < 10)
        flagged = select(calibration.p_values(energy, where), 0.2).flagged
        false.append(flagged[10:].sum() / max(1, flagged.sum()))
    assert np.mean(false) <= 0.2 + 3.5 * np.std(false) / np.sqrt(300)


def test_adaptive_selection_flags_more_where_many_rows_are_anomalous():
    generator = np.random.default_rng(4)
    calibration = generator.normal(size=2000)
    energy = np.concatenate([generator.normal(size=100), generator.normal(3, size=100)])
    p = conformal_p_values(energy, calibration)
    adaptive = select(p, 0.1, method="storey")
    assert adaptive.n_flagged > select(p, 0.1).n_flagged
    assert adaptive.rule.normal_share == pytest.approx(0.5, abs=0.15)


def test_it_says_how_many_calibration_rows_it_would_take():
    p = conformal_p_values(np.append(np.zeros(95), np.full(5, 9.0)), np.arange(1.0, 20.0) / 10)
    selection = select(p, 0.1, smallest_p=1 / 20)
    assert (selection.n_flagged, selection.rule.rows_needed) == (0, 199)
    assert "to flag so many takes 199 calibration rows" in repr(selection)


def test_with_as_many_rows_as_it_said_they_are_flagged():
    energy = np.append(np.zeros(95), np.full(5, 9.0))
    needed = select(conformal_p_values(energy, np.zeros(19)), 0.1, smallest_p=1 / 20).rule.rows_needed
    assert select(conformal_p_values(energy, np.zeros(needed)), 0.1).n_flagged == 5
    assert select(conformal_p_values(energy, np.zeros(needed - 1)), 0.1).n_flagged == 0


def test_where_rows_are_not_what_lacks_it_says_so():
    selection = select([0.3, 0.4], 0.1, smallest_p=0.01)
    assert selection.rule.rows_needed is None
    assert "not small enough" in repr(selection)


def test_a_selection_is_an_array_of_booleans():
    selection = select([0.001, 0.5, 0.002], 0.1)
    assert np.asarray(selection).dtype == np.bool_
    assert np.array([1, 2, 3])[np.asarray(selection)].tolist() == [1, 3]
    assert np.asarray(selection, dtype=int).tolist() == [1, 0, 1]
    assert (len(selection), selection.threshold) == (3, 0.002)


def test_it_shows_itself():
    selection = select([0.001, 0.5, 0.002], 0.1)
    assert repr(selection).startswith(
        "Selection(2 of 3 rows flagged, those of p-values up to 0.002; about 0.006 of them"
    )
    html = selection._repr_html_()
    assert "<td>2 of 3</td>" in html
    assert html.count("<tr>") == html.count("</tr>") == 4
    assert "no rows" in repr(select([], 0.1))


def test_a_smallest_p_out_of_range_is_named():
    with pytest.raises(ValueError, match="smallest_p must be a number"):
        select([0.5], 0.1, smallest_p=0)


def test_what_a_selection_shows_is_text():
    html = select([0.001, 0.5, 0.002], 0.1)._repr_html_()
    assert "<td>0.006</td>" in html
    assert "<td>0.002</td>" in html
