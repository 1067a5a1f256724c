"""Which files are tables, and how shards share them."""

from pathlib import Path

import pytest

from hinterland.errors import TableError
from hinterland.tables.folder.files import Shard, own_part, result_name, tables_in
from hinterland.tables.folder.place import Entry, folder_at


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_tables_are_known_by_their_ends_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "b.csv", "a/x.parquet", "a/y.CSV.GZ", "readme.md", "_SUCCESS", ".x.csv.crc", "_tmp/z.csv")
    found = tables_in(folder_at(tmp_path))
    assert [entry.name for entry in found.entries] == ["a/x.parquet", "a/y.CSV.GZ", "b.csv"]
    assert found.n_others == 1
    names = [result_name(entry.name) for entry in found.entries]
    assert names == ["a/x.parquet", "a/y.csv", "b.csv"]


def test_folders_without_tables_and_results_of_one_name_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"there is no folder .*none"):
        tables_in(folder_at(tmp_path / "none"))
    make(tmp_path, "readme.md")
    with pytest.raises(TableError, match="holds no table"):
        tables_in(folder_at(tmp_path))
    make(tmp_path, "a.csv", "a.csv.gz")
    with pytest.raises(TableError, match=r"results of 'a.csv', 'a.csv.gz' in .* would have one name"):
        tables_in(folder_at(tmp_path))


@pytest.mark.parametrize("n_shards", [1, 2, 3, 7])
def test_each_table_is_in_one_shard_and_shards_have_about_as_many_bytes(n_shards: int) -> None:
    entries = [Entry(f"{i}.csv", (i * 37) % 101 + 50, "") for i in range(40)]
    parts = [own_part(entries, Shard(i + 1, n_shards)) for i in range(n_shards)]
    assert sorted(entry for part in parts for entry in part) == sorted(entries)
    assert own_part(entries[::-1], Shard(1, n_shards)) == parts[0]
    sizes = [sum(entry.size for entry in part) for part in parts]
    assert max(sizes) - min(sizes) <= 150


def test_more_shards_than_tables_leave_some_without() -> None:
    assert own_part([Entry("a.csv", 1, "")], Shard(2, 2)) == []


def test_a_shard_is_read_as_it_is_written() -> None:
    assert Shard.read("2/4") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"
    for text in ("0/4", "5/4", "4", "a/b", "1/", "-1/2", "1/4/2"):
        with pytest.raises(ValueError, match="a shard is I/N"):
            Shard.read(text)
