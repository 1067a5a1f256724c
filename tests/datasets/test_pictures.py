from dataclasses import replace

import numpy as np
import pytest

from hinterland.datasets import PictureDataset


def pictures(shape=(2, 3)):
    return PictureDataset(
        "made",
        pictures=np.arange(4 * np.prod(shape), dtype=np.uint8).reshape(4, *shape),
        labels=np.array([0, 1, 2, 1], dtype=np.int64),
        classes=("a", "b", "c"),
        is_test=np.array([False, False, True, True]),
        source="made here",
    )


@pytest.mark.parametrize("normal", [["b"], [1], ["b", 1], ("b",), {"b"}])
def test_anomalies_are_all_of_the_other_classes(normal):
    np.testing.assert_array_equal(pictures().is_anomaly(normal), [True, False, True, False])


@pytest.mark.parametrize(
    ("normal", "message"),
    [
        (["d"], "made has no class 'd'; its classes are a, b, c"),
        ([3], "made has no class 3"),
        ("ab", r"must be a collection of classes, such as \['ab'\]; got 'ab'"),
        ([], r"at least one of made's 3 classes and not all of them; got \[\]"),
        (["a", "b", "c"], "not all of them"),
    ],
)
def test_classes_that_make_no_problem_are_refused(normal, message):
    with pytest.raises(ValueError, match=message):
        pictures().is_anomaly(normal)


def test_some_of_the_pictures_keep_what_belongs_to_them():
    data = pictures()
    for rows in ([1, 3], np.array([False, True, False, True])):
        part = data.take(rows)
        np.testing.assert_array_equal(part.pictures, data.pictures[[1, 3]])
        assert (part.labels.tolist(), part.is_test.tolist()) == ([1, 1], [False, True])
        assert (part.classes, part.name, part.source) == (data.classes, data.name, data.source)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 3)])
def test_a_table_has_a_row_of_unit_pixels_a_picture(shape):
    data = pictures(shape)
    table = data.table(["b"])
    assert table.matrix(np.float32).dtype == np.float32
    np.testing.assert_allclose(table.matrix(), data.pictures.reshape(4, -1) / 255, rtol=1e-6)
    assert table.X.columns[-1] == f"p{np.prod(shape) - 1}"
    np.testing.assert_array_equal(table.is_anomaly, data.is_anomaly(["b"]))
    assert (table.name, table.source) == ("made/b", "made here; normal: b")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"pictures": np.zeros((4, 2, 2))}, r"uint8 array .*; got float64 of shape \(4, 2, 2\)"),
        ({"pictures": np.zeros((4, 2), np.uint8)}, r"got uint8 of shape \(4, 2\)"),
        ({"labels": np.zeros(3, np.int64)}, r"each of the 4 pictures; got shapes \(3,\) and \(4,\)"),
        ({"is_test": np.zeros(5, bool)}, r"got shapes \(4,\) and \(5,\)"),
        ({"labels": np.array([0, 1, 3, 0])}, "places in the 3 classes; got 0 to 3"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        replace(pictures(), **changed)


def test_it_says_what_it_is():
    shown = repr(pictures((2, 3, 3)))
    assert shown == "PictureDataset('made', 4 pictures of 2 x 3 x 3, 2 of them to test, 3 classes)"
