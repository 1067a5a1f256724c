"""Parquet files: whole, in batches, and broken."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinterland.errors import TableError
from hinterland.tables.parquet import ParquetFile, pandas_index


@pytest.fixture
def path(tmp_path):
    table = pa.table({"a": range(10), "b": [str(i) for i in range(10)], "c": [[i] for i in range(10)]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=4)
    return tmp_path / "t.parquet"


def test_columns_are_left_out_and_taken_as_text(path):
    table = ParquetFile(path).read(without=["c"], as_text=["a"])
    assert table.column_names == ["a", "b"]
    assert table["a"].to_pylist() == table["b"].to_pylist()


def test_batches_hold_all_rows_in_the_order_of_columns_that_is_asked_for(path):
    file = ParquetFile(path)
    shares, rows = [], []
    for batch in file.batches(3, ["b", "a"]):
        assert batch.column_names == ["b", "a"]
        assert batch.num_rows <= 3
        rows += batch["a"].to_pylist()
        shares.append(file.share_read())
    assert rows == list(range(10))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert [file.share_read() for _ in file.batches(10, ["a"])][-1] == 1  # counted anew


def test_types_and_names_of_rows(path):
    file = ParquetFile(path)
    assert file.names == ["a", "b", "c"]
    assert file.types(["b"]) == pa.schema([("b", pa.string())])
    assert file.row_names([0, 9]) == ["row 1", "row 10"]


def test_what_pandas_stored_as_an_index_is_known(tmp_path):
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index([5, 7], name="number"))
    frame.to_parquet(tmp_path / "t.parquet")
    assert ParquetFile(tmp_path / "t.parquet").stored_index == ("number",)
    assert pandas_index(pa.schema([("a", pa.int64())])) == ()
    assert pandas_index(pa.schema([("a", pa.int64())], {"pandas": "no JSON"})) == ()
    assert (
        pandas_index(
            pa.schema([("a", pa.int64())], {"pandas": '{"index_columns": [{"kind": "range"}, "gone"]}'})
        )
        == ()
    )


def test_no_file_of_parquet_no_columns_and_names_that_repeat_are_errors(tmp_path):
    (tmp_path / "x.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match=r"x\.parquet cannot be read as Parquet: "):
        ParquetFile(tmp_path / "x.parquet")
    pq.write_table(pa.table({}), tmp_path / "none.parquet")
    with pytest.raises(TableError, match=r"none\.parquet has no columns"):
        ParquetFile(tmp_path / "none.parquet")
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 2, ["a", "a"]), tmp_path / "two.parquet")
    with pytest.raises(TableError, match=r"two\.parquet: .* more than once: \['a'\]"):
        ParquetFile(tmp_path / "two.parquet")


def test_a_file_that_was_cut_while_it_is_read_is_named(path):
    file = ParquetFile(path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(TableError, match=r"t\.parquet cannot be read as Parquet"):
        file.read()
    with pytest.raises(TableError, match=r"t\.parquet cannot be read as Parquet"):
        list(file.batches(3, ["a"]))


def test_lists_cannot_be_categories(path):
    with pytest.raises(TableError, match=r"column 'c' of type list.* cannot be taken as a category"):
        ParquetFile(path).read(as_text=["c"])
