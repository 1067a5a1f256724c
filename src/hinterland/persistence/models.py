"""Models as nodes of JSON and arrays, and back: the parts by class and settings, what they learnt as arrays.

A file is believed nothing. Settings are checked by the parts' own constructors; the model is built on torch's meta
device, which allocates nothing, whatever sizes the settings name; and it takes the file's arrays, which are as large as
the file at most, once they have the names, shapes and kinds of numbers of its tensors, and are finite.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import as_one
from hinterland.own_draws import IN_PLACE, OwnDraws
from hinterland.persistence.classes import class_named, kind_of
from hinterland.persistence.values import Arrays, Node, pack, tagged, unpack
from hinterland.printable import shown

PARTS = ("scaling", "network", "density", "score")
"""Kinds of a model's parts. An argument of a model that has such a name holds such a part, or none."""
OPTIONAL = ("density", "score")
MOST_ENTRIES = 1000
"""Entries of a list in a part's settings: a layer takes milliseconds to build, on whatever device."""


def pack_model(value: Any, where: str, arrays: Arrays) -> Node | None:
    """Node of a model: the arguments it is built with, and the name its tensors start with; None for no model.

    Raises
    ------
    TypeError
        For a model that could not be loaded: its settings do not rebuild it, or its tensors are not finite.
    """
    if not isinstance(value, Model):
        return None
    if kind_of(value, ("model",)) is None:
        raise TypeError(f"{where} is a {type(value).__name__}, which cannot be saved: it is on no shelf")
    node = _packed(value, where, arrays)
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in value.state_dict().items()}
    try:
        _check_tensors(_built(node, "meta").state_dict(), tensors)
        _check_stored(value)
    except Exception as error:
        raise TypeError(f"{where} cannot be saved, as its settings do not rebuild it: {error}") from error
    arrays |= {f"{where}.{name}": np.array(tensor, order="C") for name, tensor in tensors.items()}
    return {"$model": {**node, "tensors": where}}


def _packed(model: Model, where: str, arrays: Arrays) -> Node:
    """Class and arguments of a model, those inside of it included."""
    return {
        "class": type(model).__name__,
        "arguments": {
            name: pack(value, f"{where}.{name}", arrays, _pack_part)
            for name, value in model.arguments().items()
        },
    }


def _pack_part(value: Any, where: str, arrays: Arrays) -> Node | None:
    if isinstance(value, torch.nn.ModuleList):
        return [pack(item, f"{where}.{i}", arrays, _pack_part) for i, item in enumerate(value)]  # type: ignore[return-value]
    kind = kind_of(value, (*PARTS, "model"))
    if kind is None:
        return None
    if kind == "model":
        return {"$model": _packed(value, where, arrays)}
    settings = pack(value.settings, f"{where}.settings", arrays)
    return {f"${kind}": {"class": type(value).__name__, "settings": settings}}


def unpack_model(node: Any, arrays: Arrays) -> Model:
    """Undo ``pack_model``; its arrays leave ``arrays``.

    Raises
    ------
    ValueError
        Where a node is no model, or settings and arrays do not fit together.
    """
    model = unpack(node, {}, {"$model": lambda content: _unpack_model(content, arrays)})
    if not isinstance(model, Model):
        raise ValueError("a detector has no model")
    return model


def unpack_models(node: Any, arrays: Arrays) -> Model:
    """The model that format 1 has as a list of models, whose mean it is."""
    models = unpack(node, {}, {"$model": lambda content: _unpack_model(content, arrays)})
    if type(models) is not list or not models or not all(isinstance(model, Model) for model in models):
        raise ValueError("a detector has no models")
    return as_one(models).eval()


def _unpack_model(content: Node, arrays: Arrays) -> Model:
    prefix = content["tensors"]
    model = _built(content, "meta")
    expected = model.state_dict()
    names = {name: f"{prefix}.{name}" for name in expected}
    if absent := [name for name, own in names.items() if own not in arrays]:
        raise ValueError(f"a model's arrays have other names than its parts have: {absent[:5]}")
    tensors = {name: arrays.pop(own) for name, own in names.items()}
    _check_tensors(expected, tensors)
    if not all(_is_own(part) for part in model.modules()):
        model = _built(content, "cpu")  # another's part may hold tensors beside those that a file has
    # Cloned, for torch's own alignment, and assigned, for the saved precision: both count for the last bit.
    state = {name: torch.from_numpy(np.asarray(tensor)).clone() for name, tensor in tensors.items()}
    model.load_state_dict(state, strict=True, assign=True)
    _check_stored(model)
    return model.eval()


def _built(content: Node, device: str) -> Model:
    """The model that a node describes; on the meta device without memory, and without a draw from any generator."""
    if device == "meta":
        with torch.device("meta"), _OnMeta():
            model = _made(content)
    else:
        with OwnDraws():  # of initial weights, in vain
            model = _made(content)
    model.check_widths()
    return model


