"""Groups by the values of a column."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables import group_names


def test_a_value_is_one_group_however_it_is_written() -> None:
    written = pa.chunked_array([["North", " north ", "NORTH"], ["01", "1", "1.0", "1e0"], ["", None, "NA"]])
    assert group_names(written).tolist() == ["north"] * 3 + ["1"] * 4 + ["(missing)"] * 3


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (pa.array([1, 20, None]), ["1", "20", ""]),
        (pa.array([1.0, 0.1, -0.0]), ["1", "0.10", "0"]),
        (pa.array([True, False]), ["True", "FALSE"]),
        (pa.array(["a", "b"]).dictionary_encode(), ["A", "b "]),
        (pa.array(pd.to_datetime(["2024-01-31"]).date), ["2024-01-31"]),
        (pa.array([1e30, 1e-30], pa.float64()), ["1e30", "0.1e-29"]),
    ],
)
def test_a_typed_column_and_the_same_as_text_have_the_same_groups(typed, text) -> None:
    np.testing.assert_array_equal(group_names(typed), group_names(pa.array(text)))


def test_no_rows_and_what_has_no_text() -> None:
    assert group_names(pa.array([], pa.string())).shape == (0,)
    with pytest.raises(TableError, match="cannot be compared with a value"):
        group_names(pa.array([[1], [2]]))
