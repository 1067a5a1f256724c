import json
import math
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
)

from hinterland.metrics import (
    RULES,
    auroc,
    average_precision,
    best_f1,
    evaluate,
    label_metrics,
    precision_at_k,
    threshold_metrics,
)
from hinterland.thresholds import contamination_threshold

# No deadline: a busy machine is no failure.
property_test = settings(max_examples=50, deadline=None)

# Small whole numbers: ties are common, and every monotone map used below is exact.
ENERGY = st.integers(-6, 6).map(float)
LABELLED = (
    st.lists(st.tuples(ENERGY, st.booleans()), min_size=2, max_size=30)
    .filter(lambda rows: 0 < sum(label for _, label in rows) < len(rows))
    .map(lambda rows: (np.array([label for _, label in rows]), np.array([e for e, _ in rows])))
)
TRAINING = st.lists(ENERGY, min_size=1, max_size=30).map(np.array)
RULE = st.sampled_from(sorted(RULES))


def rows_with_ties(n=400, seed=0):
    """Labels, test energies and training energies, with many ties and no separation by the energy."""
    rng = np.random.default_rng(seed)
    is_anomaly = rng.random(n) < 0.2
    return is_anomaly, np.round(rng.normal(size=n) + 1.5 * is_anomaly, 1), np.round(rng.normal(size=n), 1)


# --- ranking ------------------------------------------------------------------------------------------


def brute_force_auroc(is_anomaly, energy):
    pairs = [(a, b) for a in energy[is_anomaly] for b in energy[~is_anomaly]]
    return fmean((a > b) + 0.5 * (a == b) for a, b in pairs)


def brute_force_average_precision(is_anomaly, energy):
    total, recall_before = 0.0, 0.0
    for value in sorted(set(energy), reverse=True):
        flagged = energy >= value
        recall = is_anomaly[flagged].sum() / is_anomaly.sum()
        total += (recall - recall_before) * is_anomaly[flagged].mean()
        recall_before = recall
    return total


@pytest.mark.slow
@property_test
@given(LABELLED)
def test_ranking_metrics_agree_with_their_definitions(rows):
    assert auroc(*rows) == pytest.approx(brute_force_auroc(*rows), abs=1e-12)
    assert average_precision(*rows) == pytest.approx(brute_force_average_precision(*rows), abs=1e-12)


def test_ranking_metrics_agree_with_scikit_learn():
    is_anomaly, energy, _ = rows_with_ties()
    assert auroc(is_anomaly, energy) == roc_auc_score(is_anomaly, energy)
    assert average_precision(is_anomaly, energy) == average_precision_score(is_anomaly, energy)


def test_a_perfect_a_reversed_and_a_constant_ranking():
    is_anomaly = np.array([False, False, False, True])
    assert (auroc(is_anomaly, [1, 2, 3, 4]), average_precision(is_anomaly, [1, 2, 3, 4])) == (1.0, 1.0)
    assert (auroc(is_anomaly, [4, 3, 2, 1]), average_precision(is_anomaly, [4, 3, 2, 1])) == (0.0, 0.25)
    assert (auroc(is_anomaly, [7, 7, 7, 7]), average_precision(is_anomaly, [7, 7, 7, 7])) == (0.5, 0.25)


@pytest.mark.slow
@property_test
@given(LABELLED)
def test_turning_the_energies_round_mirrors_auroc(rows):
    is_anomaly, energy = rows
    assert auroc(is_anomaly, -energy) == pytest.approx(1 - auroc(is_anomaly, energy), abs=1e-12)


# --- threshold rules: the strict reading --------------------------------------------------------------


def rows_of_the_rule(rule, energy, training_energy):
    parts = {"natural_half": [energy], "pooled": [training_energy, energy], "training": [training_energy]}
    return np.concatenate(parts[rule])


