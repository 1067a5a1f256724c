"""Columns out of a path."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from hinterland.tables import open_table
from hinterland.tables.folder.partitions import PartitionedTable, partition_values


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", {}),
        ("year=2024/a.csv", {"year": "2024"}),
        (
            "x/year=2024/city=S%C3%A3o%20Paulo/k=a=b/y=1.csv",
            {"year": "2024", "city": "São Paulo", "k": "a=b"},
        ),
        ("year=__HIVE_DEFAULT_PARTITION__/empty=/=x/a.csv", {"year": None, "empty": ""}),
    ],
)
def test_folders_name_columns(name: str, expected: dict[str, str | None]) -> None:
    assert partition_values(name) == expected


@pytest.fixture(params=["csv", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> PartitionedTable:
    frame = pd.DataFrame({"a": range(5), "b": list("vwxyz")})
    path = tmp_path / f"t.{request.param}"
    frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path, index=False)
    return PartitionedTable(open_table(path), {"year": "2024", "city": None})


def test_they_stand_beside_the_tables_own(table: PartitionedTable) -> None:
    assert table.names == ["a", "b", "year", "city"]
    assert table.types(["year", "b"]).names == ["year", "b"]
    whole = table.read(without=["b"])
    assert whole.column_names == ["a", "year", "city"]
    assert whole["year"].to_pylist() == ["2024"] * 5
    assert whole["city"].to_pylist() == [None] * 5


@pytest.mark.parametrize("columns", [["year", "a"], ["a", "b"], ["city"]])
def test_they_come_in_batches(table: PartitionedTable, columns: list[str]) -> None:
    batches = list(table.batches(2, columns))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    assert all(batch.column_names == columns for batch in batches)
    assert pa.concat_tables(batches).schema.equals(table.types(columns))
    assert table.share_read() == 1
    assert table.row_numbers([2]) == [3]
    assert table.row_names([2])[0].startswith("row 3")
