"""Records of a folder of results."""

from pathlib import Path

import pytest

from hinterland.errors import TableError
from hinterland.scoring.folder.records import RUN, FolderRecords, Made, digest
from hinterland.tables.folder.place import Entry, folder_at

MADE = Made(10, "v", 20, 5, 1, 0, 0.25)


def test_a_folder_is_claimed_by_one_run(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    FolderRecords(folder, {"model": "m", "keep": ("a",)}).claim()
    FolderRecords(folder, {"model": "m", "keep": ["a"]}).claim()
    with pytest.raises(TableError, match="they are not mixed: model was 'm' and is now 'n'"):
        FolderRecords(folder, {"model": "n", "keep": ["a"]}).claim()
    with pytest.raises(TableError, match="top was None and is now 3"):
        FolderRecords(folder, {"model": "m", "keep": ["a"], "top": 3}).claim()
    (tmp_path / "out" / RUN).write_text("torn")
    with pytest.raises(TableError, match="does not say what made the results"):
        FolderRecords(folder, {"model": "m"}).claim()


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    records = FolderRecords(folder_at(tmp_path), {})
    assert records.made("x/a.csv") is None
    records.keep("x/a.csv", MADE)
    assert records.made("x/a.csv") == MADE
    assert records.made("a.csv") is None


def test_what_was_kept_of_other_content_is_not_given(tmp_path: Path) -> None:
    records = FolderRecords(folder_at(tmp_path), {})
    entry = Entry("a.csv", 10, "v")
    records.keep_of("counts", "a.csv", entry, {"p": [0.5]})
    assert records.kept("counts", "a.csv", entry) == {"p": [0.5]}
    assert records.kept("counts", "a.csv", entry._replace(version="w")) is None
    assert records.kept("counts", "a.csv", entry._replace(size=11)) is None


def test_a_model_is_known_by_its_content() -> None:
    assert digest(b"a") == digest(b"a") != digest(b"b")
