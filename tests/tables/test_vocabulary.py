import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables.vocabulary import Vocabulary


def test_batches_share_their_values_and_keep_their_rows() -> None:
    column = Vocabulary()
    column.add(pa.array(["b", "a", None]))
    column.add(pa.chunked_array([["a"], ["c", None, "b"]]))
    column.add(pa.array([], pa.string()))
    assert column.values == ["b", "a", None, "c"]
    assert column.codes().tolist() == [0, 1, 2, 1, 3, 2, 0]
    assert column.counts().tolist() == [2, 2, 2, 1]
    assert column.found() == "'b' (2), 'a' (2), None (2), 'c' (1)"


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None, 2]), ["1", None, "2"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([1.0, float("nan")]), ["1", "nan"]),
        (pa.array([Decimal("1.0")]), ["1.0"]),
        (pa.array([None, None]), [None]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y"]),
        (pa.array([datetime.date(2024, 5, 31)]), ["2024-05-31"]),
        (pa.array(["a"], pa.large_string()), ["a"]),
    ],
)
def test_values_of_any_type_are_texts(values: pa.Array, texts: list[str | None]) -> None:
    column = Vocabulary()
    column.add(values)
    assert column.values == texts


def test_nothing_is_nothing() -> None:
    column = Vocabulary()
    assert (column.values, column.codes().tolist(), column.found()) == ([], [], "")


def test_lists_are_no_values() -> None:
    with pytest.raises(TableError, match="cannot be compared with a value"):
        Vocabulary().add(pa.array([[1], [2]]))
