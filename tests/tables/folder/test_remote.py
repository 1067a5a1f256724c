"""What is special of a folder at an address: results are sent under a hidden name and then renamed."""

import uuid
from typing import Any

import fsspec
import pytest

from hinterland.tables.folder.remote import RemoteFolder


def test_a_result_that_could_not_be_renamed_is_not_there_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = RemoteFolder(f"memory://{uuid.uuid4()}/out")

    def broken(self: Any, first: str, second: str, **others: Any) -> None:
        raise OSError(f"cannot rename {first}")

    files = fsspec.filesystem("memory")
    monkeypatch.setattr(type(files), "cp_file", broken)
    monkeypatch.setattr(type(files), "mv", fsspec.AbstractFileSystem.mv)
    with pytest.raises(OSError, match=r"cannot rename .*\.hinterland-"), folder.replacing("a.csv") as stream:
        stream.write(b"all of it")
    assert list(folder.entries()) == []


def test_what_a_killed_process_left_is_written_over() -> None:
    place = f"memory://{uuid.uuid4()}/out"
    folder, files = RemoteFolder(place), fsspec.filesystem("memory")
    sent: list[str] = []
    with folder.replacing("a.csv") as stream:
        stream.write(b"1")
    original = files.put_file

    def watched(here: str, there: str, **others: Any) -> None:
        sent.append(there)
        original(here, there, **others)

    files.put_file = watched
    try:
        for _ in range(2):
            with folder.replacing("a.csv") as stream:
                stream.write(b"2")
    finally:
        del files.put_file
    assert len(set(sent)) == 1
    assert [entry.name for entry in folder.entries()] == ["a.csv"]
