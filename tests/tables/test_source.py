from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables.source import as_table_file

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]})


@pytest.mark.parametrize(
    "table",
    [FRAME, pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]}), pa.Table.from_pandas(FRAME)],
    ids=["pandas", "polars", "arrow"],
)
def test_gives_every_make_of_table_in_batches(table: object) -> None:
    file = as_table_file(table)
    assert file.names == ["a", "b"]
    batches = list(file.batches(2, ["b"]))
    assert [batch.to_pydict() for batch in batches] == [{"b": ["x", "y"]}, {"b": ["z"]}]
    assert file.share_read() == 1
    assert file.read(without=["a"]).column_names == ["b"]
    assert file.read(as_text=["a"])["a"].to_pylist() == ["1", "2", "3"]


def test_names_a_matrix_columns_by_position() -> None:
    file = as_table_file(np.arange(6).reshape(3, 2))
    assert file.names == ["x0", "x1"]
    assert file.read().to_pydict() == {"x0": [0, 2, 4], "x1": [1, 3, 5]}


def test_opens_a_path(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    assert as_table_file(tmp_path / "t.csv").names == ["a", "b"]


def test_takes_an_opened_table(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet")
    file = as_table_file(str(tmp_path / "t.parquet"))
    assert as_table_file(file) is file


@pytest.mark.parametrize("table", [np.zeros(3), np.array([["a", "b"]]), 3, None], ids=str)
def test_refuses_what_is_no_table(table: object) -> None:
    with pytest.raises(
        TableError, match=r"a path, a DataFrame, an Arrow table or a matrix of numbers \(n, d\), got"
    ):
        as_table_file(table)


def test_refuses_repeated_and_absent_columns() -> None:
    with pytest.raises(TableError, match=r"found more than once: \['a'\]"):
        as_table_file(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(TableError, match="no columns"):
        as_table_file(pd.DataFrame())


def test_refuses_cells_that_mix_types() -> None:
    with pytest.raises(TableError, match="cannot be read"):
        as_table_file(pd.DataFrame({"a": [1, "x", object()]}))
