"""MNIST: handwritten digits, grey, 28 x 28."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hinterland.datasets._fetch import PublicFile, fetch
from hinterland.datasets._pictures import PICTURES, PictureDataset
from hinterland.errors import FileFormatError

SITE = "https://ossci-datasets.s3.amazonaws.com/mnist"
CLASSES = tuple("0123456789")
SHAPE = (28, 28)


def _file(name: str, sha256: str) -> PublicFile:
    return PublicFile(f"images/mnist/{name}.gz", f"{SITE}/{name}.gz", sha256, gzipped=True)


# pictures and labels, of the training part and of the test part
PARTS = (
    (
        _file("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        _file("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    ),
    (
        _file("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        _file("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ),
)


@PICTURES.member("mnist")
def load_mnist() -> PictureDataset:
    """MNIST, 60,000 training pictures and then 10,000 test pictures, 28 x 28, of the digits 0 to 9.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        Not such files.
    """
    read = [(read_idx(fetch(pictures)), read_idx(fetch(labels))) for pictures, labels in PARTS]
    for (pictures, labels), (file, _) in zip(read, PARTS, strict=True):
        if pictures.shape[1:] != SHAPE or labels.shape != (len(pictures),) or labels.max(initial=0) > 9:
            raise FileFormatError(
                f"{file.path}: expected pictures of 28 x 28 and a digit for each in the file of labels; "
                f"got shapes {pictures.shape} and {labels.shape}, labels up to {labels.max(initial=0)}"
            )
    return PictureDataset(
        "mnist",
        pictures=np.concatenate([pictures for pictures, _ in read]),
        labels=np.concatenate([labels for _, labels in read]).astype(np.int64),
        classes=CLASSES,
        is_test=np.repeat([False, True], [len(labels) for _, labels in read]),
        source="MNIST",
    )


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """The array of bytes in a gzipped IDX file: two zeros, type, number of dimensions, sizes, entries.

    Raises
    ------
    FileFormatError
        Not such a file, of another type than unsigned bytes, or cut short.
    """
    try:
        with gzip.open(path) as stream:
            zeros, kind, n_dimensions = int.from_bytes(stream.read(2)), *stream.read(2)
            sizes = np.frombuffer(stream.read(4 * n_dimensions), ">u4").tolist()
            entries = np.frombuffer(stream.read(), np.uint8)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise FileFormatError(f"{path}: not a whole gzipped IDX file: {error}") from error
    if zeros or kind != 0x08 or len(sizes) != n_dimensions or math.prod(sizes) != len(entries):
        raise FileFormatError(
            f"{path}: not an IDX file of unsigned bytes: it starts {zeros}, {kind:#04x}, declares the shape {sizes} "
            f"and holds {len(entries)} entries"
        )
    return entries.reshape(sizes)
