"""Find a public file: the folder in ``HINTERLAND_DATA``, then the user's cache, then a checked download."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pooch

from hinterland.download import download
from hinterland.errors import DataNotFoundError, FileFormatError
from hinterland.offline import is_offline

MOST_UNPACKED = 2**34
"""Bytes: several times what the largest file here has when it is unpacked."""


@dataclass(frozen=True)
class PublicFile:
    """A file that anyone can download.

    ``sha256`` is that of the file's bytes, or of its unpacked bytes where ``gzipped``: the same rows are
    offered in archives that were packed differently.
    """

    path: str
    """Where it lies below the data folder and below the cache, with forward slashes."""
    url: str
    sha256: str
    gzipped: bool = False


def data_folder() -> Path | None:
    """The folder in ``HINTERLAND_DATA``, or None where the variable is not set."""
    folder = os.environ.get("HINTERLAND_DATA")
    return Path(folder).expanduser() if folder else None


def cache_folder() -> Path:
    """The folder that downloads go to: ``hinterland`` below the user's cache."""
    return Path(pooch.os_cache("hinterland"))


def places(path: str) -> dict[str, Path]:
    """Where ``path`` may lie on this machine, in the order of the search, each with what it is."""
    folder = data_folder()
    found = {} if folder is None else {"HINTERLAND_DATA": folder / path}
    return found | {"the cache": cache_folder() / path}


def fetch(file: PublicFile) -> Path:
    """The path of ``file`` on this machine, downloaded into the cache where it is nowhere yet.

    A download is checked before it takes its name, so a broken or foreign file never lies in the cache.
    What lies in the data folder is the user's own and is not checked.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and no download (offline, or ``HINTERLAND_OFFLINE`` is set).
    FileFormatError
        The download is not the file it should be.
    """
    here = on_this_machine(file.path)
    if here is not None:
        return here
    if is_offline():
        raise DataNotFoundError(_no_download(file, "not tried, because HINTERLAND_OFFLINE is set"))
    try:
        return _download(file)
    except OSError as error:  # of the network (requests' errors are OSErrors) or of the disk
        raise DataNotFoundError(_no_download(file, f"failed: {type(error).__name__}: {error}")) from error


def find(path: str, origin: str) -> Path:
    """The path of a file that nobody offers for download in the form that is read here.

    Raises
    ------
    DataNotFoundError
        Not on this machine; the message ends with ``origin``, which says what the file is made of.
    """
    here = on_this_machine(path)
    if here is None:
        raise DataNotFoundError(_not_found(path, f"Set HINTERLAND_DATA to a folder that holds it: {origin}."))
    return here


def on_this_machine(path: str) -> Path | None:
    """Where ``path`` lies in the data folder or else in the cache; None where it is in neither."""
    return next((place for place in places(path).values() if place.is_file()), None)


def _download(file: PublicFile) -> Path:
    def download_and_check(url: str, output_file: str, manager: pooch.Pooch) -> None:
        download(url, Path(output_file))
        found = _sha256(Path(output_file), gzipped=file.gzipped)
        if found != file.sha256:
            raise FileFormatError(
                f"{url} is not the expected {file.path}: its {'unpacked ' if file.gzipped else ''}contents "
                f"have the SHA-256 {found}, expected {file.sha256}; nothing was saved"
            )

    # pooch keeps a download under a temporary name until the downloader has returned
    manager = pooch.create(
        path=cache_folder(), base_url="", registry={file.path: None}, urls={file.path: file.url}
    )
    return Path(manager.fetch(file.path, downloader=download_and_check))


def _sha256(path: Path, *, gzipped: bool) -> str:
    digest = hashlib.sha256()
    n_bytes = 0
    try:
        for block in _blocks(path, gzipped=gzipped):
            n_bytes += len(block)
            if n_bytes > MOST_UNPACKED:
                raise FileFormatError(
                    f"the download unpacks to more than {MOST_UNPACKED:,} bytes; nothing was saved"
                )
            digest.update(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileFormatError(f"the download is not a whole gzip file: {error}; nothing was saved") from error
    return digest.hexdigest()


def _blocks(path: Path, *, gzipped: bool) -> Iterator[bytes]:
    with gzip.open(path) if gzipped else path.open("rb") as stream:
        while block := stream.read(1 << 20):
            yield block


def _no_download(file: PublicFile, download: str) -> str:
    return _not_found(
        file.path,
        f"Download from {file.url}: {download}.",
        f"Set HINTERLAND_DATA to a folder that holds {file.path}, "
        f"or save that address as {cache_folder() / file.path}.",
    )


def _not_found(path: str, *remedies: str) -> str:
    looked = [f"  {place} ({what})" for what, place in places(path).items()]
    folder = data_folder()
    if folder is None:
        looked.insert(0, "  (HINTERLAND_DATA is not set)")
    elif not folder.is_dir():
        looked.insert(0, f"  (HINTERLAND_DATA is {folder}, which is not a folder)")
    return "\n".join([f"the data file {path} was not found. Looked in:", *looked, *remedies])
