from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinterland.errors import TableError
from hinterland.tables import CsvFormat, open_table


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_types_are_found_out_and_empty_cells_are_null(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.csv",
        "n,x,s,b,d\n1,1.5,a,true,2024-01-01\n2,,NA,false,2024-01-02\n3,2,,true,2024-01-03\n",
    )
    table = open_table(path).read()
    assert table.schema.types == [pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.date32()]
    assert table["x"].to_pylist() == [1.5, None, 2.0]
    assert table["s"].to_pylist() == ["a", "NA", None]


def test_types_do_not_depend_on_the_first_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hinterland.tables.csv.file.READ_BYTES", 64)
    path = write(tmp_path / "t.csv", "a\n" + "1\n" * 100 + "1.5\n")
    assert open_table(path).read()["a"].to_pylist() == [1.0] * 100 + [1.5]


def test_columns_are_left_out_or_read_as_text(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "code,b,c\n007,1,2\n01,3,4\n")
    assert open_table(path).read(without=["c"], as_text=["code"]).to_pylist() == [
        {"code": "007", "b": 1},
        {"code": "01", "b": 3},
    ]
    pq.write_table(pa.table({"code": [7, 1], "b": [1, 3]}), tmp_path / "t.parquet")
    table = open_table(tmp_path / "t.parquet").read(as_text=["code"])
    assert table["code"].to_pylist() == ["7", "1"]


def test_csv_format_is_obeyed(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "1:é\n2:b\n".encode("latin-1"))
    table = open_table(path, CsvFormat(delimiter=":", header=False, encoding="latin-1")).read()
    assert table.to_pydict() == {"f0": [1, 2], "f1": ["é", "b"]}


def test_byte_order_mark_and_gzip_are_read(tmp_path: Path) -> None:
    write(tmp_path / "bom.csv", b"\xef\xbb\xbfa,b\n1,2\n")
    assert open_table(tmp_path / "bom.csv").names == ["a", "b"]
    write(tmp_path / "t.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    assert open_table(tmp_path / "t.csv.gz").read().to_pydict() == {"a": [1], "b": [2]}


def test_batches_are_the_table_in_order_and_small(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b\n" + "".join(f"{i},x{i}\n" for i in range(25)))
    file = open_table(path)
    batches = list(file.batches(10, ["b", "a"]))
    assert [batch.num_rows for batch in batches] == [10, 10, 5]
    assert all(batch.schema == file.types(["b", "a"]) for batch in batches)
    assert [value for batch in batches for value in batch["a"].to_pylist()] == [str(i) for i in range(25)]
    assert file.share_read() == 1

    pq.write_table(pa.table({"a": range(25), "b": ["x"] * 25}), tmp_path / "t.parquet", row_group_size=25)
    file = open_table(tmp_path / "t.parquet")
    batches = list(file.batches(10, ["b", "a"]))
    assert max(batch.num_rows for batch in batches) == 10
    assert [value for batch in batches for value in batch["a"].to_pylist()] == list(range(25))
    assert batches[0].column_names == ["b", "a"]
    assert file.share_read() == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"\n \n\n", "nothing but blank lines"),
        ("t.csv", b"a,b\n1,\x00\n", "binary file"),
        ("t.csv", b"PK\x03\x04abcdefg", "zip archive or an Excel workbook"),
        ("t.parquet", b"a,b\n1,2\n", "not a Parquet file"),
        ("t.parquet", b"PAR1" + b"\0" * 50, "cannot be read as Parquet"),
        ("t.csv", b"a,b\n1,2\n3,4\n5\n", "row 3 has 1 values, expected 2: '5'"),
        ("t.csv", b"a,b\n1,2\n3,4,5\n", "row 2 has 3 values, expected 2: '3,4,5'"),
        ("t.csv.gz", b"a,b\n1,2\n", "cannot be read as CSV"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(TableError, match=message) as caught:
        open_table(path).read()
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is a folder"):
        open_table(tmp_path)
    with pytest.raises(TableError, match="there is no file"):
        open_table(tmp_path / "none.csv")


def test_broken_rows_are_named_while_streaming(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b\n1,2\n3\n")
    with pytest.raises(TableError, match="row 2 has 1 values, expected 2"):
        list(open_table(path).batches(10, ["a"]))


@pytest.mark.parametrize("arguments", [{"delimiter": ",,"}, {"encoding": "latin-one"}])
def test_bad_csv_formats_are_named(arguments: dict[str, str]) -> None:
    (name, value) = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=f"{name} must .* got '{value}'"):
        CsvFormat(**arguments)  # type: ignore[arg-type]


def test_pandas_index_in_parquet_is_known(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "day": [3, 9, 5]})
    frame.to_parquet(tmp_path / "plain.parquet")
    assert open_table(tmp_path / "plain.parquet").stored_index == ()
    frame.iloc[[2, 0, 1]].to_parquet(tmp_path / "filtered.parquet")
    assert open_table(tmp_path / "filtered.parquet").stored_index == ("__index_level_0__",)
    frame.set_index("day").to_parquet(tmp_path / "named.parquet")
    assert open_table(tmp_path / "named.parquet").stored_index == ("day",)
    metadata = {b"pandas": b'{"index_columns": 3'}
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata(metadata), tmp_path / "broken.parquet")
    assert open_table(tmp_path / "broken.parquet").stored_index == ()
