"""CIFAR-10: small coloured pictures, 32 x 32, of ten classes."""

import tarfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from hinterland.datasets._archives import read_zipped_pictures
from hinterland.datasets._fetch import PublicFile, fetch, find, on_this_machine
from hinterland.datasets._pictures import PICTURES, PictureDataset
from hinterland.errors import FileFormatError

ORIGINAL = PublicFile(
    path="images/cifar-10-binary.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
JPEG = "images/cifar10_jpeg.zip"
JPEG_ORIGIN = (
    "a zip file of JPEG pictures train/CLASS/NAME.jpg and test/CLASS/NAME.jpg; "
    "form='original' downloads the original"
)
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SHAPE = (32, 32, 3)
BATCHES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
_RECORD = 1 + 3 * 32 * 32


@PICTURES.member("cifar10")
def load_cifar10(*, form: Literal["original", "jpeg"] | None = None) -> PictureDataset:
    """CIFAR-10, 50,000 training pictures and then 10,000 test pictures, 32 x 32 in colour.

    Of the original's three forms the one of plain bytes is read (``cifar-10-binary.tar.gz``): the one in Python's
    pickles could execute what is in it.

    Parameters
    ----------
    form : ``"original"``, or ``"jpeg"``, a packed form that loses a little: say so beside a figure. None takes the
        original, unless JPEG is all that is on this machine. ``source`` tells which it was.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        Not such a file.
    MissingExtraError
        JPEG pictures need pillow, which is not installed.
    """
    if form not in ("original", "jpeg", None):
        raise ValueError(f"form must be 'original', 'jpeg' or None; got {form!r}")
    if form is None:
        form = "jpeg" if on_this_machine(JPEG) and not on_this_machine(ORIGINAL.path) else "original"
    if form == "original":
        pictures, labels, is_test = _read_original(fetch(ORIGINAL))
    else:
        pictures, labels, is_test = _read_jpeg(find(JPEG, JPEG_ORIGIN))
    return PictureDataset("cifar10", pictures, labels, CLASSES, is_test, f"CIFAR-10, {form}")


_Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.bool_]]


def _read_jpeg(path: Path) -> _Arrays:
    folders = [f"{part}/{name}" for part in ("train", "test") for name in CLASSES]
    pictures, places = read_zipped_pictures(path, SHAPE, folders)
    return pictures, places % len(CLASSES), places >= len(CLASSES)


def _read_original(path: Path) -> _Arrays:
    """Records of a label and the planes of red, green and blue, in six files of the archive."""
    pictures, labels = [], []
    for records in _records(path):
        if len(records) and records[:, 0].max() >= len(CLASSES):
            raise FileFormatError(f"{path}: labels must be 0 to 9; got {records[:, 0].max()}")
        labels.append(records[:, 0].astype(np.int64))
        pictures.append(np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)))
    is_test = np.repeat([False, True], [sum(map(len, labels[:-1])), len(labels[-1])])
    return np.concatenate(pictures), np.concatenate(labels), is_test


def _records(path: Path) -> list[npt.NDArray[np.uint8]]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and (name := Path(member.name).name) in BATCHES:
                    found[name] = stream.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise FileFormatError(f"{path}: not a whole tar archive: {error}") from error
    missing = [name for name in BATCHES if name not in found]
    if missing:
        raise FileFormatError(f"{path}: does not hold {', '.join(missing)}")
    odd = [name for name in BATCHES if not found[name] or len(found[name]) % _RECORD]
    if odd:
        raise FileFormatError(
            f"{path}: {odd[0]} must hold records of {_RECORD} bytes; it has {len(found[odd[0]])} bytes"
        )
    return [np.frombuffer(found[name], np.uint8).reshape(-1, _RECORD) for name in BATCHES]
