"""Estimators' parameters as nodes of JSON, and back: plain values, and detectors inside of detectors.

A file names no place and no code. What belongs to a run is not taken from it: callbacks, generators, and ``memory``,
the folder of a cache, from which a later ``fit`` would unpickle whatever lies there.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from hinterland.detectors.base import Detector
from hinterland.detectors.catalogue import present_names
from hinterland.parameter_table import as_stored
from hinterland.persistence.classes import class_named, kind_of
from hinterland.persistence.values import Arrays, Node, pack, unpack
from hinterland.printable import shown

PLACES = ("memory",)
"""Parameters, at any depth, that name a place."""

E = TypeVar("E")


def pack_parameters(obj: Any, where: str, arrays: Arrays) -> Node:
    """Nodes of an estimator's parameters by name, without what belongs to a run."""
    parameters: Node = {}
    for name, value in obj.get_params(deep=False).items():
        if name == "random_state" and not isinstance(value, int | np.integer):
            value = None  # a generator belongs to the run that used it
        if name not in PLACES and not (name.startswith("on_") and callable(value)):
            parameters[name] = pack(_without_places(value)[0], f"{where}{name}", arrays, _pack_detector)
    return parameters


def _pack_detector(value: Any, where: str, arrays: Arrays) -> Node | None:
    if kind_of(value, ("detector",)) is None:
        return None
    # As a parameter: what it is made with, and not what it has learnt.
    parameters = pack_parameters(value, f"{where}.", arrays)
    return {"$detector": {"class": type(value).__name__, "parameters": parameters}}


def with_parameters(cls: type[E], node: Any, arrays: Arrays) -> E:
    """The estimator of a class with the parameters in a node, checked as ``fit`` checks them.

    Raises
    ------
    ValueError
        For a parameter that the class has not, or that ``fit`` would refuse.
    """
    parameters = unpack(
        node,
        arrays,
        {"$detector": lambda content: _unpack_detector(content, arrays)},
    )
    if not isinstance(parameters, dict):
        raise ValueError(f"the parameters of a {cls.__name__} are {shown(parameters)}")
    if issubclass(cls, Detector):
        parameters = present_names(cls, as_stored(cls, parameters))
    known = inspect.signature(cls).parameters
    if unknown := [name for name in parameters if name not in known]:
        raise ValueError(
            f"a {cls.__name__} got an unexpected keyword argument {shown(unknown[0])}; it has {list(known)}"
        )
    parameters, dropped = _without_places(parameters)
    if dropped:
        warnings.warn(
            f"the file names a folder as the {' and '.join(PLACES)} of a {cls.__name__}, which is not taken from a "
            "file; set it on the loaded object where it is wanted",
            UserWarning,
            stacklevel=2,
        )
    obj = cls(**parameters)
    if isinstance(obj, Detector):
        if (on_epoch := getattr(obj, "on_epoch", None)) is not None:
            raise ValueError(f"on_epoch is {shown(on_epoch)}, and a file holds no callbacks")
        obj.check_parameters()
    else:
        obj._validate_params()  # type: ignore[attr-defined]  # scikit-learn's
    return obj


def _unpack_detector(content: Node, arrays: Arrays) -> Detector:
    detector: Detector = with_parameters(
        class_named("detector", content["class"]), content["parameters"], arrays
    )
    return detector


def _without_places(value: Any) -> tuple[Any, bool]:
    """A plain value without the entries of mappings that name a place, and whether one did."""
    if isinstance(value, Mapping):
        kept = {key: _without_places(item) for key, item in value.items() if key not in PLACES}
        named = any(value[key] is not None for key in value.keys() & set(PLACES))
        return {key: item for key, (item, _) in kept.items()}, named or any(n for _, n in kept.values())
    if type(value) in (list, tuple):
        items = [_without_places(item) for item in value]
        return type(value)(item for item, _ in items), any(named for _, named in items)
    return value, False
