"""Public data sets, each a ``Dataset``: a table ``X`` and the truth ``is_anomaly`` about its rows.

``load(name)`` loads any of ``names()``; every data set also has its own function, with its options.
``splits`` turns the truth into training rows, test rows and the labels that ``fit`` takes.

Files are looked for in the folder in the environment variable ``HINTERLAND_DATA``, then in the user's
cache, and are otherwise downloaded from their public source and checked. ``HINTERLAND_OFFLINE=1`` forbids
downloads.
"""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

from hinterland.datasets import splits
from hinterland.datasets._dataset import Dataset
from hinterland.datasets.abalone import load_abalone, read_abalone
from hinterland.datasets.adbench import adbench_names, load_adbench
from hinterland.datasets.arrhythmia import load_arrhythmia
from hinterland.datasets.kddcup99 import load_kddcup99, load_kddcup99_encoded
from hinterland.datasets.satellite import load_satellite
from hinterland.datasets.thyroid import load_thyroid

__all__ = [
    "Dataset",
    "adbench_names",
    "load",
    "load_abalone",
    "load_adbench",
    "load_arrhythmia",
    "load_kddcup99",
    "load_kddcup99_encoded",
    "load_satellite",
    "load_thyroid",
    "names",
    "read_abalone",
    "splits",
]

_ADBENCH = "adbench/"


def names() -> list[str]:
    """What ``load`` takes: every data set with a loader, then the ADBench sets on this machine."""
    return [*sorted(_loaders()), *(_ADBENCH + name for name in adbench_names())]


def load(name: str, **options: Any) -> Dataset:
    """Load a data set by name, handing ``options`` to its own function.

    Args:
        name: one of ``names()``; ``"adbench/38_thyroid"`` for a set of ADBench.
        **options: the keyword arguments of the data set's function, ``load_kddcup99`` for ``"kddcup99"``.

    Raises:
        ValueError: no data set has that name.
        DataNotFoundError: not on this machine, and it cannot be downloaded.
    """
    if name.startswith(_ADBENCH):
        return load_adbench(name.removeprefix(_ADBENCH), **options)
    loaders = _loaders()
    if name in loaders:
        return loaders[name](**options)
    nearest = difflib.get_close_matches(name, names(), n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    raise ValueError(f"no data set is called {name!r}; {hint}Known: {', '.join(names())}")


def _loaders() -> dict[str, Callable[..., Dataset]]:
    """``load_NAME`` of every module here that can be called without arguments, by NAME."""
    found: dict[str, Callable[..., Dataset]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
            if name.startswith("load_") and function.__module__ == module.__name__ and not required:
                found[name.removeprefix("load_")] = function
    return found
