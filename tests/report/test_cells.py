import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from hinterland.report.cells import cell, cells, significant


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (None, None),
        (float("nan"), None),
        (float("inf"), "inf"),
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (datetime.date(2024, 5, 31), "2024-05-31"),
        (datetime.datetime(2024, 5, 31, 1, 2), "2024-05-31T01:02:00"),
        (datetime.timedelta(minutes=1), 60.0),
        (Decimal("1.50"), "1.50"),
        ("</script>", "</script>"),
        (b"a", "b'a'"),
    ],
)
def test_cells_are_what_json_can_hold(value: object, expected: object) -> None:
    found = cell(value)
    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found, allow_nan=False)


def test_long_text_is_cut_and_says_so() -> None:
    assert cell("x" * 1000) == "x" * 1000
    assert cell("x" * 5000) == "x" * 1000 + "… (5,000 characters)"


def test_columns_of_nanoseconds() -> None:
    column = pa.chunked_array([pa.array([1_000_000_001, None], pa.timestamp("ns"))])
    assert cells(column) == ["1970-01-01T00:00:01", None]


def test_significant_digits() -> None:
    assert significant(123.456) == 123.5
    assert significant(float("nan")) is None
