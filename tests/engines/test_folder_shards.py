from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from hinterland.engines.folder_shards import FolderShards
from hinterland.engines.shards import summed
from hinterland.errors import TableError


@pytest.fixture
def source(parts: list[pa.Table], tmp_path: Path) -> Path:
    (tmp_path / "in/sub").mkdir(parents=True)
    for number, part in enumerate(parts):
        pq.write_table(part, tmp_path / "in" / ("sub" if number % 2 else ".") / f"{number}.parquet")
    return tmp_path / "in"


def places(batch: pa.Table) -> list[Any]:
    return batch["size"].to_pylist()


def test_the_batches_are_those_of_the_tables_in_the_order_of_their_names(
    source: Path, parts: list[pa.Table]
) -> None:
    shards = FolderShards(source)
    assert shards.n_rows() == 3_000
    assert shards.schema.names == parts[0].column_names
    in_order = pa.concat_tables([parts[number] for number in (0, 2, 4, 1, 3)])
    assert summed(shards, places) == in_order["size"].to_pylist()


def test_columns_are_left_out_and_rows_chosen(source: Path, rows: pa.Table) -> None:
    shards = FolderShards(source, drop=["age"], only=("place", "b"))
    assert shards.schema.names == ["size", "weight", "is_new"]
    assert shards.n_rows() == rows["place"].to_pylist().count("b") == len(summed(shards, places))


def test_text_files_are_text(rows: pa.Table, tmp_path: Path) -> None:
    pa.csv.write_csv(rows.slice(0, 50), tmp_path / "a.csv")
    assert set(FolderShards(tmp_path).schema.types) == {pa.string()}


def test_tables_unlike_the_first_are_named(source: Path, rows: pa.Table) -> None:
    with pytest.raises(TableError, match="no column 'colour'; its columns are"):
        FolderShards(source, drop=["colour"])
    pq.write_table(rows.drop_columns(["age"]).slice(0, 5), source / "unlike.parquet")
    with pytest.raises(TableError, match=r"unlike\.parquet lacks column 'age'"):
        summed(FolderShards(source), places)
    pq.write_table(rows.slice(0, 5).set_column(0, "size", pa.array(["a"] * 5)), source / "unlike.parquet")
    with pytest.raises(TableError, match=r"unlike\.parquet has other types"):
        summed(FolderShards(source), places)


@pytest.mark.slow
def test_by_ray_the_results_and_errors_are_the_same(ray: Any, source: Path) -> None:
    assert summed(FolderShards(source, ray=ray), places) == summed(FolderShards(source), places)
    with pytest.raises(KeyError):
        summed(FolderShards(source, drop=["size"], ray=ray), places)