@pytest.mark.slow
@property_test
@given(LABELLED, TRAINING, RULE, st.floats(0.01, 0.99))
def test_strict_metrics_are_those_of_the_rows_above_the_threshold(rows, training_energy, rule, share):
    is_anomaly, energy = rows
    result = threshold_metrics(is_anomaly, energy, rule=rule, share=share, training_energy=training_energy)

    learnt_from = rows_of_the_rule(rule, energy, training_energy)
    asked = int(share * len(learnt_from) + 1e-9)
    assert result.threshold == sorted(learnt_from)[len(learnt_from) - asked - 1]

    flagged = energy > result.threshold
    precision, recall, f1, _ = precision_recall_fscore_support(
        is_anomaly, flagged, average="binary", zero_division=0
    )
    assert (result.precision, result.recall, result.f1) == pytest.approx((precision, recall, f1), abs=1e-12)
    assert (result.flagged, result.flagged_share) == (flagged.sum(), flagged.mean())
    assert (result.rule, result.share) == (rule, share)


def test_natural_half_needs_no_training_rows_and_pays_them_no_attention():
    is_anomaly, energy, training_energy = rows_with_ties()
    alone = threshold_metrics(is_anomaly, energy, rule="natural_half", share=0.2)
    assert alone == threshold_metrics(
        is_anomaly, energy, rule="natural_half", share=0.2, training_energy=training_energy
    )


def test_the_training_rule_is_the_contamination_threshold():
    is_anomaly, energy, training_energy = rows_with_ties()
    result = threshold_metrics(
        is_anomaly, energy, rule="training", share=0.1, training_energy=training_energy
    )
    assert result.threshold == contamination_threshold(training_energy, 0.1)


def test_a_threshold_learnt_from_training_rows_labels_a_row_the_same_in_any_company():
    is_anomaly, energy, training_energy = rows_with_ties()
    settings = {"rule": "training", "share": 0.1, "training_energy": training_energy}
    whole = threshold_metrics(is_anomaly, energy, **settings)
    half = threshold_metrics(is_anomaly[:200], energy[:200], **settings)
    assert half.threshold == whole.threshold
    pooled_settings = settings | {"rule": "natural_half"}
    shifted = np.where(np.arange(400) < 200, energy, energy + 9)
    assert threshold_metrics(is_anomaly, shifted, **settings).threshold == whole.threshold
    assert (
        threshold_metrics(is_anomaly, shifted, **pooled_settings).threshold
        != threshold_metrics(is_anomaly, energy, **pooled_settings).threshold
    )


def test_without_a_flagged_row_precision_is_zero_and_the_count_says_so():
    result = threshold_metrics([True, False], [1.0, 2.0], rule="training", share=0.5, training_energy=[9.0])
    assert (result.flagged, result.precision, result.recall, result.f1) == (0, 0.0, 0.0, 0.0)
    assert (result.expected_flagged, result.expected_precision, result.ties_at_threshold) == (0.0, 0.0, 0)


# --- threshold rules: ties ----------------------------------------------------------------------------


def every_way_to_break_the_ties(is_anomaly, energy, learnt_from, judged, asked):
    """Flagged test rows (at places ``judged``) for each choice of the top ``asked`` of ``learnt_from``."""
    ranked = sorted(learnt_from, reverse=True)
    last = ranked[asked - 1]
    above = np.flatnonzero(learnt_from > last)
    block = np.flatnonzero(learnt_from == last)
    for chosen in combinations(block, asked - len(above)):
        top = np.zeros(len(learnt_from), dtype=bool)
        top[[*above, *chosen]] = True
        yield top[judged]


