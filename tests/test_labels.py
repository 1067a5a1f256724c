import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from hinterland.labels import check_rows_left, from_is_anomaly, label_codes


@pytest.fixture
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# --- codes in y -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "y",
    [
        [1, -1, 0, 0],
        np.array([1.0, -1, 0, 0]),
        np.array([1, -1, 0, 0], np.int8),
        np.array([1, -1, 0, np.nan]),
        np.array([1, -1, None, 0], object),
        np.ma.masked_array([1, -1, 7, 0], [False, False, True, False]),
        pd.Series([1, -1, 0, 0], index=[9, 8, 7, 6]),
        pd.Series([1, -1, pd.NA, 0], dtype="Int64"),
        pl.Series([1, -1, None, 0]),
        pa.array([1, -1, None, 0]),
        pa.chunked_array([[1, -1], [None, 0]]),
    ],
)
def test_codes_are_taken_in_any_make_and_missing_ones_are_unlabelled(y, no_warnings):
    codes = label_codes(y, 4)
    assert codes.dtype == np.int8
    assert codes.tolist() == [1, -1, 0, 0]


@pytest.mark.parametrize("y", [None, [0, 0, 0], [np.nan, None, 0]])
def test_no_labels_are_zeros(y, no_warnings):
    assert label_codes(y, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("y", "read"),
    [
        (
            [0, 1, 0, 0],
            r"y holds 1 and no -1: 1 was read as known normal \(1 rows\), 0 as unlabelled \(3 rows\)",
        ),
        ([0.0, 1.0, 1.0, 0.0], r"1 was read as known normal \(2 rows\), 0 as unlabelled \(2 rows\)"),
        ([1, np.nan, 1, 1], r"1 was read as known normal \(3 rows\), 0 as unlabelled \(1 rows\)"),
        (
            [False, True, True, True],
            r"True was read as known normal \(3 rows\), False as unlabelled \(1 rows\)",
        ),
        ([True] * 4, r"True was read as known normal \(4 rows\)"),
        (
            pd.Series([True, pd.NA, False, False], dtype="boolean"),
            r"True was read as known normal \(1 rows\)",
        ),
        (pd.Series([1, pd.NA, 0, 0], dtype="Int64"), r"1 was read as known normal \(1 rows\)"),
        (pl.Series([True, None, False, False]), r"True was read as known normal \(1 rows\)"),
    ],
)
def test_ones_without_a_minus_one_may_be_anomalies_and_are_warned_of(y, read):
    with pytest.warns(
        UserWarning, match=rf"{read}.*call fit\(X, is_anomaly=y\).*fit\(X, is_normal=y\)"
    ) as seen:
        codes = label_codes(y, 4)
    assert len(seen) == 1
    ones = [value is not pd.NA and value == 1 for value in list(y)]
    assert codes.tolist() == ones


@pytest.mark.parametrize("y", [[1, 1, 1], [1, -1, 1], [0, -1, 0], [1.0, 1.0, 1.0]])
def test_codes_that_can_mean_nothing_else_are_taken_without_a_word(y, no_warnings):
    assert label_codes(y, 3).tolist() == y


@pytest.mark.parametrize("y", [[0, 1, 2], [1.0, 2.0, 2.0], [-1, 2, 3], [0.5, 0, 0], [np.inf, 0, 0]])
def test_classes_that_may_mark_anomalies_are_refused(y):
    with pytest.raises(ValueError, match=r"y must hold label codes: .*; got \[.*is_anomaly=\.\.\."):
        label_codes(y, 3)


def test_classes_that_mark_none_are_ignored_with_a_warning():
    with pytest.warns(UserWarning, match=r"y holds \[2, 3\]"):
        assert label_codes([1, 2, 3], 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "y",
    [
        ["ok", "fraud", "ok"],
        np.array(["ok", "fraud", None], object),
        pd.Series(["ok", "fraud", "ok"], dtype="category"),
        pd.Series(["ok", "fraud", pd.NA], dtype="string"),
        pl.Series(["ok", "fraud", "ok"]),
    ],
)
def test_text_is_refused_with_the_way_to_compare_it(y):
    message = r"y must hold label codes: .*; got \['fraud', 'ok'\]\. .*fit\(X, is_anomaly=labels == 'fraud'\)"
    with pytest.raises(ValueError, match=message):
        label_codes(y, 3)


