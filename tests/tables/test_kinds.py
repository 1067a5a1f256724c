from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables import missing_and_unused, to_kinds


def parse(kind: str, *texts: str | None) -> pa.ChunkedArray:
    return to_kinds(pa.table({"a": pa.array(texts, pa.string())}), {"a": kind}, is_text=True)["a"]


def test_text_becomes_numbers() -> None:
    read = parse("number", "1", " 2.5 ", "-1e3", "+.5", "", "NA", "nan", None)
    assert read.to_pylist() == [1.0, 2.5, -1000.0, 0.5, None, None, None, None]
    assert read.type == pa.float64()


def test_text_becomes_booleans() -> None:
    assert parse("boolean", "true", "False", "1", "0", "").to_pylist() == [True, False, True, False, None]


def test_text_becomes_times() -> None:
    assert parse("time", "2024-05-31", "2024-05-31 14:30", "NULL").to_pylist() == [
        dt.datetime(2024, 5, 31),
        dt.datetime(2024, 5, 31, 14, 30),
        None,
    ]
    zoned = parse("zoned_time", "2024-05-31T14:30:00Z", "2024-05-31T16:30:00+02:00").cast(pa.timestamp("s"))
    assert zoned.to_pylist() == [dt.datetime(2024, 5, 31, 14, 30)] * 2
    assert parse("time", "2024-05-31 14:30:00.123456789").type == pa.timestamp("ns")


def test_categories_stay_as_they_are_written() -> None:
    assert parse("category", "007", " a", "NA", "").to_pylist() == ["007", " a", None, None]


def test_integers_become_categories_where_these_are_meant() -> None:
    batch = pa.table({"a": [7, 1], "b": [7, 1]})
    read = to_kinds(batch, {"b": "number", "a": "category"}, is_text=False)
    assert read.to_pydict() == {"b": [7, 1], "a": ["7", "1"]}
    assert read.column_names == ["b", "a"]


def test_a_missing_identifier_does_not_matter() -> None:
    read = to_kinds(pa.table({"a": ["1"]}), {"id": "identifier", "a": "number"}, is_text=True)
    assert read.to_pydict() == {"id": [None], "a": [1.0]}
    assert missing_and_unused(["a", "b"], {"id": "identifier", "a": "number"}) == ["b"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("number", "12 kg", "expected a number"),
        ("number", "inf", "expected finite numbers"),
        ("number", "1e999", "expected finite numbers"),
        ("boolean", "maybe", "expected true or false"),
        ("time", "31.5.2024", "expected a date or time without a zone"),
        ("zoned_time", "yesterday", "expected a time with its zone"),
    ],
)
def test_bad_values_are_named_with_rows(kind: str, text: str, expected: str) -> None:
    good = {"number": "1", "boolean": "true", "time": "2024-01-01", "zoned_time": "2024-01-01T00:00:00Z"}[
        kind
    ]
    batch = pa.table({"a": [good, text, good, text]})
    shown = repr(text)
    with pytest.raises(TableError, match=expected) as caught:
        to_kinds(batch, {"a": kind}, is_text=True, first_row=1001)
    assert f"column 'a': row 1002 has {shown}, row 1004 has {shown};" in str(caught.value)


def test_many_bad_values_are_counted_and_all_columns_are_named() -> None:
    batch = pa.table({"a": ["x"] * 9, "b": ["1"] * 8 + ["y"]})
    with pytest.raises(TableError, match=r"and 4 rows more; .*column 'b': row 9 has 'y'"):
        to_kinds(batch, {"a": "number", "b": "number"}, is_text=True)


def test_infinity_in_typed_columns_is_named() -> None:
    with pytest.raises(TableError, match="column 'a': row 12 has -inf; expected finite"):
        to_kinds(pa.table({"a": [1.0, float("-inf"), None]}), {"a": "number"}, is_text=False, first_row=11)


def test_missing_columns_are_named_with_what_they_may_be_called() -> None:
    with pytest.raises(
        TableError, match=r"lacks 2 of the 3 .*'age' \(is it 'Age' here\?\), 'bmi'; it has 'Age', 'x'"
    ):
        missing_and_unused(["Age", "x"], {"age": "number", "bmi": "number", "x": "category"})
