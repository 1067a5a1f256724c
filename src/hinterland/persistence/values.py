"""Parameters and learnt attributes as JSON and arrays by name, and back.

What JSON lacks (tuples, arrays, infinity, modules) is an object of one key that starts with ``$``.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from hinterland.energy_model import EnergyModel
from hinterland.own_draws import OwnDraws
from hinterland.persistence.classes import class_named, kind_of, name_of

Arrays: TypeAlias = dict[str, np.ndarray]
Node: TypeAlias = dict[str, Any]


def pack(value: Any, where: str, arrays: Arrays) -> Any:
    """Node of a value; TypeError, naming ``where``, for one that a file cannot hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if type(value) in (list, tuple):
        items = [pack(item, f"{where}.{i}", arrays) for i, item in enumerate(value)]
        return items if type(value) is list else {"$tuple": items}
    if type(value) is dict:
        pairs = [[pack(k, where, arrays), pack(v, f"{where}.{k}", arrays)] for k, v in value.items()]
        plain = all(type(key) is str and not key.startswith("$") for key in value)
        return dict(pairs) if plain else {"$dict": pairs}
    if isinstance(value, np.ndarray):
        return _pack_array(value, where, arrays)
    if type(value) is EnergyModel:
        return _pack_model(value, where, arrays)
    if kind := kind_of(value, _PARTS):
        settings = pack(value.settings, f"{where}.settings", arrays)
        return {f"${kind}": {"class": type(value).__name__, "settings": settings}}
    if kind_of(value, ("detector",)):  # as a parameter: what it is made with, and not what it has learnt
        parameters = pack_parameters(value, f"{where}.", arrays)
        return {"$detector": {"class": type(value).__name__, "parameters": parameters}}
    raise TypeError(f"{where} is a {name_of(type(value))}, which cannot be saved")


def pack_parameters(obj: Any, where: str, arrays: Arrays) -> Node:
    """Nodes of an estimator's parameters by name; what belongs to a run, generators and callbacks, is left out."""
    parameters: Node = {}
    for name, value in obj.get_params(deep=False).items():
        if name == "random_state" and not isinstance(value, int | np.integer):
            value = None  # a generator belongs to the run that used it
        if not (name.startswith("on_") and callable(value)):
            parameters[name] = pack(value, f"{where}{name}", arrays)
    return parameters


_PARTS = ("scaling", "network", "density", "score")


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


def _pack_model(model: EnergyModel, where: str, arrays: Arrays) -> Node:
    """Node of a model: the arguments it is built with, and the name its tensors start with."""
    arguments = {
        name: pack(getattr(model, name), f"{where}.{name}", arrays)
        for name in inspect.signature(EnergyModel).parameters
    }
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    try:
        _check_shapes(_shapes(arguments), tensors)
    except Exception as error:
        raise TypeError(f"{where} cannot be saved, as its settings do not rebuild it: {error}") from error
    arrays |= {f"{where}.{name}": np.array(tensor, order="C") for name, tensor in tensors.items()}
    return {"$model": {"arguments": arguments, "tensors": where}}


def unpack(node: Any, arrays: Arrays) -> Any:
    """Undo ``pack``; arrays that are used leave ``arrays``."""
    if isinstance(node, list):
        return [unpack(item, arrays) for item in node]
    if not isinstance(node, dict):
        return node
    tag, content = _tagged(node)
    match tag:
        case None:
            return {key: unpack(value, arrays) for key, value in content.items()}
        case "$float":
            return float(content)
        case "$tuple":
            return tuple(unpack(content, arrays))
        case "$dict":
            return {unpack(key, arrays): unpack(value, arrays) for key, value in content}
        case "$text":
            return np.array([str(item) for item in content], dtype=object)
        case "$array":
            array = arrays.pop(content["name"])
            if list(array.shape) != content["shape"] or array.dtype.name != content["dtype"]:
                raise ValueError(f"{content['name']} has shape {array.shape} and dtype {array.dtype}")
            return np.array(array)
        case "$model":
            return _unpack_model(content, arrays)
        case "$detector":
            return class_named("detector", content["class"])(**unpack(content["parameters"], arrays))
        case _ if tag[1:] in _PARTS:
            return class_named(tag[1:], content["class"])(**unpack(content["settings"], arrays))
    raise ValueError(f"there is no kind of value called {tag!r}")


def _tagged(node: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Tag and content of a node; None and the node itself where it is a plain dictionary."""
    if len(node) == 1 and (tag := next(iter(node))).startswith("$"):
        return tag, node[tag]
    return None, node


def _unpack_model(content: Node, arrays: Arrays) -> EnergyModel:
    prefix = f"{content['tensors']}."
    own = [name for name in arrays if name.startswith(prefix)]
    tensors = {name.removeprefix(prefix): arrays.pop(name) for name in own}
    _check_shapes(_shapes(content["arguments"]), tensors)  # before anything of a declared size is allocated
    with OwnDraws():  # of initial weights, in vain
        model = EnergyModel(**unpack(content["arguments"], {}))
    # Cloned, for torch's own alignment, and assigned, for the saved precision: both count for the last bit.
    state = {name: torch.from_numpy(np.asarray(tensor)).clone() for name, tensor in tensors.items()}
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval()


class _OnMeta(TorchFunctionMode):
    """Send to torch's meta device, which allocates nothing, also what names another device."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "device" in kwargs:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def _shapes(arguments: Node) -> dict[str, torch.Tensor]:
    """Tensors, without memory, of the model that arguments build."""
    with torch.device("meta"), _OnMeta():  # where nothing is drawn either
        return EnergyModel(**unpack(arguments, {})).state_dict()


def _check_shapes(expected: Mapping[str, torch.Tensor], found: Arrays) -> None:
    """Raise ValueError unless a model's arrays have its tensors' names, shapes and kinds of numbers."""
    if differ := sorted(expected.keys() ^ found.keys()):
        raise ValueError(f"a model's arrays have other names than its parts have: {differ[:5]}")
    for name, tensor in expected.items():
        array = found[name]
        if array.shape != tuple(tensor.shape) or (array.dtype.kind == "f") != tensor.is_floating_point():
            raise ValueError(
                f"a model's {name} has shape {array.shape} and dtype {array.dtype}, "
                f"expected {tuple(tensor.shape)} and {tensor.dtype}"
            )


def plain(node: Any) -> Any:
    """Value that a node stands for, as JSON has it; arrays by shape and dtype, modules by class and settings."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    tag, content = _tagged(node)
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
            return plain(content["arguments"])
        case _:
            return plain(content)