def test_digits_as_text_are_text():
    with pytest.raises(ValueError, match=r"got \['0', '1'\]\. Text does not say"):
        label_codes(["0", "1", "0"], 3)


@pytest.mark.parametrize(
    ("y", "shape"), [([0, 0], r"\(2,\)"), (np.zeros((3, 1)), r"\(3, 1\)"), (0, r"\(\)"), ([], r"\(0,\)")]
)
def test_lengths_are_checked_and_named(y, shape):
    for arguments in ({"y": y}, {"y": None, "is_anomaly": y}, {"y": None, "is_normal": y}):
        name = list(arguments)[-1]
        with pytest.raises(
            ValueError, match=rf"{name} must have one label for each of the 3 rows, got shape {shape}"
        ):
            label_codes(n_rows=3, **arguments)


# --- is_anomaly and is_normal -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "marks",
    [
        [1, 0, 0],
        [True, False, False],
        np.array([1.0, np.nan, 0]),
        pd.Series([True, pd.NA, False], dtype="boolean"),
        pl.Series([1, None, 0]),
    ],
)
def test_marks_say_what_they_are_without_a_warning(marks, no_warnings):
    assert label_codes(None, 3, is_anomaly=marks).tolist() == [-1, 0, 0]
    assert label_codes(None, 3, is_normal=marks).tolist() == [1, 0, 0]
    assert label_codes(None, 3, is_anomaly=marks, is_normal=[0, 0, 1]).tolist() == [-1, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": [0, 0, 0], "is_anomaly": [0, 0, 1]}, "labels must be given once.*got y and is_anomaly"),
        ({"y": [0, 0, 0], "is_normal": [0, 0, 1]}, "labels must be given once.*got y and is_normal"),
        (
            {"y": None, "is_anomaly": [1, 1, 0], "is_normal": [0, 1, 0]},
            r"not mark the same row, got 1 .*first \[1\]",
        ),
        (
            {"y": None, "is_anomaly": [1, -1, 1]},
            r"is_anomaly must hold 1 or True.*got \[-1\]\. The code -1 belongs in y",
        ),
        ({"y": None, "is_normal": [2, 0, 1]}, r"is_normal must hold 1 or True.*got \[2\]"),
        (
            {"y": None, "is_anomaly": ["bad", "ok", "ok"]},
            r"is_anomaly must hold.*got \['bad', 'ok'\].*== 'bad'",
        ),
    ],
)
def test_marks_that_cannot_be_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        label_codes(n_rows=3, **arguments)


def test_known_anomalies_alone_train_nothing():
    check_rows_left(np.array([-1, 0, 1], np.int8))
    with pytest.raises(ValueError, match="fewer than two rows to train on"):
        check_rows_left(np.array([-1, -1, 0], np.int8))


# --- the converter ----------------------------------------------------------------------------------


def test_ones_become_codes():
    assert from_is_anomaly([0, 1, 1]).tolist() == [0, -1, -1]
    assert from_is_anomaly(np.array([False, True]), others=1).tolist() == [1, -1]
    assert from_is_anomaly(pd.Series([0, 1, pd.NA], dtype="Int64"), others=1).tolist() == [1, -1, 0]
    assert from_is_anomaly([]).tolist() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, -1],), r"got \[-1\]"),
        (([[0, 1]],), r"one label for each row, got shape \(1, 2\)"),
        ((["a"],), r"got \['a'\]"),
        (([0, 1], -1), "others must be 0"),
    ],
)
def test_what_cannot_be_converted_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        from_is_anomaly(arguments[0], **({"others": arguments[1]} if arguments[1:] else {}))
