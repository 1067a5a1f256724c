"""Columns of any make as numbers, texts and times, and what their types are called."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables.values import as_numbers, as_texts, as_times, describe_type, is_text, kind_of, type_of

ZONED = pa.timestamp("ms", "Europe/Berlin")


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (np.array([1.5]), "number", "numbers"),
        (np.array([1]), "number", "whole numbers"),
        (np.array([True]), "boolean", "booleans"),
        (pa.array([None, None]), "empty", "null"),
        (pa.array([True, None]), "boolean", "booleans"),
        (pa.array([1, None]), "number", "whole numbers"),
        (pa.array([1.5]), "number", "numbers"),
        (pa.array([Decimal("1.5")]), "number", "decimal128(2, 1)"),
        (pa.array([5], pa.duration("ms")), "number", "duration[ms]"),
        (pa.array(["a"]), "category", "string"),
        (pa.array(["a"]).dictionary_encode(), "category", "categories (string)"),
        (pa.array([3]).dictionary_encode(), "category", "categories (int64)"),
        (pa.array([0], pa.timestamp("s")), "time", "timestamp[s]"),
        (pa.array([0], ZONED), "zoned_time", "timestamp[ms, tz=Europe/Berlin]"),
        (pa.array([dt.time(1)]), "time_of_day", "time64[us]"),
        (pa.array([dt.date(2024, 1, 1)]), "time", "date32[day]"),
        (pa.array([[1]]), None, "list<item: int64>"),
    ],
)
def test_what_a_type_holds(values, kind, words):
    assert kind_of(values) == kind
    assert describe_type(values) == words


def test_declared_categories_are_no_text():
    assert is_text(pa.array(["a"]))
    assert not is_text(pa.array(["a"]).dictionary_encode())
    assert not is_text(np.array([1.0]))
    assert type_of(np.array([1.0])) == "float64"
    assert type_of(pa.array(["a"])) == "string"


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (np.array([True, False]), [1, 0]),
        (pa.array([True, None]), [1, np.nan]),
        (pa.array([Decimal("1.5"), None]), [1.5, np.nan]),
        (pa.array([1_500, None], pa.duration("ms")), [1.5, np.nan]),
        (pa.array([2], pa.duration("ns")), [2e-9]),
        (pa.array([None], pa.null()), [np.nan]),
    ],
)
def test_numbers_with_durations_in_seconds(values, numbers):
    found = as_numbers(values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.array(numbers, dtype=float))


def test_float64_is_not_copied():
    values = np.array([1.0, 2.0])
    assert as_numbers(values) is values


def test_texts_and_times_keep_what_is_missing_and_the_zone():
    assert as_texts(pa.array([3, None]).dictionary_encode()).to_pylist() == ["3", None]
    zoned = pa.array([0, None], ZONED)
    assert as_times(zoned) is zoned
    day = as_times(pa.array([dt.date(1970, 1, 2), None]))
    assert day.type == pa.timestamp("s")
    assert day.to_pylist() == [dt.datetime(1970, 1, 2), None]