@pytest.mark.slow
@property_test
@given(
    st.lists(st.tuples(st.integers(0, 2).map(float), st.booleans()), min_size=3, max_size=9).filter(
        lambda rows: 0 < sum(label for _, label in rows) < len(rows)
    ),
    st.floats(0.12, 0.95),
)
def test_natural_half_expects_the_mean_over_every_way_to_break_the_ties(rows, share):
    energy, is_anomaly = np.array([e for e, _ in rows]), np.array([label for _, label in rows])
    asked = int(share * len(energy) + 1e-9)
    assume(asked > 0)
    result = threshold_metrics(is_anomaly, energy, rule="natural_half", share=share)
    judged = np.arange(len(energy))
    outcomes = [
        precision_recall_fscore_support(is_anomaly, flagged, average="binary", zero_division=0)[:3]
        for flagged in every_way_to_break_the_ties(is_anomaly, energy, energy, judged, asked)
    ]
    expected = tuple(fmean(column) for column in zip(*outcomes, strict=True))
    found = (result.expected_precision, result.expected_recall, result.expected_f1)
    assert found == pytest.approx(expected, abs=1e-12)
    assert result.expected_flagged == asked


@pytest.mark.slow
@property_test
@given(
    st.lists(st.tuples(st.integers(0, 2).map(float), st.booleans()), min_size=2, max_size=6).filter(
        lambda rows: 0 < sum(label for _, label in rows) < len(rows)
    ),
    st.lists(st.integers(0, 2).map(float), min_size=1, max_size=6),
    st.floats(0.35, 0.95),
)
def test_pooled_expects_the_mean_hits_and_flags_over_every_way_to_break_the_ties(rows, training, share):
    energy, is_anomaly = np.array([e for e, _ in rows]), np.array([label for _, label in rows])
    pool = np.array([*training, *energy])
    asked = int(share * len(pool) + 1e-9)
    result = threshold_metrics(is_anomaly, energy, rule="pooled", share=share, training_energy=training)
    judged = np.arange(len(training), len(pool))
    ways = list(every_way_to_break_the_ties(is_anomaly, energy, pool, judged, asked))
    flagged = fmean(way.sum() for way in ways)
    hits = fmean((way & is_anomaly).sum() for way in ways)
    assert result.expected_flagged == pytest.approx(flagged, abs=1e-12)
    assert result.expected_recall == pytest.approx(hits / is_anomaly.sum(), abs=1e-12)
    assert result.expected_precision == pytest.approx(hits / flagged if flagged else 0.0, abs=1e-12)
    assert result.expected_f1 == pytest.approx(2 * hits / (flagged + is_anomaly.sum()), abs=1e-12)


def test_a_cut_inside_a_block_of_equal_rows_is_reported_both_ways():
    # 10 anomalies on top, then a block of 60 equal rows with 6 anomalies among them, then 30 rows.
    energy = np.array([5.0] * 10 + [1.0] * 60 + [0.0] * 30)
    is_anomaly = np.array([True] * 16 + [False] * 84)
    result = threshold_metrics(is_anomaly, energy, rule="natural_half", share=0.2)
    assert (result.threshold, result.flagged, result.ties_at_threshold) == (1.0, 10, 60)
    assert (result.precision, result.recall, result.f1) == (1.0, 10 / 16, 20 / 26)
    assert result.tie_probability == pytest.approx(10 / 60)
    assert result.expected_flagged == 20
    assert (result.expected_precision, result.expected_recall) == pytest.approx((11 / 20, 11 / 16))
    assert result.expected_f1 == pytest.approx(22 / 36)


def test_the_training_rule_breaks_ties_at_the_rate_the_training_rows_need():
    # Of 8 tied training rows 2 are missing: each test row of the block counts a quarter.
    training_energy = [3.0] * 1 + [1.0] * 8 + [0.0] * 1
    result = threshold_metrics(
        [True, True, False, False],
        [4.0, 1.0, 1.0, 0.0],
        rule="training",
        share=0.3,
        training_energy=training_energy,
    )
    assert (result.threshold, result.flagged, result.ties_at_threshold) == (1.0, 1, 2)
    assert result.tie_probability == 0.25
    assert result.expected_flagged == 1.5
    assert (result.expected_precision, result.expected_recall) == (1.25 / 1.5, 1.25 / 2)


