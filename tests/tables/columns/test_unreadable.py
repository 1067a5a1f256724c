"""Values that cannot be read are named with column and row."""

import numpy as np
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables.columns.unreadable import SHOWN, Complaint, UnreadableValuesError, counted_from


def test_column_rows_values_and_remedy_are_named():
    values = pa.array(["1", "x", "2", "y\n"])
    complaint = Complaint.of(
        "a", values, np.array([False, True, False, True]), "a number", "--kind a=category", first=10
    )
    error = UnreadableValuesError([complaint], counted_from(1))
    assert isinstance(error, TableError)
    expected = "column 'a': row 12 has 'x', row 14 has 'y\\n'; expected a number (--kind a=category)"
    assert str(error) == expected


def test_numbers_are_shown_without_quotes():
    complaint = Complaint.of("a", np.array([1.0, np.inf]), np.array([False, True]), "finite numbers")
    assert (
        str(UnreadableValuesError([complaint], counted_from(0)))
        == "column 'a': row 1 has inf; expected finite numbers"
    )


def test_complaints_of_later_rows_join_and_the_rest_is_counted():
    bad = np.ones(4, dtype=bool)
    values = pa.array(list("abcd"))
    joined = Complaint.of("a", values, bad, "a number").joined(
        Complaint.of("a", values, bad, "a number", first=4)
    )
    assert joined.places.tolist() == list(range(8))
    assert len(joined.texts) == SHOWN
    message = str(UnreadableValuesError([joined], counted_from(1)))
    assert "row 5 has 'a' and 3 rows more; expected a number" in message


def test_rows_can_be_called_otherwise_later():
    complaint = Complaint.of("a", pa.array(["x"]), np.array([True]), "a number")
    error = UnreadableValuesError([complaint], counted_from(1))
    assert "line 7 has 'x'" in str(error.called(lambda places: [f"line {place + 7}" for place in places]))
