import datetime

import numpy as np
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.report.truth import LabelColumn, TimeColumn, truth_from_array


def truth(values: object, anomaly: object = None, *, is_text: bool = False) -> list[int]:
    column = LabelColumn("y", anomaly)  # type: ignore[arg-type]
    array = pa.array(values)
    column.add(array[:2], is_text=is_text)  # in two batches, whose values come in different orders
    column.add(array[2:], is_text=is_text)
    return column.truth().tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 1, 0], [0, 1, 1, 0]),
        ([1.0, 0.0, None, 0.0], [1, 0, -1, 0]),
        ([True, False, False], [1, 0, 0]),
        ([1, -1, 1], [0, 1, 0]),
        (["normal", "Anomaly ", "normal"], [0, 1, 0]),
        (["outlier", "inlier", "INLIER"], [1, 0, 0]),
        (["1", "0", "0"], [1, 0, 0]),
    ],
)
def test_understands_known_pairs(values: list[object], expected: list[int]) -> None:
    assert truth(values) == expected


def test_takes_an_empty_text_of_a_file_for_no_label() -> None:
    assert truth(["1", "", " ", "0"], is_text=True) == [1, -1, -1, 0]


def test_takes_the_values_that_are_named() -> None:
    assert truth(["a", "b", "c", "b"], "b") == [0, 1, 0, 1]
    assert truth(["a", "b", "c", None], ["b", "c"]) == [0, 1, 1, -1]
    assert truth([1, 2, 3, 4], "3") == [0, 0, 1, 0]
    assert truth([1.0, 2.5], "2.50") == [0, 1]


def test_reads_categories() -> None:
    column = LabelColumn("y")
    column.add(pa.array(["normal", "anomaly", "normal"]).dictionary_encode(), is_text=False)
    assert column.truth().tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("values", "anomaly", "message"),
    [
        (["good", "bad", "bad"], None, r"'y' holds 'bad' \(2\), 'good' \(1\), and none of these is known"),
        ([0, 1, 2], None, "none of these is known to mark an anomaly: say which does"),
        (["a", "b"], "c", r"'y' holds no 'c'; found 'a' \(1\), 'b' \(1\)"),
        ([0, 0, 0], None, r"'y' marks no row as an anomaly: both classes are needed; found '0' \(3\)"),
        (["a", "a"], "a", "marks every row as an anomaly"),
        ([None, None], None, "'y' holds nothing"),
        ([[1], [2]], None, "cannot hold labels"),
    ],
)
def test_refuses_unknown_codes_and_single_classes(
    values: list[object], anomaly: object, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        truth(values, anomaly)


def test_refuses_a_column_that_only_names_rows() -> None:
    with pytest.raises(TableError, match="more than 10,000 different values"):
        truth([str(i) for i in range(10_010)])


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
