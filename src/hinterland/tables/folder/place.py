"""The contract of a folder of files, and the folder that a path or an address stands for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from hinterland.errors import TableError
from hinterland.tables.csv.format import CsvFormat
from hinterland.tables.reading import TableFile

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::|://)")  # two letters or more: one is a drive


class Entry(NamedTuple):
    """A file in a folder: its name below the folder, with /, its bytes, and what changes when it is written anew."""

    name: str
    size: int
    version: str


class Folder(Protocol):
    """A folder and all below it; files go by their names below it, with / between the parts."""

    def __str__(self) -> str:
        """Give the path or address, for messages."""
        ...

    def exists(self) -> bool:
        """Say whether it is there."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Give all files below it, in no order."""
        ...

    def entry(self, name: str) -> Entry | None:
        """Give one file, or None where it is not there."""
        ...

    def table(self, name: str, csv_format: CsvFormat) -> TableFile:
        """Open a file as a table; errors as those of ``hinterland.tables.open_table``."""
        ...

    def read(self, name: str) -> bytes | None:
        """Read a small file, or give None where it is not there."""
        ...

    def replacing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Give a stream; a file of what was written is there once the block has ended without an error, and not before.

        Folders on the way are made.
        """
        ...

    def called(self, name: str) -> str:
        """Give a file's path or address, for messages."""
        ...


def is_address(text: str | os.PathLike[str]) -> bool:
    """Whether a text is an address, as ``s3://bucket/visits``, and no path."""
    return isinstance(text, str) and _ADDRESS.match(text) is not None


def folder_at(place: str | os.PathLike[str]) -> Folder:
    """Give the folder at a path, or at an address of a file system that fsspec knows.

    Raises
    ------
    MissingExtraError
        Where the address needs a package that is not installed.
    TableError
        For an address of a kind that there is not.
    """
    if is_address(place):
        from hinterland.tables.folder.remote import RemoteFolder

        return RemoteFolder(os.fspath(place))
    from hinterland.tables.folder.local import LocalFolder

    return LocalFolder(Path(place))


def check_apart(source: Folder, target: Folder) -> None:
    """Raise TableError where one folder is the other or inside it: results would be read as tables to score."""
    inner, outer = (f"{str(folder).rstrip('/')}/" for folder in (source, target))
    if inner.startswith(outer) or outer.startswith(inner):
        raise TableError(
            f"the results cannot go to {target}, as {source} is read: give a folder apart from it"
        )
