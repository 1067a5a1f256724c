from __future__ import annotations

import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables import equals, select, text_counts


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        (["a", " a ", "b", None], "a", [True, True, False, False]),
        ([1, 2, None], "1", [True, False, False]),
        ([1.0, 0.5, None], "1", [True, False, False]),
        ([1, 0], "0.0", [False, True]),
        ([True, False, None], "True", [True, False, False]),
        ([True, False, None], "0", [False, True, False]),
        (["1", "1.0"], "1", [True, True]),
        (["benign", "BENIGN "], "Benign", [True, True]),
    ],
)
def test_equals(values: list[object], value: str, expected: list[bool]) -> None:
    assert equals(pa.array(values), value).tolist() == expected
    assert (
        equals(pa.chunked_array([values[:1], values[1:]], pa.array(values).type), value).tolist() == expected
    )
    assert equals(pa.array(["x", "y"]).dictionary_encode(), "y").tolist() == [False, True]


def test_select_takes_rows_and_drops_the_column() -> None:
    table = pa.table({"a": [1, 2, 3], "label": ["n", "y", "n"]})
    assert select(table, "label", "n").to_pydict() == {"a": [1, 3]}


def test_select_says_what_there_is() -> None:
    table = pa.table({"label": ["n", "y", "n", None]})
    with pytest.raises(TableError, match=r"no row has label=maybe; found 'n' \(2\), 'y' \(1\), None \(1\)"):
        select(table, "label", "maybe")
    with pytest.raises(TableError, match="no column 'x'"):
        select(table, "x", "n")
    assert text_counts(pa.array(range(9))).endswith("and 3 values more")
