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

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, TypeVar

from hinterland.datasets import splits
from hinterland.datasets._dataset import Dataset
from hinterland.datasets._pictures import PictureDataset
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

__all__ = [
    "Dataset",
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

_Kind = TypeVar("_Kind", Dataset, PictureDataset)

# Sets that are found by their files: the names on this machine, and the function that takes such a name.
_FAMILIES: dict[str, tuple[Callable[[], list[str]], Callable[..., Dataset]]] = {
    "adbench/": (adbench_names, load_adbench),
    "oddbench/": (oddbench_names, load_oddbench),
    "resnet18/": (resnet18_names, load_resnet18),
}


def names() -> list[str]:
    """What ``load`` takes: every table with a loader, then sets of ADBench, OddBench and features on this machine."""
    found = [prefix + name for prefix, (members, _) in _FAMILIES.items() for name in members()]
    return [*sorted(_loaders(Dataset)), *found]


def picture_names() -> list[str]:
    """What ``load_pictures`` takes: every set of pictures with a loader."""
    return sorted(_loaders(PictureDataset))


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
    for prefix, (_, load_member) in _FAMILIES.items():
        if name.startswith(prefix):
            return load_member(name.removeprefix(prefix), **options)
    loaders = _loaders(Dataset)
    if name not in loaders:
        raise ValueError(_unknown("data set", name, names()))
    return loaders[name](**options)


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
    loaders = _loaders(PictureDataset)
    if name not in loaders:
        raise ValueError(_unknown("set of pictures", name, picture_names()))
    return loaders[name](**options)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    return f"no {kind} is called {name!r}; {hint}Known: {', '.join(known)}"


def _loaders(kind: type[_Kind]) -> dict[str, Callable[..., _Kind]]:
    """``load_NAME`` of every module here that can be called without arguments and gives that kind, by NAME."""
    found: dict[str, Callable[..., _Kind]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            signature = inspect.signature(function)
            required = [p for p in signature.parameters.values() if p.default is p.empty]
            own = name.startswith("load_") and function.__module__ == module.__name__ and not required
            if own and signature.return_annotation is kind:
                found[name.removeprefix("load_")] = function
    return found
