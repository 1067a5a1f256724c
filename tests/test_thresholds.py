import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_curve

from hinterland.thresholds import best_f1_threshold, contamination_threshold, cut_at_share, just_above

# No deadline: a busy machine is no failure.
property_test = settings(max_examples=50, deadline=None)

# Small whole numbers: ties are common, and every monotone map used below is exact.
ENERGIES = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=40)
LABELLED = (
    st.lists(st.tuples(st.integers(-6, 6).map(float), st.booleans()), min_size=2, max_size=40)
    .filter(lambda rows: 0 < sum(label for _, label in rows) < len(rows))
    .map(lambda rows: (np.array([e for e, _ in rows]), np.array([label for _, label in rows])))
)


# --- cut_at_share -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "asked", "threshold"),
    [(0.05, 0, 10.0), (0.1, 1, 9.0), (0.3, 3, 7.0), (0.35, 3, 7.0), (0.99, 9, 1.0)],
)
def test_without_ties_exactly_the_asked_number_of_rows_lies_above(share, asked, threshold):
    energy = np.random.default_rng(0).permutation(np.arange(1.0, 11.0))
    cut = cut_at_share(energy, share)
    assert (cut.asked, cut.above, cut.missing, cut.threshold) == (asked, asked, 0, threshold)


@pytest.mark.slow
@pytest.mark.parametrize("percent", range(1, 100))
def test_a_rounding_error_in_the_product_loses_no_row(percent):
    assert cut_at_share(np.arange(100.0), percent / 100).asked == percent


def test_a_share_just_below_one_still_leaves_a_row_unflagged():
    cut = cut_at_share([1.0, 2.0, 3.0], np.nextafter(1.0, 0.0))
    assert (cut.asked, cut.threshold) == (2, 1.0)


@property_test
@given(ENERGIES, st.floats(0.01, 0.99))
def test_the_threshold_is_the_lowest_energy_with_at_most_the_share_above(energy, share):
    cut = cut_at_share(energy, share)
    allowed = [e for e in energy if sum(other > e for other in energy) <= share * len(energy) + 1e-9]
    assert cut.threshold == min(allowed)
    assert cut.above == sum(e > cut.threshold for e in energy) <= cut.asked
    assert cut.tied == sum(e == cut.threshold for e in energy) > cut.missing


# --- contamination_threshold --------------------------------------------------------------------------


def test_contamination_flags_that_share_of_distinct_training_rows():
    energy = np.random.default_rng(1).normal(size=1000)
    for contamination in (0.001, 0.05, 0.2, 0.5):
        flagged = energy > contamination_threshold(energy, contamination)
        assert flagged.mean() == contamination


def test_contamination_keeps_a_block_of_ties_whole_and_unflagged():
    energy = np.array([0.0] * 50 + [1.0] * 40 + [2.0] * 10)
    assert contamination_threshold(energy, 0.1) == 1.0
    assert contamination_threshold(energy, 0.3) == 1.0
    assert contamination_threshold(energy, 0.5) == 0.0
    assert contamination_threshold(energy, 0.09) == 2.0


def test_contamination_below_one_row_flags_none():
    assert contamination_threshold([3.0, 1.0, 2.0], 0.1) == 3.0


@property_test
@given(ENERGIES, st.floats(0.01, 0.5), st.randoms(use_true_random=False))
def test_contamination_follows_monotone_maps_and_ignores_the_order_of_rows(energy, contamination, random):
    threshold = contamination_threshold(energy, contamination)
    shuffled = random.sample(energy, len(energy))
    assert contamination_threshold(shuffled, contamination) == threshold
    assert contamination_threshold([e**3 + 5 for e in energy], contamination) == threshold**3 + 5


