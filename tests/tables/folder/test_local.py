"""What a folder of any kind does: listing, reading, and files that are written whole or not at all."""

from pathlib import Path

import pytest

from hinterland.errors import TableError
from hinterland.tables import CsvFormat
from hinterland.tables.folder.local import LocalFolder
from hinterland.tables.folder.place import Folder

NAME = "year=2024/part [1]*.csv"


def write(folder: Folder, name: str, content: bytes) -> None:
    with folder.replacing(name) as stream:
        stream.write(content)


def test_files_are_found_read_and_known_to_have_changed(folder: Folder) -> None:
    assert not folder.exists()
    assert folder.entry(NAME) is None
    assert folder.read(NAME) is None
    write(folder, NAME, b"a,b\n1,2\n")
    write(folder, "top.csv", b"")
    assert folder.exists()
    entries = {entry.name: entry for entry in folder.entries()}
    assert sorted(entries) == ["top.csv", NAME]
    assert entries[NAME].size == 8
    assert folder.entry(NAME) == entries[NAME]
    assert folder.read(NAME) == b"a,b\n1,2\n"
    table = folder.table(NAME, CsvFormat())
    assert table.read().to_pydict() == {"a": [1], "b": [2]}
    write(folder, NAME, b"a,b\n3,4\n")
    changed = folder.entry(NAME)
    assert changed is not None
    assert changed.size == 8
    assert changed.version != entries[NAME].version
    assert folder.read(NAME) == b"a,b\n3,4\n"
    assert len(list(folder.entries())) == 2
    assert folder.called(NAME) == f"{folder}/{NAME}"


def test_an_error_while_writing_leaves_what_was_there(folder: Folder) -> None:
    write(folder, NAME, b"before")
    for name in (NAME, "new.csv"):
        with pytest.raises(TypeError, match="bytes-like"), folder.replacing(name) as stream:
            stream.writelines([b"half of it", "no bytes"])  # type: ignore[list-item]
    assert {entry.name: folder.read(entry.name) for entry in folder.entries()} == {NAME: b"before"}


def test_what_is_no_table_is_named(folder: Folder) -> None:
    write(folder, "empty.csv", b"")
    with pytest.raises(TableError, match=r"empty\.csv is empty"):
        folder.table("empty.csv", CsvFormat())
    with pytest.raises(TableError, match=r"there is no file .*none\.csv"):
        folder.table("none.csv", CsvFormat())


def test_a_link_to_a_file_is_one_and_a_broken_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "b.csv").symlink_to("a.csv")
    (tmp_path / "c.csv").symlink_to("nowhere")
    assert sorted(entry.name for entry in LocalFolder(tmp_path).entries()) == ["a.csv", "b.csv"]
