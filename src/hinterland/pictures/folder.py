"""A folder of pictures: its files are decoded when they are wanted, and those that are broken are told."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from hinterland.errors import FileFormatError
from hinterland.parameters import check_choice
from hinterland.pictures.reading import decode, in_threads, require_pillow

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")

_Result = TypeVar("_Result")


class PicturesSkippedWarning(UserWarning):
    """Files of a folder that should be pictures could not be read, and have no row."""


class PictureFolder:
    """The pictures below a folder, by their paths' order; a source of rows for what encodes pictures.

    Files are known by their suffix, hidden ones left out. They are decoded whenever the folder is read, and never held
    all at once.

    Parameters
    ----------
    folder : path of the folder.
    on_error : ``"raise"`` ends at a file that cannot be read, with an error that names it. ``"skip"`` leaves it out
        and warns: ``files`` then has those that are left.

    Attributes
    ----------
    files : list of Path, one for each row that reading the folder gives.
    skipped : dict of Path to str, why a file was left out.

    Raises
    ------
    FileNotFoundError
        Where there is no such folder.
    ValueError
        Where there is no picture below it.
    MissingExtraError
        Without pillow.
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, on_error: Literal["raise", "skip"] = "raise"
    ) -> None:
        check_choice("on_error", on_error, ("raise", "skip"))
        require_pillow("reading pictures from files")
        self.folder = Path(folder)
        self.on_error = on_error
        self.files = _pictures_below(self.folder)
        self.skipped: dict[Path, str] = {}

    def __len__(self) -> int:
        return len(self.files)

    def read(
        self, function: Callable[[npt.NDArray[np.uint8], Path], _Result], *, chunk: int
    ) -> Iterator[list[_Result]]:
        """What ``function`` makes of each picture (h, w, channels) and its path, at most ``chunk`` at a time.

        Raises
        ------
        FileFormatError
            For a file that cannot be read, unless such are skipped; if they are, where none can be.
        """

        def read_one(file: Path) -> _Result | FileFormatError:
            try:
                pixels = decode(file, str(file))
            except FileFormatError as error:
                if self.on_error == "raise":
                    raise
                return error
            return function(pixels, file)

        files = self.files
        for start, part in zip(
            range(0, len(files), chunk), in_threads(read_one, files, chunk=chunk), strict=True
        ):
            broken = {
                file: str(result)
                for file, result in zip(files[start : start + chunk], part, strict=True)
                if isinstance(result, FileFormatError)
            }
            if broken:
                self._skip(broken)
            results = [result for result in part if not isinstance(result, FileFormatError)]
            if results:
                yield results

    def _skip(self, broken: dict[Path, str]) -> None:
        self.skipped |= broken
        self.files = [file for file in self.files if file not in broken]
        reasons = "; ".join(broken.values())
        if not self.files:
            raise FileFormatError(f"{self.folder} has no picture that can be read: {reasons}")
        warnings.warn(
            f"{len(broken)} file(s) in {self.folder} could not be read and have no row: {reasons}",
            PicturesSkippedWarning,
            stacklevel=3,
        )


def _pictures_below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    found = [
        Path(place, name)
        for place, folders, names in os.walk(folder)
        for name in names
        if name.lower().endswith(SUFFIXES) and not name.startswith(".")
    ]
    if not found:
        raise ValueError(
            f"the folder {folder} holds no pictures: no file below it has one of the suffixes {', '.join(SUFFIXES)}"
        )
    return sorted(found)
