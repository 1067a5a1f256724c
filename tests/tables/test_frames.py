"""Every make of table reads the same."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables import frames

VALUES = {
    "number": [1.5, None, -2.0],
    "boolean": [True, None, False],
    "category": ["a", None, ""],
    "time": [dt.datetime(2024, 1, 1, 3), None, dt.datetime(1960, 1, 1)],
    "zoned_time": [dt.datetime(2024, 1, 1, 3, tzinfo=dt.UTC), None, dt.datetime(1960, 1, 1, tzinfo=dt.UTC)],
    "empty": [None, None, None],
}
MAKES = {
    "pandas": pd.DataFrame,
    "pandas_object": lambda columns: pd.DataFrame(columns, dtype=object),
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "batch": pa.RecordBatch.from_pydict,
}


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("kind", VALUES)
def test_kinds_are_the_same_in_every_make(make, kind):
    table = MAKES[make]({"column": VALUES[kind]})
    assert frames.is_frame(table)
    frame = frames.read_frame(table)
    assert (frame.names, frame.n_rows, frame.n_columns) == (["column"], 3, 1)
    values = frame.column(0, 0, 3)
    assert frames.kind_of(values) == kind
    if kind != "empty":
        np.testing.assert_array_equal(frames.as_missing(values), [False, True, False])
    if kind in ("number", "boolean"):
        np.testing.assert_array_equal(frames.as_numbers(values), np.array(VALUES[kind], float))
    if kind == "category":
        assert frames.as_texts(values).to_pylist() == VALUES[kind]
    if kind.endswith("time"):
        expected = [1704078000.0, np.nan, -315619200.0]
        np.testing.assert_array_equal(frames.seconds(frames.as_times(values)), expected)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pd.Series([1, None], dtype="Int64"), [1, np.nan]),
        (pd.Series([2, 3], dtype=np.uint8), [2, 3]),
        (pd.Series(pd.to_timedelta([1500, None], unit="ms")), [1.5, np.nan]),
        (pd.Series([Decimal("1.25"), None]), [1.25, np.nan]),
        (pd.Series([0.5, 2], dtype=np.float16), [0.5, 2]),
    ],
)
def test_numbers_of_any_storage(series, expected):
    for table in (series.to_frame("x"), pa.table({"x": pa.array(series, from_pandas=True)})):
        values = frames.read_frame(table).column(0, 0, 2)
        assert frames.kind_of(values) == "number"
        np.testing.assert_array_equal(frames.as_numbers(values), expected)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": pd.Categorical(["b", "a", None])}),
        pl.DataFrame({"x": pl.Series(["b", "a", None], dtype=pl.Categorical)}),
        pl.DataFrame({"x": pl.Series(["b", "a", None], dtype=pl.Enum(["a", "b"]))}),
        pa.table({"x": pa.array(["b", "a", None]).dictionary_encode()}),
        pa.table({"x": pa.array(["b", "a", None], pa.string_view())}),
    ],
)
def test_categories_of_any_storage(table):
    values = frames.read_frame(table).column(0, 0, 3)
    assert frames.kind_of(values) == "category"
    assert frames.as_texts(values).to_pylist() == ["b", "a", None]


def test_dates_are_times_and_coded_categories_are_text():
    dates = frames.read_frame(pl.DataFrame({"x": [dt.date(1970, 1, 2)]})).column(0, 0, 1)
    assert frames.kind_of(dates) == "time"
    np.testing.assert_array_equal(frames.seconds(frames.as_times(dates)), [86_400])
    codes = frames.read_frame(pd.DataFrame({"x": pd.Categorical([7, 3])})).column(0, 0, 2)
    assert frames.kind_of(codes) == "category"
    assert frames.as_texts(codes).to_pylist() == ["7", "3"]


@pytest.mark.parametrize("make", MAKES)
def test_stretches_of_rows(make):
    frame = frames.read_frame(MAKES[make]({"x": [float(i) for i in range(9)]}))
    np.testing.assert_array_equal(frames.as_numbers(frame.column(0, 2, 5)), [2, 3, 4])


def test_array_booleans_are_numbers():
    frame = frames.read_array(np.array([[True, False]]))
    assert frames.kind_of(frame.column(1, 0, 1)) == "number"
    np.testing.assert_array_equal(frames.as_numbers(frame.column(0, 0, 1)), [1])


def test_labels_that_are_not_text_are_no_names():
    assert frames.read_frame(pd.DataFrame(np.zeros((2, 2)))).names is None


def test_unreadable_tables_say_why():
    with pytest.raises(TableError, match="no columns"):
        frames.read_frame(pd.DataFrame(index=[0, 1]))
    with pytest.raises(TableError, match=r"more than once: \['a'\]"):
        frames.read_frame(pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]))
    with pytest.raises(TableError, match=r"column 'a' .*values of type list, str; expected one of numbers"):
        frames.read_frame(pd.DataFrame({"a": ["x", [1]]})).column(0, 0, 2)
    with pytest.raises(TypeError, match=r"LazyFrame.*collect"):
        frames.refuse_lazy(pl.LazyFrame({"a": [1]}))


@pytest.mark.parametrize("values", [[[1], [2]], [b"x", b"y"], [{"k": 1}, {"k": 2}]])
def test_other_types_have_no_kind(values):
    assert frames.kind_of(frames.read_frame(pa.table({"x": values})).column(0, 0, 2)) is None


def test_numbers_and_text_in_one_column_are_text():
    column = frames.read_frame(pd.DataFrame({"a": ["x", 1, 2.5, None]})).column(0, 0, 4)
    assert column.to_pylist() == ["x", "1", "2.5", None]


def test_times_of_day_have_a_kind():
    column = frames.read_frame(pd.DataFrame({"a": [dt.time(1), dt.time(2)]})).column(0, 0, 2)
    assert frames.kind_of(column) == "time_of_day"


def test_columns_are_told_by_their_names_whatever_these_are():
    numbered = frames.read_frame(pd.DataFrame([[1, 2]]))
    assert (numbered.names, numbered.keys) == (None, None)
    other = frames.read_frame(pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])))
    assert (other.names, other.keys) == (None, ["('a', 1)", "('a', 2)"])
    named = frames.read_frame(pd.DataFrame({"b": [1], "a": [2]}))
    assert (named.names, named.keys) == (["b", "a"], ["b", "a"])


def test_a_masked_array_has_nan_where_it_is_masked():
    masked = np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]])
    np.testing.assert_array_equal(frames.unmasked(masked), [[1, np.nan], [3, 4]])
    plain = np.ones((2, 2))
    assert frames.unmasked(plain) is plain


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (pd.Series([Decimal("1.5"), 2, 2.5, np.int64(3), None], dtype=object), "number", 1.5),
        (
            pd.Series([pd.Timestamp("2024-01-01"), "2024-01-02", None], dtype=object),
            "category",
            "2024-01-01 00:00:00",
        ),
        (pd.Series(pd.period_range("2024-01", periods=3, freq="M")), "time", dt.datetime(2024, 1, 1)),
        (pd.Series(pd.cut([0.5, 1.5, 0.2], [0, 1, 2])), "category", "(0, 1]"),
        (pd.Series(pd.interval_range(0, 3)), "category", "(0, 1]"),
        (pd.Series(pd.arrays.SparseArray([0, 0, 7])), "number", 0),
    ],
)
def test_values_that_arrow_lacks_are_read(values: Any, kind: str, first: object) -> None:
    frame = frames.read_frame(pd.DataFrame({"x": values}))
    column = frame.column(0, 0, frame.n_rows)
    assert frames.kind_of(column) == kind
    assert column.tolist()[0] == first
