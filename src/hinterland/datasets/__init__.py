"""Public data sets.

A ``Dataset`` is a table ``X`` and the truth ``is_anomaly`` about its rows; a ``PictureDataset``
is an array of pictures and the class of each, whose ``is_anomaly(normal)`` makes one-class problems of them.

``load(name)`` loads any of ``names()``, ``load_pictures(name)`` any of ``picture_names()``; every data set also has
its own function, with its options. ``splits`` turns the truth into training rows, test rows and the labels that
``fit`` takes.

Files are looked for in the folder in the environment variable ``HINTERLAND_DATA``, then in the user's
cache, and are otherwise downloaded from their public source and checked. ``HINTERLAND_OFFLINE=1`` forbids
downloads.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from hinterland.datasets import splits
from hinterland.datasets._dataset import FAMILIES, TABLES, Dataset, Family
from hinterland.datasets._pictures import PICTURES, PictureDataset
from hinterland.datasets.abalone import load_abalone, read_abalone
from hinterland.datasets.adbench import adbench_names, load_adbench
from hinterland.datasets.arrhythmia import load_arrhythmia
from hinterland.datasets.cats_vs_dogs import load_cats_vs_dogs
from hinterland.datasets.cifar10 import load_cifar10
from hinterland.datasets.kddcup99 import load_kddcup99, load_kddcup99_encoded
from hinterland.datasets.mnist import load_mnist
from hinterland.datasets.mnist_c import load_mnist_c
from hinterland.datasets.oddbench import load_oddbench, oddbench_names
from hinterland.datasets.resnet18 import load_resnet18, resnet18_names
from hinterland.datasets.satellite import load_satellite
from hinterland.datasets.thyroid import load_thyroid
from hinterland.nearest import did_you_mean
from hinterland.shelf import Shelf

__all__ = [
    "FAMILIES",
    "PICTURES",
    "TABLES",
    "Dataset",
    "Family",
    "PictureDataset",
    "adbench_names",
    "load",
    "load_abalone",
    "load_adbench",
    "load_arrhythmia",
    "load_cats_vs_dogs",
    "load_cifar10",
    "load_kddcup99",
    "load_kddcup99_encoded",
    "load_mnist",
    "load_mnist_c",
    "load_oddbench",
    "load_pictures",
    "load_resnet18",
    "load_satellite",
    "load_thyroid",
    "names",
    "oddbench_names",
    "picture_names",
    "read_abalone",
    "resnet18_names",
    "splits",
]

Loader = TypeVar("Loader")


def names() -> list[str]:
    """What ``load`` takes: every table with a loader, then sets of ADBench, OddBench and features on this machine."""
    found = [f"{word}/{name}" for word, family in FAMILIES.members().items() for name in family.names()]
    return [*TABLES.members(), *found]


def picture_names() -> list[str]:
    """What ``load_pictures`` takes: every set of pictures with a loader."""
    return list(PICTURES.members())


def load(name: str, **options: Any) -> Dataset:
    """Load a table by name, handing ``options`` to its own function.

    Parameters
    ----------
    name : one of ``names()``; ``"adbench/38_thyroid"`` for a set of ADBench, ``"resnet18/CIFAR10_0"`` for features.
    **options : the keyword arguments of the data set's function, ``load_kddcup99`` for ``"kddcup99"``.

    Raises
    ------
    ValueError
        No table has that name.
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    """
    word, slash, member = name.partition("/")
    if slash and word in FAMILIES.members():
        return FAMILIES.named(word).load(member, **options)
    return _found(TABLES, name, names)(**options)


def load_pictures(name: str, **options: Any) -> PictureDataset:
    """Load a set of pictures by name, handing ``options`` to its own function.

    Parameters
    ----------
    name : one of ``picture_names()``.
    **options : the keyword arguments of the data set's function, ``load_cifar10`` for ``"cifar10"``.

    Raises
    ------
    ValueError
        No set of pictures has that name.
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    MissingExtraError
        Decoding needs a package that is not installed.
    """
    return _found(PICTURES, name, picture_names)(**options)


def _found(shelf: Shelf[Loader], name: str, names: Callable[[], list[str]]) -> Loader:
    """The loader of that name; ValueError, with all names and the nearest, where there is none."""
    members = shelf.members()
    if name not in members:
        known = names()
        raise ValueError(
            f"no {shelf.kind} is called {name!r}; {did_you_mean(name, known, cutoff=0.5, after=' ')}"
            f"Known: {', '.join(known)}{shelf.passed_over()}"
        )
    return members[name]
