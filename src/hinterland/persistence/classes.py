"""Classes by name: those that the modules of hinterland's own shelves define."""

from __future__ import annotations

from typing import Any

from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from hinterland.densities.base import DENSITIES
from hinterland.detectors.catalogue import detectors
from hinterland.model.base import MODELS
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS
from hinterland.printable import shown
from hinterland.shelf import classes_below


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
    if kind == "detector":
        return detectors()
    if kind == "encoder":
        found = classes_below("hinterland.preprocessing", object)
        return {name: cls for name, cls in found.items() if hasattr(cls, "from_state")}
    raise ValueError(f"there is no kind of object called {kind!r}")


_SHELVES = {"network": NETWORKS, "density": DENSITIES, "model": MODELS}


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