@pytest.mark.slow
@property_test
@given(LABELLED, TRAINING, RULE, st.floats(0.01, 0.99))
def test_where_the_cut_falls_between_energies_both_readings_are_one(rows, training_energy, rule, share):
    is_anomaly, energy = rows
    energy = energy + np.arange(len(energy)) / 64  # the fractions are exact, so no two rows are equal
    training_energy = training_energy + (64 + np.arange(len(training_energy))) / 8192
    result = threshold_metrics(is_anomaly, energy, rule=rule, share=share, training_energy=training_energy)
    assert len({*energy, *training_energy}) == len(energy) + len(training_energy)
    assert result.ties_at_threshold == result.tie_probability == 0
    assert result.expected_flagged == result.flagged
    expected = (result.expected_precision, result.expected_recall, result.expected_f1)
    assert expected == (result.precision, result.recall, result.f1)


# --- the arithmetic of the two published protocols ----------------------------------------------------

NORMAL, ANOMALOUS = 396_743, 97_278  # KDDCUP99, ten percent file


def ranked(normal, anomalous, recall=1.0):
    """Labels and energies: ``recall`` of the anomalies above every normal row, the others below.

    Normal energies are evenly spread over (0, 1), so every part of the data has the same quantiles.
    """
    on_top = round(recall * anomalous)
    energy = np.concatenate(
        [(np.arange(normal) + 0.5) / normal, np.full(on_top, 2.0), np.full(anomalous - on_top, -1.0)]
    )
    return np.arange(len(energy)) >= normal, energy


def percents(result):
    return 100 * result.precision, 100 * result.recall, 100 * result.f1


