import warnings

import numpy as np
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables.truth import LabelColumn


def column(values: object, wanted: object = None, **options: object) -> LabelColumn:
    result = LabelColumn("y", wanted, **options)  # type: ignore[arg-type]
    array = pa.array(values)
    result.add(array[:2])  # in two batches, whose values come in different orders
    result.add(array[2:])
    return result


def truth(values: object, wanted: object = None, **options: object) -> list[int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return column(values, wanted, **options).truth().tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 1, 0], [0, 1, 1, 0]),
        ([1.0, 0.0, None, 0.0], [1, 0, -1, 0]),
        ([1.0, 0.0, float("nan"), 0.0], [1, 0, -1, 0]),
        ([True, False, False], [1, 0, 0]),
        ([1, -1, 1], [0, 1, 0]),
        (["1", "-1.0", "", "1"], [0, 1, -1, 0]),
        (["normal", "Anomaly ", "normal"], [0, 1, 0]),
        (["outlier", "inlier", "INLIER"], [1, 0, 0]),
        (["1", "0", "0"], [1, 0, 0]),
        (["1", "", " ", "0"], [1, -1, -1, 0]),
        (["No", "Yes", "no", "?"], [0, 1, 0, -1]),
        (["BENIGN", "BENIGN ", " Attack"], [0, 0, 1]),
        (["nan", "0", "1", "NA"], [-1, 0, 1, -1]),
    ],
)
def test_known_values_are_understood(values: list[object], expected: list[int]) -> None:
    assert truth(values) == expected


def test_values_that_are_named_match_as_values() -> None:
    assert truth(["a", "b", "c", "b"], "b") == [0, 1, 0, 1]
    assert truth(["a", "b", "c", None], ["b", "C"]) == [0, 1, 1, -1]
    assert truth([1, 2, 3, 4], "3.0") == [0, 0, 1, 0]
    assert truth([1.0, 2.5], "2.50") == [0, 1]
    assert truth(["True", "False"], "1") == [1, 0]
    assert truth(["1.0", "0.0", "0.0"], "true") == [1, 0, 0]


def test_what_is_normal_may_be_named_instead_and_rows_without_a_label_are_neither() -> None:
    assert truth(["0", "", "1", "nan", "7"], "0", named="normal") == [0, -1, 1, -1, 1]
    assert truth(["benign", "BENIGN", "dos", None], "Benign", named="normal") == [0, 0, 1, -1]


def test_a_blank_that_is_named_is_a_value() -> None:
    assert truth(["", "dos", None, "probe"], "", named="normal") == [0, 1, 0, 1]


def test_rows_without_a_label_are_counted_in_a_warning() -> None:
    message = r"3 of 6 rows have no label in column 'y' \('' \(2\), 'NA' \(1\)\) and are left out"
    with pytest.warns(UserWarning, match=message):
        column(["1", "", "NA", "0", "", "1"]).truth()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        column(["1", "0", "1"]).truth()


def test_categories_are_read() -> None:
    labels = LabelColumn("y")
    labels.add(pa.array(["normal", "anomaly", "normal"]).dictionary_encode())
    assert labels.truth().tolist() == [0, 1, 0]


def test_it_says_what_was_taken_for_what() -> None:
    assert (
        column(["No", "Yes", "", "no"]).reading()
        == "anomaly: 'Yes' (1); normal: 'No' (1), 'no' (1); no label: '' (1)"
    )


@pytest.mark.parametrize(
    ("values", "wanted", "message"),
    [
        (["good", "bad", "bad"], None, r"'y' holds 'bad' \(2\), 'good' \(1\), and none of these is known"),
        ([0, 1, 2], None, "none of these is known to mark an anomaly: say which does"),
        (["a", "b"], "c", r"'y' holds no 'c'; found 'a' \(1\), 'b' \(1\)"),
        (["1", "0"], "-1", r"'y' holds no '-1'"),
        (["1", "0", "2"], "true", r"'y' holds no 'true'"),
        (["benign", "benign"], "atack", r"'y' holds no 'atack'; found 'benign' \(2\)"),
        ([0, 0, 0], None, r"'y' marks no row as an anomaly: both classes are needed; found '0' \(3\)"),
        (["a", "a"], "a", "marks every row as an anomaly"),
        ([None, None], None, "'y' holds None"),
        (["", "NA", None], "", "marks every row as an anomaly"),
        (["", "NA", None], "1", "holds nothing: no row has a label"),
        ([[1], [2]], None, r"'y' of type list.* cannot hold labels"),
    ],
)
def test_unknown_values_and_single_classes_are_named(
    values: list[object], wanted: object, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        truth(values, wanted)


@pytest.mark.parametrize(
    ("values", "wanted", "named", "expected"),
    [
        (["0", "0"], "1", "anomaly", 0),
        (["1", "1"], "1", "anomaly", 1),
        (["1", "1"], "0", "normal", 1),
        (["1", "1"], "-1", "anomaly", 0),
        (["False", "False"], "true", "anomaly", 0),
        (["benign", "Benign"], "attack", "anomaly", 0),
    ],
)
def test_one_class_is_enough_where_asked_and_its_known_counterpart_may_be_absent(
    values: list[str], wanted: str, named: str, expected: int
) -> None:
    codes = column(values, wanted, named=named).truth(both=False)
    np.testing.assert_array_equal(codes, [expected] * 2)


def test_a_column_that_only_names_rows_is_refused() -> None:
    with pytest.raises(TableError, match="more than 10,000 different values"):
        truth([str(i) for i in range(10_010)])
