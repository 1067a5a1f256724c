from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from hinterland.tables.csv.plain_types import plain_type


def typed(*values: str | None) -> pa.ChunkedArray:
    return plain_type(pa.chunked_array([pa.array([value], pa.string()) for value in values]))


@pytest.mark.parametrize(
    ("written", "kind", "meant"),
    [
        (["1", None, "-3"], pa.int64(), [1, None, -3]),
        (["1", "2.5", "1e3", ".5", "+4"], pa.float64(), [1, 2.5, 1000, 0.5, 4]),
        (["inf", "-inf", "1"], pa.float64(), [float("inf"), float("-inf"), 1]),
        ([" 1", "2 ", "3"], pa.int64(), [1, 2, 3]),
        (["1", " 2", "3 "], pa.int64(), [1, 2, 3]),
        (["true", "False", None], pa.bool_(), [True, False, None]),
        (["2024-01-31", None], pa.date32(), [dt.date(2024, 1, 31), None]),
        (
            ["2024-01-31", "2024-01-31T10:00:01"],
            pa.timestamp("s"),
            [dt.datetime(2024, 1, 31), dt.datetime(2024, 1, 31, 10, 0, 1)],
        ),
        (["2024-01-31 10:00:00.25"], pa.timestamp("us"), [dt.datetime(2024, 1, 31, 10, 0, 0, 250_000)]),
        ([None, None], pa.null(), [None, None]),
        ([str(2**53)], pa.int64(), [2**53]),
        (["1e300", "1"], pa.float64(), [1e300, 1]),
    ],
)
def test_what_is_plainly_written_gets_its_type(
    written: list[str | None], kind: pa.DataType, meant: list[object]
) -> None:
    column = typed(*written)
    assert column.type == kind
    assert column.to_pylist() == meant


@pytest.mark.parametrize(
    "written",
    [
        ["1", "2", "00123"],  # a code: its zeros are lost in a number
        ["1", "-007"],
        ["80", "0x000b"],
        ["1.5", "0x000b"],
        ["1", str(2**53 + 1)],  # an identifier: its last digit is lost in float64
        ["1", "18446744073709551615"],
        ["1", "NA"],  # a word, perhaps for a missing value
        ["1", "nan"],
        ["1.5", "?"],
        ["1", "true"],
        ["yes", "no"],
        ["2024-01-31T10:00:00+01:00"],  # its local hour is lost in UTC
        ["2024-01-31", "31.01.2024"],
        ["1,5", "2,5"],
        [" a", "b "],
        [" 1", "x"],
        ["12:30:00"],
        ["NaN", None],
    ],
)
def test_what_would_lose_something_stays_as_it_is_written(written: list[str | None]) -> None:
    column = typed(*written)
    assert column.type == pa.string()
    assert column.to_pylist() == written