def natural_half(recall=1.0, share=0.2):
    is_anomaly, energy = ranked(NORMAL // 2, ANOMALOUS // 2, recall)
    return threshold_metrics(is_anomaly, energy, rule="natural_half", share=share)


def pooled(recall=1.0, share=0.2):
    is_anomaly, energy = ranked(NORMAL // 2, ANOMALOUS, recall)
    training_energy = (np.arange(NORMAL - NORMAL // 2) + 0.25) / (NORMAL // 2 + 1)
    return threshold_metrics(is_anomaly, energy, rule="pooled", share=share, training_energy=training_energy)


def test_a_perfect_ranking_of_kddcup99_under_both_rules():
    assert percents(natural_half()) == pytest.approx((98.46, 100, 99.22), abs=0.005)
    assert percents(pooled()) == pytest.approx((99.22, 100, 99.61), abs=0.005)


# Printed precision and recall under one rule, and what the same ROC point is under the other.
@pytest.mark.parametrize(
    ("in_natural_half", "in_pooled"),
    [
        ((92.97, 94.42, 93.69), (96.36, 94.42, 95.38)),  # DAGMM
        ((93.09, 94.61, 93.84), (96.42, 94.61, 95.51)),  # slides, VAE
        ((93.48, 94.99, 94.23), (96.63, 94.99, 95.81)),  # slides, VQ-VAE
        ((90.57, 92.00, 91.28), (95.05, 92.00, 93.50)),  # slides, modified inference
        ((74.40, 75.54, 74.96), (85.32, 75.54, 80.14)),  # slides, Laplacian
    ],
)
def test_the_same_ranking_of_kddcup99_under_both_rules(in_natural_half, in_pooled):
    precision, recall, _ = in_natural_half
    # Printed to two digits, precision and recall fix the share flagged to about 0.2.
    share = recall / precision * ANOMALOUS / (NORMAL + ANOMALOUS)
    assert share == pytest.approx(0.2, abs=2e-4)
    assert percents(natural_half(recall / 100, share)) == pytest.approx(in_natural_half, abs=0.0101)
    assert percents(pooled(recall / 100, share)) == pytest.approx(in_pooled, abs=0.0101)


def test_a_huge_block_of_equal_attacks_flags_fewer_than_asked():
    is_anomaly, energy = ranked(NORMAL // 2, ANOMALOUS // 2, recall=0.9)
    energy[energy > 0.9] = np.where(is_anomaly[energy > 0.9], 2.0, 0.95)
    result = threshold_metrics(is_anomaly, energy, rule="natural_half", share=0.2)
    assert result.threshold == 0.95
    assert percents(result) == pytest.approx((100, 90, 100 * 1.8 / 1.9), abs=0.005)
    assert result.ties_at_threshold == pytest.approx(NORMAL / 20, abs=2)
    assert result.expected_flagged == int(0.2 * len(energy))
    assert 100 * result.expected_precision == pytest.approx(0.9 * 98.46, abs=0.005)


# --- best F1 and precision at k -----------------------------------------------------------------------


def test_best_f1_is_the_top_of_the_precision_recall_curve_and_bounds_every_rule():
    is_anomaly, energy, training_energy = rows_with_ties()
    precision, recall, _ = precision_recall_curve(is_anomaly, energy)
    best = best_f1(is_anomaly, energy)
    assert best == pytest.approx(np.max(2 * precision * recall / (precision + recall)), abs=1e-12)
    for rule in RULES:
        for share in np.linspace(0.05, 0.95, 19):
            result = threshold_metrics(
                is_anomaly, energy, rule=rule, share=share, training_energy=training_energy
            )
            assert result.f1 <= best + 1e-12


@pytest.mark.slow
@property_test
@given(LABELLED, st.data())
def test_precision_at_k_is_the_mean_over_every_way_to_break_the_ties(rows, data):
    is_anomaly, energy = rows[0][:9], rows[1][:9] // 5
    assume(is_anomaly.any() and not is_anomaly.all())
    k = data.draw(st.integers(1, len(energy)))
    judged = np.arange(len(energy))
    ways = every_way_to_break_the_ties(is_anomaly, energy, energy, judged, k)
    assert precision_at_k(is_anomaly, energy, k) == pytest.approx(
        fmean(is_anomaly[way].mean() for way in ways), abs=1e-12
    )


@pytest.mark.parametrize("k", [0, -1, 3])
def test_k_outside_the_rows_is_refused_with_its_value(k):
    with pytest.raises(ValueError, match=f"k == {k}, must be"):
        precision_at_k([True, False], [1.0, 2.0], k)


@pytest.mark.parametrize("k", [1.0, "1", None])
def test_a_k_that_is_no_integer_is_refused(k):
    with pytest.raises(TypeError, match="k must be an instance of int"):
        precision_at_k([True, False], [1.0, 2.0], k)


# --- what holds for all of them -----------------------------------------------------------------------


def everything(is_anomaly, energy, training_energy, share):
    row = {"best_f1": best_f1(is_anomaly, energy), "at_2": precision_at_k(is_anomaly, energy, 2)}
    for rule in RULES:
        result = evaluate(is_anomaly, energy, rule=rule, share=share, training_energy=training_energy)
        row |= {f"{rule} {name}": value for name, value in result.as_dict().items()}
    return row


def without_thresholds(row):
    return {name: value for name, value in row.items() if not name.endswith(" threshold")}


@pytest.mark.slow
@property_test
@given(LABELLED, TRAINING, st.floats(0.01, 0.99), st.sampled_from([lambda e: e**3 - 7, lambda e: 2.0**e]))
def test_a_monotone_map_of_the_energies_changes_no_metric(rows, training_energy, share, mapping):
    is_anomaly, energy = rows
    before = everything(is_anomaly, energy, training_energy, share)
    after = everything(is_anomaly, mapping(energy), mapping(training_energy), share)
    assert without_thresholds(after) == without_thresholds(before)
    for rule in RULES:
        assert after[f"{rule} threshold"] == mapping(before[f"{rule} threshold"])


@pytest.mark.slow
@property_test
@given(LABELLED, TRAINING, st.floats(0.01, 0.99), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows, training_energy, share, random):
    is_anomaly, energy = rows
    order = random.sample(range(len(energy)), len(energy))
    assert everything(is_anomaly[order], energy[order], training_energy[::-1], share) == everything(
        is_anomaly, energy, training_energy, share
    )


def test_evaluate_collects_the_single_metrics_into_one_plain_row():
    is_anomaly, energy, training_energy = rows_with_ties()
    settings = {"rule": "pooled", "share": 0.2, "training_energy": training_energy}
    result = evaluate(is_anomaly, energy, **settings)
    assert (result.rows, result.anomalies) == (400, is_anomaly.sum())
    assert result.auroc == auroc(is_anomaly, energy)
    assert result.average_precision == average_precision(is_anomaly, energy)
    assert result.at_threshold == threshold_metrics(is_anomaly, energy, **settings)

    row = result.as_dict()
    assert list(row)[:5] == ["rows", "anomalies", "auroc", "average_precision", "rule"]
    assert {type(value) for value in row.values()} == {str, int, float}
    assert json.loads(json.dumps(row)) == row
    assert row["f1"] == result.at_threshold.f1


METRICS = [
    auroc,
    average_precision,
    best_f1,
    lambda is_anomaly, energy: precision_at_k(is_anomaly, energy, 1),
    lambda is_anomaly, energy: threshold_metrics(is_anomaly, energy, rule="natural_half", share=0.2),
    lambda is_anomaly, energy: evaluate(is_anomaly, energy, rule="natural_half", share=0.2),
]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_refuses_what_it_cannot_judge(metric):
    with pytest.raises(TypeError, match=r"is_anomaly must be a boolean .* \[-1, 1\]; convert with `labels"):
        metric(np.array([1, -1]), [1.0, 2.0])
    with pytest.raises(ValueError, match="is_anomaly must hold both classes, but every row of 2"):
        metric([True, True], [1.0, 2.0])
    with pytest.raises(ValueError, match="is_anomaly must hold both classes, but no row of 2"):
        metric([False, False], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"energy must be finite, but 2 of 3 rows .* rows \[0, 2\]"):
        metric([True, False, True], [np.nan, 1.0, np.inf])
    with pytest.raises(ValueError, match=r"shape \(3,\), got shape \(2,\)"):
        metric([True, False], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("judge", [threshold_metrics, evaluate])
def test_a_rule_is_refused_with_what_it_lacks(judge):
    labels, energy = [True, False], [2.0, 1.0]
    with pytest.raises(
        ValueError, match="rule must be one of 'natural_half', 'pooled', 'training', got 'top20'"
    ):
        judge(labels, energy, rule="top20", share=0.2)
    for rule in ("pooled", "training"):
        with pytest.raises(ValueError, match=f"rule '{rule}' needs training_energy"):
            judge(labels, energy, rule=rule, share=0.2)
    with pytest.raises(ValueError, match=r"training_energy must be finite, but 1 of 2 .* \[1\] with \[nan\]"):
        judge(labels, energy, rule="pooled", share=0.2, training_energy=[1.0, np.nan])
    for share in (0.0, 1.0, 20, float("nan")):
        with pytest.raises(ValueError, match=rf"share must be in \(0, 1\), got {float(share)}"):
            judge(labels, energy, rule="natural_half", share=share)


def test_a_detectors_own_threshold_is_judged_as_it_is():
    energy, truth = [0.1, 0.9, 2.0, 2.0, 3.0], [False, False, True, False, True]
    result = evaluate(truth, energy, rule="own", share=0.5, threshold=1.0).as_dict()
    assert (result["rule"], result["flagged"], result["share"], result["threshold"]) == ("own", 3, 0.6, 1.0)
    assert (result["precision"], result["recall"]) == pytest.approx((2 / 3, 1.0))
    nothing = evaluate(truth, energy, rule="own", share=0.5, threshold=9.0).as_dict()
    assert (nothing["precision"], nothing["recall"], nothing["f1"]) == (0, 0, 0)


def test_counts_that_tell_nothing():
    assert label_metrics(hits=0, flagged=0, anomalies=4) == (0.0, 0.0, 0.0)
    precision, recall, f1 = label_metrics(hits=0, flagged=3, anomalies=0)
    assert precision == 0
    assert math.isnan(recall)
    assert math.isnan(f1)
