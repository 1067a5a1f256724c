"""Cats and dogs: photographs of the ASIRRA set, resized to 128 x 128."""

import numpy as np

from hinterland.datasets._archives import read_zipped_pictures
from hinterland.datasets._fetch import find
from hinterland.datasets._pictures import PICTURES, PictureDataset

PATH = "images/cats_vs_dogs_128px.zip"
ORIGIN = (
    "a zip file of JPEG pictures cat/NAME.jpg and dog/NAME.jpg, of 128 x 128, made of the pictures at "
    "https://www.microsoft.com/en-us/download/details.aspx?id=54765"
)
CLASSES = ("cat", "dog")
SHAPE = (128, 128, 3)


@PICTURES.member("cats_vs_dogs")
def load_cats_vs_dogs() -> PictureDataset:
    """Cats and dogs, 128 x 128 in colour, as many as the archive has; the source has no test part.

    In the literature dogs are normal, five for each cat.

    Raises
    ------
    DataNotFoundError
        Not on this machine.
    FileFormatError
        Not such a file.
    MissingExtraError
        Pillow is not installed.
    """
    pictures, labels = read_zipped_pictures(find(PATH, ORIGIN), SHAPE, CLASSES)
    is_test = np.zeros(len(labels), dtype=bool)
    return PictureDataset(
        "cats_vs_dogs", pictures, labels, CLASSES, is_test, "ASIRRA, cats and dogs, 128 x 128"
    )
