import re
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from hinterland.datasets.splits import (
    Split,
    balanced_test,
    contaminated,
    deduplicate,
    mixed_classes,
    natural_half,
    one_class,
    partially_labelled,
    pooled,
    positive_unlabelled,
    public_parts,
)

SPLITS = {
    "one_class": one_class,
    "pooled": pooled,
    "natural_half": natural_half,
    "contaminated": lambda truth, **kw: contaminated(truth, share=0.02, **kw),
    "positive_unlabelled": lambda truth, **kw: positive_unlabelled(truth, labelled_share=0.3, **kw),
    "partially_labelled": lambda truth, **kw: partially_labelled(truth, share_of_anomalies_known=0.5, **kw),
    "balanced_test": balanced_test,
}


def truth_of(n_normal: int, n_anomalies: int, seed: int = 0) -> np.ndarray:
    truth = np.repeat([False, True], [n_normal, n_anomalies])
    return np.random.default_rng(seed).permutation(truth)


def given(**strategies):
    """Without a time limit for an example, since the machine may be busy."""
    return lambda test: settings(deadline=None)(hypothesis_given(**strategies)(test))


# enough of both kinds that no random half will lack what is asked of it
truths = st.builds(truth_of, st.integers(80, 300), st.integers(60, 79), st.integers(0, 9))
seeds = st.integers(0, 2**32 - 1)
every_split = pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS.keys())


def assert_sound(split: Split, truth: np.ndarray) -> None:
    assert split.train.dtype == split.test.dtype == np.int64
    assert split.y_train.dtype == np.int8
    assert len(split.y_train) == len(split.train)
    assert not set(split.train.tolist()) & set(split.test.tolist())
    for side in (split.train, split.test):
        assert (np.diff(side) > 0).all(), "ascending, so none twice"
        assert side.min() >= 0
        assert side.max() < len(truth)
    assert truth[split.test].any()
    assert not truth[split.test].all()
    assert (truth[split.train][split.y_train == 1] == False).all()  # noqa: E712
    assert truth[split.train][split.y_train == -1].all()


@pytest.mark.slow
@every_split
@given(truth=truths, seed=seeds)
def test_no_row_is_on_both_sides(split, truth, seed):
    assert_sound(split(truth, random_state=seed), truth)


@every_split
def test_chance_is_the_seed_alone(split):
    truth = truth_of(200, 60)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one, same, other = (split(truth, random_state=seed) for seed in (7, np.random.default_rng(7), 8))
    for a, b in ((one.train, same.train), (one.test, same.test), (one.y_train, same.y_train)):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.train, other.train)
    assert not np.array_equal(split(truth).train, split(truth).train)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@every_split
def test_a_given_generator_moves_on(split):
    truth, generator = truth_of(200, 60), np.random.default_rng(7)
    first, second = split(truth, random_state=generator), split(truth, random_state=generator)
    assert not np.array_equal(first.train, second.train)


@given(truth=truths, seed=seeds, share=st.floats(0.05, 0.95), max_train=st.none() | st.integers(1, 100))
def test_one_class_trains_on_a_share_of_the_normal_rows(truth, seed, share, max_train):
    split = one_class(truth, train_share=share, max_train=max_train, random_state=seed)
    assert_sound(split, truth)
    expected = round(share * (~truth).sum())
    assert len(split.train) == (expected if max_train is None else min(expected, max_train))
    assert not truth[split.train].any()
    assert not split.y_train.any()
    assert len(split.train) + len(split.test) == len(truth), "every other row is tested"


@pytest.mark.slow
def test_pooled_has_the_test_set_of_the_public_code():
    truth = truth_of(396_743, 97_278)
    split = pooled(truth, random_state=0)
    assert abs(len(split.train) - 396_743 / 2) < 1
    assert truth[split.test].sum() == 97_278
    assert truth[split.test].mean() == pytest.approx(0.329, abs=5e-4)


@given(truth=truths, seed=seeds)
def test_natural_half_tests_half_of_all_rows(truth, seed):
    split = natural_half(truth, random_state=seed)
    assert len(split.test) == len(truth) - len(truth) // 2
    assert not truth[split.train].any()
    assert len(split.train) == (~truth).sum() - (~truth[split.test]).sum(), "no normal row is lost"
    assert not split.y_train.any()


def test_natural_half_keeps_the_share_of_anomalies():
    truth = truth_of(396_743, 97_278)
    split = natural_half(truth, random_state=0)
    # five standard deviations of a hypergeometric share
    assert truth[split.test].mean() == pytest.approx(0.1969, abs=5 * np.sqrt(0.1969 * 0.8031 / 494_021))


