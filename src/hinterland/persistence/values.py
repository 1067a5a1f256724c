"""Plain values and arrays as JSON and arrays by name, and back.

What JSON lacks (tuples, arrays, infinity) is an object of one key that starts with ``$``. Other kinds of values,
models among them, are not plain: whoever packs or reads them says how, and a file can hold them nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from hinterland.persistence.classes import name_of
from hinterland.printable import shown

Arrays: TypeAlias = dict[str, np.ndarray]
Node: TypeAlias = dict[str, Any]
Packer: TypeAlias = Callable[[Any, str, Arrays], "Node | None"]
"""Node of a value that is not plain, by its place and with its arrays added; None for one that it does not know."""
Readers: TypeAlias = Mapping[str, Callable[[Any], Any]]
"""What turns the content of a node into a value that is not plain, by the node's tag."""


def pack(value: Any, where: str, arrays: Arrays, other: Packer | None = None) -> Any:
    """Node of a value; TypeError, naming ``where``, for one that is neither plain nor known to ``other``."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if type(value) in (list, tuple):
        items = [pack(item, f"{where}.{i}", arrays, other) for i, item in enumerate(value)]
        return items if type(value) is list else {"$tuple": items}
    if type(value) is dict:
        pairs = [
            [pack(k, where, arrays, other), pack(v, f"{where}.{k}", arrays, other)] for k, v in value.items()
        ]
        plain = all(type(key) is str and not key.startswith("$") for key in value)
        return dict(pairs) if plain else {"$dict": pairs}
    if isinstance(value, np.ndarray):
        return _pack_array(value, where, arrays)
    node = other(value, where, arrays) if other is not None else None
    if node is None:
        raise TypeError(f"{where} is a {name_of(type(value))}, which cannot be saved")
    return node


def _pack_array(array: np.ndarray, where: str, arrays: Arrays) -> Node:
    if array.dtype == object and array.ndim == 1 and all(isinstance(item, str) for item in array):
        return {"$text": [str(item) for item in array]}
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(f"{where} is an array of dtype {array.dtype}, which cannot be saved")
    while where in arrays:  # keys of dictionaries may hold dots
        where += "'"
    native = array.dtype.newbyteorder("=")
    arrays[where] = np.array(array, native, order="C")
    return {"$array": {"name": where, "shape": list(array.shape), "dtype": native.name}}


def unpack(node: Any, arrays: Arrays, readers: Readers = {}) -> Any:  # noqa: B006 - it is not changed
    """Undo ``pack``; arrays that are used leave ``arrays``."""
    if isinstance(node, list):
        return [unpack(item, arrays, readers) for item in node]
    if not isinstance(node, dict):
        return node
    tag, content = tagged(node)
    match tag:
        case None:
            return {key: unpack(value, arrays, readers) for key, value in content.items()}
        case "$float":
            if content not in ("nan", "inf", "-inf"):
                raise ValueError(f"a number that JSON lacks is {shown(content)}")
            return float(content)
        case "$tuple":
            return tuple(unpack(content, arrays, readers))
        case "$dict":
            return {unpack(key, arrays, readers): unpack(value, arrays, readers) for key, value in content}
        case "$text":
            return _text(content)
        case "$array":
            return _unpack_array(content, arrays)
        case _ if tag in readers:
            return readers[tag](content)
    raise ValueError(f"there is no kind of value called {shown(tag)} here")


def _text(items: Any) -> np.ndarray:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"an array of text is {shown(items)}")
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _unpack_array(content: Node, arrays: Arrays) -> np.ndarray:
    array = arrays.pop(content["name"])
    if list(array.shape) != content["shape"] or array.dtype.name != content["dtype"]:
        raise ValueError(f"{content['name']} has shape {array.shape} and dtype {array.dtype}")
    return np.array(array)


def tagged(node: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Tag and content of a node; None and the node itself where it is a plain dictionary."""
    if len(node) == 1 and (tag := next(iter(node))).startswith("$"):
        return tag, node[tag]
    return None, node


def check_finite(value: Any, where: str) -> None:
    """Raise ValueError for a number in a plain value, at any depth, that is not finite."""
    if isinstance(value, np.ndarray):
        finite = value.dtype.kind != "f" or bool(np.isfinite(value).all())
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_finite(item, f"{where}[{shown(key)}]")
        return
    elif isinstance(value, list | tuple):
        for item in value:
            check_finite(item, where)
        return
    else:
        finite = not isinstance(value, float) or math.isfinite(value)
    if not finite:
        raise ValueError(f"{where} holds NaN or infinity, expected finite numbers")


def plain(node: Any) -> Any:
    """Value that a node stands for, as JSON has it; arrays by shape and dtype, modules by class and settings."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    tag, content = tagged(node)
    match tag:
        case None:
            return {key: plain(value) for key, value in content.items()}
        case "$float":
            return float(content)
        case "$dict":
            return {str(key): plain(value) for key, value in content}
        case "$array":
            return {"shape": content["shape"], "dtype": content["dtype"]}
        case "$model":
            return {"class": content.get("class", "EnergyModel"), **plain(content["arguments"])}
        case _:
            return plain(content)
