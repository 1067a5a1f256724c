"""MNIST-C: MNIST's test pictures under fifteen corruptions (Mu and Gilmer, 2019)."""

import numpy as np

from hinterland.datasets._arrays import read_npz
from hinterland.datasets._fetch import find
from hinterland.datasets._pictures import PICTURES, PictureDataset
from hinterland.datasets.mnist import SHAPE, load_mnist
from hinterland.errors import FileFormatError

PATH = "images/mnist_c_2000.npz"
ORIGIN = (
    "an .npz file with an array of pictures (n, 28, 28) a corruption, uint8, under its name, as MNIST-C has them "
    "(https://doi.org/10.5281/zenodo.3239543: test_images.npy of each folder, of any number of pictures)"
)
IDENTITY = "identity"
CORRUPTIONS = (
    "shot_noise",
    "impulse_noise",
    "glass_blur",
    "motion_blur",
    "shear",
    "scale",
    "rotate",
    "brightness",
    "translate",
    "stripe",
    "fog",
    "spatter",
    "dotted_line",
    "zigzag",
    "canny_edges",
)


@PICTURES.member("mnist_c")
def load_mnist_c() -> PictureDataset:
    """MNIST as it is, training part and test part, of the class ``identity``; then its corruptions, all to test.

    With ``identity`` for the normal class this is the problem of the literature. The file has the first 2,000
    test pictures under each of the fifteen corruptions, which makes 30,000 anomalies instead of 150,000.

    Raises
    ------
    DataNotFoundError
        MNIST or its corruptions are not on this machine, and cannot be downloaded.
    FileFormatError
        Not such a file.
    """
    path = find(PATH, ORIGIN)
    arrays = read_npz(path)
    if sorted(arrays) != sorted(CORRUPTIONS):
        raise FileFormatError(f"{path}: must have the arrays {sorted(CORRUPTIONS)}; got {sorted(arrays)}")
    for name, array in arrays.items():
        if array.dtype != np.uint8 or array.shape[1:] != SHAPE:
            raise FileFormatError(
                f"{path}: {name} must be a uint8 array (n, 28, 28); got {array.dtype} of shape {array.shape}"
            )
    mnist = load_mnist()
    counts = [len(mnist.pictures), *(len(arrays[name]) for name in CORRUPTIONS)]
    return PictureDataset(
        "mnist_c",
        pictures=np.concatenate([mnist.pictures, *(arrays[name] for name in CORRUPTIONS)]),
        labels=np.repeat(np.arange(len(counts), dtype=np.int64), counts),
        classes=(IDENTITY, *CORRUPTIONS),
        is_test=np.concatenate([mnist.is_test, np.ones(sum(counts[1:]), dtype=bool)]),
        source=f"MNIST, and {sum(counts[1:]):,} pictures of MNIST-C",
    )