@given(
    truth=truths, seed=seeds, share=st.floats(0, 0.05), test=st.sampled_from(["natural_half", "all_others"])
)
def test_contamination_is_a_share_of_the_training_rows(truth, seed, share, test):
    split = contaminated(truth, share=share, test=test, random_state=seed)
    assert_sound(split, truth)
    n_anomalies = truth[split.train].sum()
    n_normal = len(split.train) - n_anomalies
    # one row more or fewer would be further from the share
    assert abs(n_anomalies - share * n_normal / (1 - share)) <= 0.5
    assert not split.y_train.any()
    if test == "all_others":
        assert len(split.train) + len(split.test) == len(truth)
    else:
        np.testing.assert_array_equal(split.test, natural_half(truth, random_state=seed).test)


@given(truth=truths, seed=seeds, share=st.floats(0, 0.15))
def test_contamination_is_a_share_of_all_anomalies(truth, seed, share):
    split = contaminated(truth, share=share, share_of="anomalies", random_state=seed)
    assert truth[split.train].sum() == round(share * truth.sum())


def test_no_contamination_is_the_natural_half_and_more_adds_to_less():
    truth = truth_of(300, 100)
    clean, none, some, more = (
        natural_half(truth, random_state=3),
        contaminated(truth, share=0, random_state=3),
        contaminated(truth, share=0.02, random_state=3),
        contaminated(truth, share=0.1, random_state=3),
    )
    np.testing.assert_array_equal(clean.train, none.train)
    np.testing.assert_array_equal(clean.test, more.test)
    assert set(none.train) < set(some.train) < set(more.train)


@pytest.mark.parametrize("share_of", ["training", "anomalies"])
def test_too_much_contamination_names_the_largest_share_which_works(share_of):
    truth = truth_of(300, 30)
    with pytest.raises(
        ValueError, match=r"the training half has only \d+; the largest possible share"
    ) as caught:
        contaminated(truth, share=0.9, share_of=share_of, random_state=0)
    largest = float(re.search(r"share is ([\d.]+)$", str(caught.value))[1])
    split = contaminated(truth, share=largest, share_of=share_of, random_state=0)
    n_training_half = truth.sum() - truth[natural_half(truth, random_state=0).test].sum()
    assert truth[split.train].sum() == n_training_half
    with pytest.raises(ValueError, match="largest possible share"):
        contaminated(truth, share=largest + 0.04, share_of=share_of, random_state=0)


@given(truth=truths, seed=seeds, share=st.floats(0.05, 1))
def test_positive_unlabelled_knows_a_share_of_the_normal_rows(truth, seed, share):
    split = positive_unlabelled(truth, labelled_share=share, random_state=seed)
    assert_sound(split, truth)
    assert len(split.train) + len(split.test) == len(truth), "anomalies stay in the training half"
    n_normal = (~truth[split.train]).sum()
    assert (split.y_train == 1).sum() == round(share * n_normal)
    assert set(split.y_train.tolist()) <= {0, 1}


@given(truth=truths, seed=seeds, known=st.floats(0.55, 1), share=st.none() | st.floats(0.05, 0.06))
def test_partially_labelled_knows_a_share_of_the_training_anomalies(truth, seed, known, share):
    split = partially_labelled(truth, share_of_anomalies_known=known, share=share, random_state=seed)
    assert_sound(split, truth)
    n_anomalies = truth[split.train].sum()
    assert (split.y_train == -1).sum() == round(known * n_anomalies)
    assert set(split.y_train.tolist()) <= {0, -1}
    if share is None:
        assert len(split.train) + len(split.test) == len(truth)
    else:
        expected = contaminated(truth, share=share, random_state=seed)
        np.testing.assert_array_equal(split.train, expected.train)
        np.testing.assert_array_equal(split.test, expected.test)


@given(truth=truths, seed=seeds)
def test_balanced_test_is_half_anomalies(truth, seed):
    split = balanced_test(truth, random_state=seed)
    assert truth[split.test].sum() == truth.sum() == (~truth[split.test]).sum()
    assert len(split.train) == (~truth).sum() - truth.sum()
    assert not truth[split.train].any()


def test_balanced_test_needs_normal_rows_to_spare():
    with pytest.raises(ValueError, match="got 5 normal rows and 5 anomalies"):
        balanced_test(truth_of(5, 5))


