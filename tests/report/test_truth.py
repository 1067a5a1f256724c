import datetime

import numpy as np
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.report.truth import TimeColumn, truth_from_array


def test_checks_an_array() -> None:
    assert truth_from_array(np.array([True, False]), 2).tolist() == [1, 0]
    with pytest.raises(TypeError, match="boolean array, true for an anomaly, got dtype int64"):
        truth_from_array([1, 0], 2)
    with pytest.raises(ValueError, match=r"each of the 3 rows, got shape \(2,\)"):
        truth_from_array([True, False], 3)
    with pytest.raises(ValueError, match="marks every row"):
        truth_from_array([True, True], 2)


def times(values: object, *, is_text: bool = False) -> TimeColumn:
    column = TimeColumn("t")
    array = pa.array(values)
    column.add(array[:2], is_text=is_text)
    column.add(array[2:], is_text=is_text)
    return column


@pytest.mark.parametrize(
    ("values", "is_text", "expected", "is_time"),
    [
        ([3, 1, 2], False, [3, 1, 2], False),
        (["3", "", "2.5"], True, [3, np.nan, 2.5], False),
        (
            [datetime.datetime(1970, 1, 2), None, datetime.datetime(1970, 1, 1)],
            False,
            [86400, np.nan, 0],
            True,
        ),
        ([datetime.date(1970, 1, 2)] * 3, False, [86400] * 3, True),
        (["1970-01-02", "1970-01-01 00:00:01", ""], True, [86400, 1, np.nan], True),
        (["1970-01-02", "1970-01-01 00:00:01", None], False, [86400, 1, np.nan], True),
        (
            ["1970-01-01T02:00:00+01:00", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
            True,
            [3600, 0, 0],
            True,
        ),
    ],
)
def test_reads_times_and_numbers(
    values: list[object], is_text: bool, expected: list[float], is_time: bool
) -> None:
    column = times(values, is_text=is_text)
    np.testing.assert_array_equal(column.values(), expected)
    assert column.is_time == is_time


def test_a_time_column_that_starts_empty_is_decided_by_its_first_value() -> None:
    column = times(["", "", "1970-01-02"], is_text=True)
    np.testing.assert_array_equal(column.values(), [np.nan, np.nan, 86400])


def test_refuses_what_is_no_time() -> None:
    with pytest.raises(TableError, match="column 't': row 2 has 'soon'; expected a date or time"):
        times(["1970-01-02", "soon", "1970-01-02"], is_text=True)
    with pytest.raises(TableError, match="column 't': row 3 has 'late'; expected a number"):
        times(["1", "2", "late"], is_text=True)
    with pytest.raises(TableError, match="holds neither times nor numbers"):
        times([True, False, True])
    with pytest.raises(TableError, match="has no value in any row"):
        times([None, None, None]).values()
