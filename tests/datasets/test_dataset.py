import numpy as np
import pandas as pd
import pytest

from hinterland.datasets import Dataset
from hinterland.errors import TableError


def test_matrix_holds_the_values_as_floats():
    X = pd.DataFrame({"a": np.array([1, 2], dtype=np.uint8), "b": [0.5, np.nan], "c": [True, False]})
    data = Dataset("tiny", X, np.array([False, True]), "made here")
    np.testing.assert_array_equal(data.matrix(), [[1.0, 0.5, 1.0], [2.0, np.nan, 0.0]])
    assert data.matrix().dtype == np.float64
    assert data.matrix(np.float32).dtype == np.float32


def test_matrix_names_the_columns_that_are_not_numeric():
    X = pd.DataFrame({"a": [1, 2], "city": ["x", "y"], "kind": pd.Categorical(["u", "v"])})
    data = Dataset("tiny", X, np.array([False, True]), "made here")
    with pytest.raises(TableError, match=r"'tiny'.*not numeric: city, kind"):
        data.matrix()


@pytest.mark.parametrize("truth", [np.array([0, 1]), np.array([True]), np.array([[True, False]])])
def test_truth_must_be_one_boolean_a_row(truth):
    with pytest.raises(ValueError, match=r"is_anomaly must be a boolean array of shape \(2,\)"):
        Dataset("tiny", pd.DataFrame({"a": [1, 2]}), truth, "made here")


def test_repr_counts_instead_of_printing_the_table():
    data = Dataset("tiny", pd.DataFrame({"a": range(4)}), np.array([True, False, False, False]), "made here")
    assert repr(data) == "Dataset('tiny', 4 rows x 1 columns, 1 anomalies = 25.0%)"