@every_split
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ([0, 1, 0], TypeError, r"boolean array.* got int64 with values like \[0, 1\].* pass y == 1"),
        ([1, -1, 1], TypeError, r"values like \[1, -1\].* pass y == -1 if -1 is an anomaly"),
        ([0.0, 1.0], TypeError, "got float64"),
        (["normal", "attack"], TypeError, "got <U6"),
        ([], TypeError, "boolean array"),
        ([[True, False]], ValueError, r"one dimension; got shape \(1, 2\)"),
        ([False, False], ValueError, "got 2 normal rows and 0 anomalies"),
        ([True, True, True], ValueError, "got 0 normal rows and 3 anomalies"),
    ],
)
def test_bad_truth_is_named(split, bad, error, message):
    with pytest.raises(error, match=message):
        split(bad)


def test_truth_may_be_a_list_or_a_column():
    truth = truth_of(40, 20)
    expected = one_class(truth, random_state=0).train
    for form in (truth.tolist(), pd.Series(truth, index=range(5, 65)), pd.array(truth, dtype="boolean")):
        np.testing.assert_array_equal(one_class(form, random_state=0).train, expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: one_class(t, train_share=1), r"train_share must be in \(0, 1\); got 1"),
        (lambda t: one_class(t, train_share=0), r"train_share must be in \(0, 1\); got 0"),
        (lambda t: one_class(t, train_share=0.001), "leaves one side without normal rows"),
        (lambda t: one_class(t, max_train=0), "max_train must be at least 1, or None; got 0"),
        (
            lambda t: contaminated(t, share=5),
            r"share must be in \[0, 1\) \(a share, not a percentage\); got 5",
        ),
        (lambda t: contaminated(t, share=float("nan")), r"share must be in \[0, 1\); got nan"),
        (lambda t: contaminated(t, share=-0.1), r"share must be in \[0, 1\); got -0.1"),
        (lambda t: contaminated(t, share=0.1, share_of="rows"), "'training' or 'anomalies'; got 'rows'"),
        (lambda t: contaminated(t, share=0.1, test="all"), "'natural_half' or 'all_others'; got 'all'"),
        (lambda t: positive_unlabelled(t, labelled_share=0), r"labelled_share must be in \(0, 1\]; got 0"),
        (lambda t: positive_unlabelled(t, labelled_share=1e-4), "labelled_share=0.0001 of .* leaves none"),
        (
            lambda t: partially_labelled(t, share_of_anomalies_known=1.5),
            r"share_of_anomalies_known must be in \(0, 1\]",
        ),
        (lambda t: partially_labelled(t, share_of_anomalies_known=1, share=0), r"share must be in \(0, 1\)"),
    ],
)
def test_bad_shares_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(truth_of(50, 20))


def test_half_without_anomalies_is_refused():
    truth = np.zeros(1000, dtype=bool)
    truth[17] = True
    outcomes = set()
    for seed in range(20):
        try:
            natural_half(truth, random_state=seed)
            outcomes.add("split")
        except ValueError as error:
            assert "use another random_state" in str(error)  # noqa: PT017
            outcomes.add("refused")
    assert outcomes == {"split", "refused"}


def test_a_split_cannot_be_built_with_a_row_on_both_sides():
    rows = np.array([1, 2], dtype=np.int64)
    with pytest.raises(ValueError, match="1 rows are"):
        Split(rows, np.array([2, 3], dtype=np.int64), np.zeros(2, dtype=np.int8))
    with pytest.raises(ValueError, match="one label a training row; got 3 for 2"):
        Split(rows, np.array([3], dtype=np.int64), np.zeros(3, dtype=np.int8))


@pytest.mark.slow
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0.0, -0.0, 1.5, 2.0]), st.integers(0, 1), st.booleans()), min_size=1
    )
)
def test_deduplicate_keeps_the_first_of_equal_rows(rows):
    X, truth = np.array([row[:2] for row in rows], dtype=float), np.array([row[2] for row in rows])
    seen, expected = set(), []
    for j, row in enumerate(rows):
        if row not in seen:
            seen.add(row)
            expected.append(j)
    assert deduplicate(X, truth).tolist() == expected
    assert deduplicate(pd.DataFrame(X), truth).tolist() == expected


def test_deduplicate_keeps_one_of_each_truth():
    X = pd.DataFrame({"a": ["x", "x", "x", "y"], "b": [1.0, 1.0, 1.0, np.nan]})
    assert deduplicate(X, [False, True, False, False]).tolist() == [0, 1, 3]


