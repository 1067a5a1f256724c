"""Pictures in an archive: a zip whose folders are the classes."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hinterland.errors import FileFormatError
from hinterland.pictures.reading import decode, in_threads, require_pillow

_AT_ONCE = 1024
"""Pictures that are unpacked and decoded at a time, which bounds what is held beside the result."""


def read_zipped_pictures(
    path: Path, shape: tuple[int, int, int], folders: Sequence[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Pictures (n, h, w, 3) of one shape, by folder and name, and (n,) the place in ``folders`` of each one's folder.

    Raises
    ------
    FileFormatError
        Not a zip file, a folder without pictures, or a picture that is broken or of another shape.
    MissingExtraError
        Pillow is not installed.
    """
    require_pillow(f"decoding the pictures in {path.name}")
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path, shape, folders)
    except zipfile.BadZipFile as error:
        raise FileFormatError(f"{path}: not a whole zip file: {error}") from error


def _read(
    archive: zipfile.ZipFile, path: Path, shape: tuple[int, int, int], folders: Sequence[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    places = {folder: place for place, folder in enumerate(folders)}
    members = [
        (places[folder], name)
        for name in archive.namelist()
        if (folder := name.rpartition("/")[0]) in places and name.lower().endswith((".jpg", ".jpeg"))
    ]
    members.sort()
    labels = np.array([place for place, _ in members], dtype=np.int64)
    empty = [folder for folder, place in places.items() if place not in labels]
    if empty:
        raise FileFormatError(f"{path}: no JPEG pictures in its folder(s) {', '.join(empty)}")

    def read(name: str) -> npt.NDArray[np.uint8]:
        pixels = decode(archive.read(name), f"{path}: {name}")
        if pixels.shape[2] == 1:  # a grey picture among coloured ones
            pixels = np.repeat(pixels, 3, axis=2)
        if pixels.shape != shape:
            raise FileFormatError(f"{path}: {name} must be {shape}; got {pixels.shape}")
        return pixels

    pictures = np.empty((len(members), *shape), dtype=np.uint8)
    start = 0
    for part in in_threads(read, [name for _, name in members], chunk=_AT_ONCE):
        pictures[start : start + len(part)] = part
        start += len(part)
    return pictures, labels
