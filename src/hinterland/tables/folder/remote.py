"""A folder at an address, by fsspec: object stores, servers, and whatever else it knows.

A table is copied to a temporary file here before it is read, as it is read more than once, and a result is written here
and sent when it is whole: each process needs room for one table and one result.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from hinterland.errors import MissingExtraError, TableError
from hinterland.tables.csv.format import CsvFormat
from hinterland.tables.folder.place import Entry
from hinterland.tables.reading import TableFile, open_stream

_VERSIONS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "modified", "created")
"""What file systems call that which changes when a file is written anew; the first that is there counts."""


class RemoteFolder:
    """See ``Folder``.

    Parameters
    ----------
    address : such as ``s3://bucket/visits``; options of its file system come from its own settings or environment.
    """

    def __init__(self, address: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise MissingExtraError("fsspec", "remote", f"reading {address}") from None
        kind = address.partition(":")[0]
        try:
            self._files, root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise MissingExtraError(_package(error, kind), "remote", f"reading {address}") from error
        except ValueError as error:
            raise TableError(f"{address} is no address that can be read: {error}") from error
        self._root = root.rstrip("/")
        self._address = address.rstrip("/")

    def __str__(self) -> str:
        return self._address

    def exists(self) -> bool:
        """See ``Folder``."""
        self._files.invalidate_cache()
        return bool(self._files.isdir(self._root))

    def entries(self) -> Iterator[Entry]:
        """See ``Folder``."""
        self._files.invalidate_cache()
        for path, told in self._files.find(self._root, detail=True).items():
            name = path.removeprefix(self._root).lstrip("/")
            if name and told.get("type") != "directory":
                yield _entry(name, told)

    def entry(self, name: str) -> Entry | None:
        """See ``Folder``."""
        self._files.invalidate_cache()
        try:
            return _entry(name, self._files.info(self._path(name)))
        except FileNotFoundError:
            return None

    def table(self, name: str, csv_format: CsvFormat) -> TableFile:
        """See ``Folder``."""
        try:
            with self._files.open(self._path(name), "rb") as stream:
                return open_stream(stream, self.called(name), csv_format)
        except FileNotFoundError:
            raise TableError(f"there is no file {self.called(name)}") from None

    def read(self, name: str) -> bytes | None:
        """See ``Folder``."""
        try:
            content: bytes = self._files.cat_file(self._path(name))
        except FileNotFoundError:
            return None
        return content

    @contextmanager
    def replacing(self, name: str) -> Iterator[BinaryIO]:
        """See ``Folder``; it is sent under a hidden name, always the same for a file, and then renamed."""
        path = PurePosixPath(self._path(name))
        hidden = str(path.with_name(f".hinterland-{hashlib.sha256(name.encode()).hexdigest()[:16]}.tmp"))
        with tempfile.NamedTemporaryFile(prefix="hinterland-") as stream:
            yield stream  # type: ignore[misc]  # a wrapper around one
            stream.flush()
            self._files.makedirs(str(path.parent), exist_ok=True)
            try:
                self._files.put_file(stream.name, hidden)
                self._move(hidden, str(path))
            except BaseException:
                with suppress(Exception):
                    self._files.rm_file(hidden)
                raise

    def called(self, name: str) -> str:
        """See ``Folder``."""
        return f"{self._address}/{name}"

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _move(self, hidden: str, path: str) -> None:
        from fsspec import AbstractFileSystem

        if type(self._files).mv is not AbstractFileSystem.mv:
            self._files.mv(hidden, path)
        else:  # of any file system, which would take * and [ in a name for a pattern
            self._files.cp_file(hidden, path)
            self._files.rm_file(hidden)


def _entry(name: str, told: Mapping[str, Any]) -> Entry:
    version = next((told[key] for key in _VERSIONS if told.get(key) is not None), "")
    if isinstance(version, datetime):  # of one file, where a listing has seconds since 1970
        version = version.timestamp()
    if isinstance(version, float):
        version = f"{version:.6f}"
    return Entry(name, int(told.get("size") or 0), str(version))


def _package(error: ImportError, kind: str) -> str:
    """The package that an address of a kind needs: the module that lacks, or the one that fsspec's message names."""
    return error.name or {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs"}.get(kind, kind)
