"""Arrow's values in Python, also those that Python has no type for."""

import datetime as dt

import pyarrow as pa
import pytest

from hinterland.tables.python_values import python_value, python_values, value_counts


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (253402300800, pa.timestamp("s"), "10000-01-01T00:00:00"),
        (-62135596801, pa.timestamp("s"), "0000-12-31T23:59:59"),
        (253402300800_000, pa.timestamp("ms", "UTC"), "10000-01-01T00:00:00.000Z"),
        (2932897, pa.date32(), "10000-01-01"),
        (2932897 * 86_400_000, pa.date64(), "10000-01-01T00:00:00.000"),
        (2**62, pa.duration("s"), f"{2**62} s"),
        (0, pa.timestamp("s"), dt.datetime(1970, 1, 1)),
        (None, pa.timestamp("s"), None),
    ],
)
def test_moments_out_of_range_are_text(number, kind, expected):
    assert python_value(pa.scalar(number, kind)) == expected
    assert python_values(pa.chunked_array([pa.array([number, number], kind)])) == [expected] * 2


def test_counts():
    column = pa.array([2**50, 0, 2**50], pa.timestamp("s"))
    (text, two), (moment, one) = value_counts(column)
    assert (two, moment, one) == (2, dt.datetime(1970, 1, 1), 1)
    assert text.startswith("35680")
