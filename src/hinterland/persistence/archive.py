"""One file that holds named members: written whole or not at all, checked when read.

The file is a zip archive without compression, so that a member's size is bounded by the file's. One member,
``SHA256SUMS``, lists the digests of the others, in the form ``sha256sum -c`` reads. They show damage and
careless edits; they are no signature.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import zipfile
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

from hinterland.errors import FileFormatError
from hinterland.printable import printable
from hinterland.whole_files import Path, write_atomically

DIGESTS = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same members give the same bytes, whenever they are written


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Write members in their order, atomically.

    Raises
    ------
    OSError
        Where the file cannot be written; it names the path, and what was there is still there.
    """
    digests = "".join(f"{_digest(content)}  {name}\n" for name, content in members.items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {**members, DIGESTS: digests.encode()}.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, on every system: again the same bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    write_atomically(path, buffer.getbuffer())


class Archive:
    """The members of a file that is open for reading; each is checked against its digest when it is read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        lines = archive.read(DIGESTS).decode("ascii").splitlines()
        self._digests = {name: digest for digest, name in (line.split("  ") for line in lines)}

    def read(self, name: str) -> bytes:
        """Read a member.

        Raises
        ------
        FileFormatError
            Where its content is not what was written.
        """
        content = self._archive.read(name)
        if self._digests.get(name) != _digest(content):
            raise FileFormatError(
                f"the content of {name} does not match its SHA-256 digest: it was damaged or edited"
            )
        return content


@contextlib.contextmanager
def open_archive(path: Path, names: Collection[str]) -> Iterator[Archive]:
    """Open a file that ``write_archive`` wrote with members of these names.

    Whatever the block raises because of what the file holds becomes a FileFormatError that names the file.

    Raises
    ------
    FileFormatError
        Where the file is foreign, cut short, damaged, edited or compressed.
    OSError
        Where it cannot be read at all: ``FileNotFoundError`` where there is none.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(_recognised(file)) as archive:
                _check_members(archive, {*names, DIGESTS}, os.fstat(file.fileno()).st_size)
                yield Archive(archive)
        except FileFormatError as error:
            raise FileFormatError(f"{os.fspath(path)!r} cannot be read: {printable(str(error))}") from error
        except Exception as error:  # zipfile alone raises nine kinds for a damaged file
            if isinstance(error, MemoryError) or getattr(error, "errno", None) not in (None, errno.EINVAL):
                raise  # the machine's trouble; a seek to before the file, EINVAL, is the file's
            reason = f"{type(error).__name__}: {printable(str(error))}"
            raise FileFormatError(
                f"{os.fspath(path)!r} cannot be read: it is cut short or damaged ({reason})"
            ) from error


def _recognised(file: BinaryIO) -> BinaryIO:
    start = file.read(4)
    if start != b"PK\x03\x04":
        found = f"it starts with {start!r}" if start else "it is empty"
        raise FileFormatError(f"{found}, so it is no hinterland file")
    return file


def _check_members(archive: zipfile.ZipFile, names: set[str], file_size: int) -> None:
    entries = archive.infolist()
    found = sorted(entry.filename for entry in entries)
    if found != sorted(names):
        raise FileFormatError(
            f"it holds {_shown(found)}, where a hinterland file holds {_shown(sorted(names))}"
        )
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise FileFormatError(f"its member {entry.filename} is compressed, which hinterland never does")
    if sum(entry.file_size for entry in entries) > file_size:
        raise FileFormatError("its members claim to be larger than the file")


def _shown(names: list[str]) -> str:
    return printable(", ".join(names[:5]) + (", ..." if len(names) > 5 else ""), most=500) or "nothing"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
