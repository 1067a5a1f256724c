"""A path or an address, and folders that must lie apart."""

import uuid
from pathlib import Path

import pytest

from hinterland.errors import MissingExtraError, TableError
from hinterland.tables.folder.local import LocalFolder
from hinterland.tables.folder.place import check_apart, folder_at, is_address
from hinterland.tables.folder.remote import RemoteFolder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/visits", True),
        ("memory://x", True),
        ("simplecache::s3://b/x", True),
        ("visits", False),
        ("C:/visits", False),
        ("C://visits", False),
        ("a/b://c", False),
        (Path("s3:/bucket"), False),
    ],
)
def test_an_address_has_a_kind_of_two_letters_or_more(text: str | Path, expected: bool) -> None:
    assert is_address(text) is expected


def test_the_folder_is_of_its_kind(tmp_path: Path) -> None:
    assert isinstance(folder_at(tmp_path), LocalFolder)
    assert isinstance(folder_at(str(tmp_path)), LocalFolder)
    assert isinstance(folder_at(f"file://{tmp_path}"), RemoteFolder)
    assert str(folder_at(f"memory://{uuid.uuid4()}/a/")).endswith("/a")


def test_an_address_of_no_kind_is_named() -> None:
    with pytest.raises(TableError, match="nonsense://x is no address that can be read"):
        folder_at("nonsense://x")


def test_an_address_that_needs_another_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    def missing(address: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(MissingExtraError, match=r"'s3fs'.*hinterland\[remote\]"):
        folder_at("s3://bucket/visits")


def test_results_go_to_a_folder_apart(tmp_path: Path) -> None:
    check_apart(folder_at(tmp_path / "in"), folder_at(tmp_path / "in results"))
    for source, target in [("in", "in"), ("in", "in/out"), ("in/out", "in"), ("in", "out/../in/x")]:
        with pytest.raises(TableError, match="give a folder apart from it"):
            check_apart(folder_at(tmp_path / source), folder_at(tmp_path / target))