def test_deduplicate_takes_missing_values_as_equal_and_repeated_column_names():
    X = pd.DataFrame([[np.nan, 1], [np.nan, 1], [np.nan, 2]], columns=["a", "a"])
    assert deduplicate(X, [False, False, False]).tolist() == [0, 2]


def test_deduplicate_wants_a_truth_a_row():
    with pytest.raises(ValueError, match="one value a row of X; got 2 for 3"):
        deduplicate(np.zeros((3, 1)), [True, False])


@pytest.mark.slow
def test_deduplicate_leaves_few_attacks_of_kddcup99(real_folder):
    from hinterland.datasets import load_kddcup99

    data = load_kddcup99()
    start = time.process_time()
    kept = deduplicate(data.X, data.is_anomaly)
    assert time.process_time() - start < 15
    assert (~data.is_anomaly[kept]).sum() == 57_753


def test_public_parts_train_on_the_normal_rows_of_the_training_part():
    is_anomaly = np.array([0, 1, 0, 0, 1, 0, 1], dtype=bool)
    is_test = np.array([0, 0, 0, 1, 1, 0, 1], dtype=bool)
    split = public_parts(is_anomaly, is_test)
    assert split.train.tolist() == [0, 2, 5]
    assert split.test.tolist() == [3, 4, 6]
    assert split.y_train.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("is_test", "message"),
    [
        ([True, True, True, True], "0 normal rows to train on, 2 and 2 to test"),
        ([False, False, True, False], "2 normal rows to train on, 0 and 1 to test"),
        ([False, True, False, False], "1 normal rows to train on, 1 and 0 to test"),
        ([0, 1, 1, 1], r"is_test must be a boolean array of shape \(4,\); got int64"),
        ([True, False], r"got bool of shape \(2,\)"),
    ],
)
def test_parts_without_both_kinds_are_refused(is_test, message):
    with pytest.raises(ValueError, match=message):
        public_parts(np.array([False, False, True, True]), np.array(is_test))


def test_mixed_classes_are_as_many_as_asked_for_and_even():
    labels = np.random.default_rng(0).integers(0, 10, 3000)
    is_anomaly = labels != 4
    rows = mixed_classes(labels, is_anomaly, n_normal=100, n_anomalies=265 // 5, random_state=1)
    counts = np.bincount(labels[rows], minlength=10)
    assert counts[4] == 100
    assert sorted(np.delete(counts, 4)) == [5] + 8 * [6]
    assert len(np.unique(rows)) == len(rows)
    assert (np.diff(rows) > 0).all()
    again, other = (
        mixed_classes(labels, is_anomaly, n_normal=100, n_anomalies=53, random_state=seed) for seed in (1, 2)
    )
    np.testing.assert_array_equal(again, rows)
    assert not np.array_equal(other, rows)


def test_mixed_classes_takes_all_unless_told():
    labels = np.array([0, 1, 2, 0, 1])
    assert mixed_classes(labels, labels != 0).tolist() == [0, 1, 2, 3, 4]
    assert set(mixed_classes(labels, labels != 0, n_anomalies=2)) >= {0, 2, 3}
    assert mixed_classes(labels, labels == 1, n_normal=0).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"n_normal": 3}, "3 normal rows .* there are 2"),
        ({"n_anomalies": 4}, "2 anomalies of class .*2.* there are 1"),
        ({"n_normal": -1}, "-1 normal rows"),
    ],
)
def test_more_rows_of_a_class_than_there_are_are_refused(asked, message):
    labels = np.array([0, 1, 2, 0, 1])
    with pytest.raises(ValueError, match=message):
        mixed_classes(labels, labels != 0, **asked)


def test_a_class_on_both_sides_and_other_lengths_are_refused():
    truth = np.array([True, False, True])
    with pytest.raises(ValueError, match=r"the same for all rows of a class; it differs in .*3"):
        mixed_classes(np.array([3, 3, 1]), truth)
    with pytest.raises(ValueError, match=r"one class a row; got shape \(2,\)"):
        mixed_classes(np.array([3, 1]), truth)


def test_a_split_shows_how_many_rows_are_on_its_sides():
    y = np.array([1, 1, -1, 0], dtype=np.int8)
    split = Split(np.arange(4), np.arange(4, 9), y)
    assert repr(split) == (
        "Split(trained on 4 rows, 2 known to be normal, 1 known to be anomalous; tested on 5)"
    )