@property_test
@given(ENERGIES, st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_more_contamination_never_raises_the_threshold(energy, one, other):
    lower, higher = sorted([one, other])
    assert contamination_threshold(energy, higher) <= contamination_threshold(energy, lower)


@pytest.mark.parametrize("contamination", [0.0, -0.1, 0.51, 1.0, float("nan"), float("inf")])
def test_contamination_out_of_range_is_named_with_its_value(contamination):
    with pytest.raises(ValueError, match=rf"contamination must be in \(0, 0\.5\], got {contamination}"):
        contamination_threshold([1.0, 2.0], contamination)


@pytest.mark.parametrize("contamination", ["auto", None, True, [0.1], np.array([0.1])])
def test_contamination_that_is_no_number_is_named(contamination):
    with pytest.raises(TypeError, match=r"contamination must be a number in \(0, 0\.5\], got "):
        contamination_threshold([1.0, 2.0], contamination)


def test_contamination_names_training_energy_and_counts_its_bad_rows():
    energy = np.arange(10.0)
    energy[[2, 5, 7]] = np.nan, np.inf, -np.inf
    with pytest.raises(ValueError, match=r"training_energy must be finite, but 3 of 10 .*\[2, 5, 7\] with"):
        contamination_threshold(energy, 0.1)


@property_test
@given(ENERGIES, st.floats(0.01, 0.5))
def test_just_above_parts_the_rows_as_the_threshold_does_and_lies_on_none(energy, contamination):
    threshold = contamination_threshold(energy, contamination)
    higher = just_above(energy, threshold)
    assert [e > higher for e in energy] == [e > threshold for e in energy]
    assert higher not in energy or higher == threshold
    assert higher - threshold <= 1e-6 * max(1, abs(threshold)) * (1 + 1e-9)


# --- best_f1_threshold --------------------------------------------------------------------------------


def brute_force_best_f1(energy, is_anomaly):
    candidates = [-np.inf, *np.unique(energy)[:-1]]
    return max(f1_score(is_anomaly, energy > candidate) for candidate in candidates)


@pytest.mark.slow
@property_test
@given(LABELLED)
def test_best_f1_is_the_best_of_all_thresholds_and_reached_by_its_own(rows):
    energy, is_anomaly = rows
    threshold, f1 = best_f1_threshold(energy, is_anomaly)
    assert f1 == pytest.approx(brute_force_best_f1(energy, is_anomaly), abs=1e-12)
    assert f1_score(is_anomaly, energy > threshold) == pytest.approx(f1, abs=1e-12)
    assert threshold not in energy


def test_best_f1_agrees_with_the_precision_recall_curve():
    rng = np.random.default_rng(2)
    is_anomaly = rng.random(3000) < 0.2
    energy = np.round(rng.normal(size=3000) + is_anomaly, 2)
    precision, recall, _ = precision_recall_curve(is_anomaly, energy)
    expected = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300))
    assert best_f1_threshold(energy, is_anomaly).f1 == pytest.approx(expected, abs=1e-12)


@property_test
@given(LABELLED, st.randoms(use_true_random=False))
def test_best_f1_ignores_the_order_of_rows_and_scales_with_the_energy(rows, random):
    energy, is_anomaly = rows
    threshold, f1 = best_f1_threshold(energy, is_anomaly)
    order = random.sample(range(len(energy)), len(energy))
    assert best_f1_threshold(energy[order], is_anomaly[order]) == (threshold, f1)
    mapped = best_f1_threshold(energy**3 + 5, is_anomaly)
    assert mapped.f1 == f1
    assert np.array_equal(energy**3 + 5 > mapped.threshold, energy > threshold)


def test_the_threshold_lies_halfway_between_the_neighbours():
    assert best_f1_threshold([1.0, 4.0, 2.0, 8.0], [False, True, False, True]) == (3.0, 1.0)


def test_of_equally_good_thresholds_the_one_flagging_fewest_rows_is_taken():
    # Flagging the first row (1 hit of 1) and the first four (2 hits of 4) both give F1 2/3.
    energy = [9.0, 7.0, 6.0, 5.0, 1.0]
    is_anomaly = [True, False, False, True, False]
    assert best_f1_threshold(energy, is_anomaly) == (8.0, pytest.approx(2 / 3))