def _made(content: Any) -> Model:
    """The untrained model of a node's class and arguments; those of format 1 name no class."""
    if not isinstance(content, dict) or not content.keys() <= {"class", "arguments", "tensors"}:
        raise ValueError(f"a model has a class, arguments and tensors, got {shown(content)}")
    cls = class_named("model", content.get("class", EnergyModel.__name__))
    arguments, known = content["arguments"], _settings_of(cls)
    if not isinstance(arguments, dict) or not set(arguments) <= known:
        raise ValueError(f"a model is built with {sorted(known)}, got {shown(arguments)}")
    model: Model = cls(**{name: _argument(name, node) for name, node in arguments.items()})
    return model


def _argument(name: str, node: Any) -> Any:
    if name not in PARTS:
        value = unpack(node, {}, _READERS)
        if _entries(value) > MOST_ENTRIES:
            raise ValueError(f"the {name} of a model have more than {MOST_ENTRIES} entries")
        return value
    if node is None and name in OPTIONAL:
        return None
    tag, content = tagged(node) if isinstance(node, dict) else (None, node)
    if tag != f"${name}":
        raise ValueError(f"the {name} of a model must be a {name}")
    return _part(name, content)


def _part(kind: str, content: Any) -> Any:
    cls = class_named(kind, content["class"])
    settings = unpack(content["settings"], {})
    if not isinstance(settings, dict) or _entries(settings) > MOST_ENTRIES:
        raise ValueError(
            f"the settings of a {cls.__name__} are none, or have more than {MOST_ENTRIES} entries"
        )
    known = _settings_of(cls)
    if unknown := [setting for setting in settings if setting not in known]:
        raise ValueError(f"a {cls.__name__} has no settings {unknown[:5]}; it has {sorted(known)}")
    return cls(**settings)


def _reader(kind: str) -> Callable[[Any], Any]:
    return lambda content: _part(kind, content)


_READERS: dict[str, Callable[[Any], Any]] = {"$model": _made, **{f"${kind}": _reader(kind) for kind in PARTS}}
"""What an argument may hold beside plain values, at any depth: parts, and models inside of a model."""


def _settings_of(cls: type[Any]) -> set[str]:
    """Names of a part's settings: what its constructor takes, and those it hands others on to."""
    names: set[str] = set()
    for base in cls.__mro__:
        if "__init__" in vars(base):
            parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
            names |= {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return names - {"generator"}


def _entries(value: Any) -> int:
    """Number of values in a plain value, at any depth."""
    if isinstance(value, Mapping):
        return sum(map(_entries, value.values()))
    return sum(map(_entries, value)) if isinstance(value, list | tuple) else 1


def _is_own(part: torch.nn.Module) -> bool:
    return type(part).__module__.partition(".")[0] in ("hinterland", "torch")


class _OnMeta(TorchFunctionMode):
    """Send to torch's meta device, which allocates nothing, also what names another device.

    Draws and copies of a shape become empty tensors: torch would import its compiler for each of these, in two seconds.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "device" in kwargs:
            kwargs["device"] = "meta"
        name = getattr(func, "__name__", "")
        if name in IN_PLACE:
            return args[0] if args else kwargs["tensor"]
        if name in ("rand", "randn"):
            kwargs.pop("generator", None)
            func = torch.empty
        if name == "randperm":
            return torch.empty(*args, dtype=torch.int64)
        if name == "empty_like":
            return torch.empty(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        return func(*args, **kwargs)


def _check_tensors(expected: Mapping[str, torch.Tensor], found: Arrays) -> None:
    """Raise ValueError unless arrays have a model's names, shapes and kinds of numbers, and are finite."""
    if differ := sorted(expected.keys() ^ found.keys()):
        raise ValueError(f"a model's arrays have other names than its parts have: {differ[:5]}")
    for name, tensor in expected.items():
        array = found[name]
        kinds = ("float32", "float64") if tensor.is_floating_point() else (str(tensor.dtype)[6:],)
        if array.shape != tuple(tensor.shape) or array.dtype.name not in kinds:
            raise ValueError(
                f"a model's {name} has shape {array.shape} and dtype {array.dtype}, "
                f"expected {tuple(tensor.shape)} and {tensor.dtype}"
            )
        # A single number may be the infinity of a bound that there is not; energies that it spoils are found.
        if array.dtype.kind == "f" and not (
            np.isfinite(array).all() or (array.shape == () and array == np.inf)
        ):
            raise ValueError(f"a model's {name} holds NaN or infinity")


def _check_stored(model: Model) -> None:
    for part in model.modules():
        if (check := getattr(part, "check_stored", None)) is not None:
            check()
    if any(tensor.is_meta for tensor in itertools.chain(model.parameters(), model.buffers())):
        raise ValueError("a model has tensors that its file lacks")
