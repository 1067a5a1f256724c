"""A folder on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hinterland.tables.csv.format import CsvFormat
from hinterland.tables.folder.place import Entry
from hinterland.tables.reading import TableFile, open_table
from hinterland.whole_files import replacing


class LocalFolder:
    """See ``Folder``; a link to a file counts as one, and a link to a folder is not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()

    def __str__(self) -> str:
        return str(self._path)

    def exists(self) -> bool:
        """See ``Folder``."""
        return self._path.is_dir()

    def entries(self) -> Iterator[Entry]:
        """See ``Folder``."""
        for folder, _, names in os.walk(self._path):
            below = Path(folder).relative_to(self._path)
            for name in names:
                if (entry := self.entry((below / name).as_posix())) is not None:
                    yield entry

    def entry(self, name: str) -> Entry | None:
        """See ``Folder``."""
        try:
            found = (self._path / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Entry(name, found.st_size, str(found.st_mtime_ns))

    def table(self, name: str, csv_format: CsvFormat) -> TableFile:
        """See ``Folder``."""
        return open_table(self._path / name, csv_format)

    def read(self, name: str) -> bytes | None:
        """See ``Folder``."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    @contextmanager
    def replacing(self, name: str) -> Iterator[BinaryIO]:
        """See ``Folder``."""
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            yield stream

    def called(self, name: str) -> str:
        """See ``Folder``."""
        return str(self._path / name)
