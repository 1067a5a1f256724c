"""Classes by name: those that the modules of hinterland's own shelves define."""

from __future__ import annotations

from typing import Any

from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from hinterland.densities.base import DENSITIES
from hinterland.detectors.base import DETECTORS
from hinterland.model.base import MODELS
from hinterland.model.column_view import ColumnView
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS
from hinterland.preprocessing.base import ENCODERS
from hinterland.printable import shown
from hinterland.shelf import Shelf

_SHELVES: dict[str, Shelf[Any]] = {
    "detector": DETECTORS,
    "encoder": ENCODERS,
    "network": NETWORKS,
    "density": DENSITIES,
    "model": MODELS,
}


def classes(kind: str) -> dict[str, type[Any]]:
    """Classes of a kind by name: members of its shelf, or the few that are named here.

    Raises
    ------
    BrokenMemberError
        Where a module of the shelf cannot be imported.
    """
    if kind == "scaler":
        return {cls.__name__: cls for cls in (StandardScaler, MinMaxScaler, RobustScaler)}
    if kind == "scaling":
        return {cls.__name__: cls for cls in (InputScaling, ColumnView)}
    if kind == "score":
        return {Score.__name__: Score}
    if kind in _SHELVES:
        return {cls.__name__: cls for cls in _SHELVES[kind].members().values()}
    raise ValueError(f"there is no kind of object called {kind!r}")


def class_named(kind: str, name: Any) -> type[Any]:
    """Class of a kind by its name; ValueError where there is none."""
    known = classes(kind)
    if not isinstance(name, str) or name not in known:
        passed_over = _SHELVES[kind].passed_over() if kind in _SHELVES else ""
        raise ValueError(f"no {kind} here is called {shown(name)}; there are {sorted(known)}{passed_over}")
    return known[name]


def kind_of(obj: Any, kinds: tuple[str, ...]) -> str | None:
    """Which of the kinds an object is of, by its very class."""
    name = type(obj).__name__
    return next((kind for kind in kinds if classes(kind).get(name) is type(obj)), None)


def name_of(cls: type[Any]) -> str:
    """Name of any class, with its module, for messages."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
