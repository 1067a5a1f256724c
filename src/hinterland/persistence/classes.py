"""Classes by name: those that the modules of hinterland's own shelves define."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from typing import Any

from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from hinterland.densities.base import DENSITIES
from hinterland.detectors.base import Detector
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS
from hinterland.printable import shown


def classes(kind: str) -> dict[str, type[Any]]:
    """Classes of a kind by name: members of its shelf, found by walking it, or the few that are named here."""
    if kind == "scaler":
        return {cls.__name__: cls for cls in (StandardScaler, MinMaxScaler, RobustScaler)}
    if kind == "scaling":
        return {InputScaling.__name__: InputScaling}
    if kind == "score":
        return {Score.__name__: Score}
    if kind in _SHELVES:
        return {cls.__name__: cls for cls in _SHELVES[kind].members().values()}
    return _found_by_walking(kind)


_SHELVES = {"network": NETWORKS, "density": DENSITIES}


@functools.cache
def _found_by_walking(kind: str) -> dict[str, type[Any]]:
    shelf, base = {
        "detector": ("hinterland.detectors", Detector),
        "encoder": ("hinterland.preprocessing", object),
    }[kind]
    found: dict[str, type[Any]] = {}
    for place in pkgutil.iter_modules(importlib.import_module(shelf).__path__, f"{shelf}."):
        try:
            module = importlib.import_module(place.name)
        except ImportError:  # a member whose optional dependency is not installed is not on the shelf
            continue
        for name, cls in vars(module).items():
            own = inspect.isclass(cls) and cls.__module__ == module.__name__ and issubclass(cls, base)
            if own and cls is not base and (kind != "encoder" or hasattr(cls, "from_state")):
                found[name] = cls
    return found


def class_named(kind: str, name: Any) -> type[Any]:
    """Class of a kind by its name; ValueError where there is none."""
    known = classes(kind)
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"no {kind} here is called {shown(name)}; there are {sorted(known)}")
    return known[name]


def kind_of(obj: Any, kinds: tuple[str, ...]) -> str | None:
    """Which of the kinds an object is of, by its very class."""
    name = type(obj).__name__
    return next((kind for kind in kinds if classes(kind).get(name) is type(obj)), None)


def name_of(cls: type[Any]) -> str:
    """Name of any class, with its module, for messages."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