def test_where_flagging_everything_is_best_the_threshold_is_just_below_the_smallest_energy():
    energy = np.array([0.0, 0.0, 3.0])
    threshold, f1 = best_f1_threshold(energy, np.array([True, True, False]))
    assert threshold == np.nextafter(0.0, -1.0)
    assert f1 == pytest.approx(0.8)
    assert np.all(energy > threshold)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (1.0, np.nextafter(1.0, 2.0)),
        (np.nextafter(1.0, 0.0), 1.0),
        (-5e-324, 0.0),
        (1e-323, 1.5e-323),
        (-1.7e308, 1.7e308),
        (1.6e308, 1.7e308),
    ],
)
def test_the_midpoint_separates_even_neighbouring_and_huge_energies(lower, upper):
    threshold, f1 = best_f1_threshold([lower, upper], [False, True])
    assert f1 == 1.0
    assert lower <= threshold < upper


def test_the_midpoint_of_huge_energies_does_not_overflow():
    assert best_f1_threshold([1e308, 1.5e308], [False, True]).threshold == 1.25e308


def test_swapped_energies_and_labels_are_recognised():
    with pytest.raises(TypeError, match="energy must hold real numbers, got dtype bool; are energies and"):
        best_f1_threshold([True, False], [1.0, 2.0])


@pytest.mark.parametrize(("labels", "found"), [([True] * 3, "every row of 3"), ([False] * 3, "no row of 3")])
def test_a_single_class_is_an_error(labels, found):
    with pytest.raises(ValueError, match=f"is_anomaly must hold both classes, but {found}"):
        best_f1_threshold([1.0, 2.0, 3.0], labels)


# --- what all of them check ---------------------------------------------------------------------------


@pytest.mark.parametrize("energy", [[], np.zeros((3, 1)), 1.0])
def test_energies_of_another_shape_are_refused_with_the_shape(energy):
    with pytest.raises(ValueError, match=r"shape \(n,\).*got shape " + re.escape(str(np.shape(energy)))):
        cut_at_share(energy, 0.1)


@pytest.mark.parametrize("energy", [["1", "2"], [1 + 2j], [None, 1.0], np.array(["2020-01-01"], "M8[D]")])
def test_energies_that_are_no_numbers_are_refused_with_the_dtype(energy):
    with pytest.raises(TypeError, match="energy must hold real numbers, got dtype"):
        cut_at_share(energy, 0.1)


def test_at_most_five_bad_rows_are_listed():
    with pytest.raises(ValueError, match=r"7 of 7 rows .*: first rows \[0, 1, 2, 3, 4\] with \[nan, nan"):
        cut_at_share(np.full(7, np.nan), 0.1)


@pytest.mark.parametrize(
    ("labels", "found"),
    [([1, -1], r"int64 with values \[-1, 1\]"), (["a", "b"], r"with values \['a', 'b'\]")],
)
def test_labels_in_another_code_are_refused_with_the_way_to_convert_them(labels, found):
    with pytest.raises(TypeError, match=rf"boolean array, got dtype .*{found}; convert with `labels == -1`"):
        best_f1_threshold([1.0, 2.0], np.array(labels))


def test_of_many_label_values_only_five_are_shown():
    with pytest.raises(TypeError, match=r"with values \[0, 1, 2, 3, 4\] and more;"):
        best_f1_threshold(np.arange(9.0), np.arange(9))


@pytest.mark.parametrize("labels", [[True, False, True], [[True], [False]]])
def test_labels_of_another_shape_are_refused(labels):
    with pytest.raises(ValueError, match=r"is_anomaly must have one label a row, shape \(2,\), got shape"):
        best_f1_threshold([1.0, 2.0], labels)


@pytest.mark.parametrize("column", [list, np.array, pd.Series, pl.Series, lambda x: np.array(x, "float32")])
def test_columns_of_tables_are_accepted(column):
    assert contamination_threshold(column([0.5, 1.5, 2.5, 3.5]), 0.25) == 2.5
    labels = pd.Series([False, False, True, True])
    assert best_f1_threshold(column([0.5, 1.5, 2.5, 3.5]), labels) == (2.0, 1.0)


def test_the_input_is_left_as_it_was():
    energy = np.array([3.0, 1.0, 2.0])
    cut_at_share(energy, 0.4)
    best_f1_threshold(energy, [True, False, False])
    assert energy.tolist() == [3.0, 1.0, 2.0]
