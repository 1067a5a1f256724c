"""Models as nodes of JSON and arrays, and back: the parts by class and settings, what they learnt as arrays.

A file is believed nothing. Settings are checked by the parts' own constructors; the model is built on torch's meta
device, which allocates nothing, whatever sizes the settings name; and it takes the file's arrays, which are as large as
the file at most, once they have the names, shapes and kinds of numbers of its tensors, and are finite.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from hinterland.model.energy_model import EnergyModel
from hinterland.own_draws import OwnDraws
from hinterland.persistence.classes import class_named, kind_of
from hinterland.persistence.values import Arrays, Node, pack, tagged, unpack
from hinterland.printable import shown

PARTS = {"scaling": "scaling", "network": "network", "density": "density", "score": "score"}
"""Arguments of a model that are parts, and the kinds of these; the others are plain values."""
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
    if type(value) is not EnergyModel:
        return None
    arguments = {
        name: pack(getattr(value, name), f"{where}.{name}", arrays, _pack_part) for name in _arguments()
    }
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in value.state_dict().items()}
    try:
        _check_tensors(_built(arguments, "meta").state_dict(), tensors)
        _check_stored(value)
    except Exception as error:
        raise TypeError(f"{where} cannot be saved, as its settings do not rebuild it: {error}") from error
    arrays |= {f"{where}.{name}": np.array(tensor, order="C") for name, tensor in tensors.items()}
    return {"$model": {"arguments": arguments, "tensors": where}}


def _pack_part(value: Any, where: str, arrays: Arrays) -> Node | None:
    kind = kind_of(value, tuple(PARTS.values()))
    if kind is None:
        return None
    settings = pack(value.settings, f"{where}.settings", arrays)
    return {f"${kind}": {"class": type(value).__name__, "settings": settings}}


def unpack_models(node: Any, arrays: Arrays) -> list[EnergyModel]:
    """Undo ``pack_model`` for a list of models; their arrays leave ``arrays``.

    Raises
    ------
    ValueError
        Where a node is no list of models, or settings and arrays of one do not fit together.
    """
    models = unpack(node, {}, {"$model": lambda content: _unpack_model(content, arrays)})
    if type(models) is not list or not models or not all(type(model) is EnergyModel for model in models):
        raise ValueError("a detector has no models")
    return models


def _unpack_model(content: Node, arrays: Arrays) -> EnergyModel:
    arguments, prefix = content["arguments"], content["tensors"]
    model = _built(arguments, "meta")
    expected = model.state_dict()
    names = {name: f"{prefix}.{name}" for name in expected}
    if absent := [name for name, own in names.items() if own not in arrays]:
        raise ValueError(f"a model's arrays have other names than its parts have: {absent[:5]}")
    tensors = {name: arrays.pop(own) for name, own in names.items()}
    _check_tensors(expected, tensors)
    if not all(_is_own(part) for part in (model.network, model.density)):
        model = _built(arguments, "cpu")  # another's part may hold tensors beside those that a file has
    # Cloned, for torch's own alignment, and assigned, for the saved precision: both count for the last bit.
    state = {name: torch.from_numpy(np.asarray(tensor)).clone() for name, tensor in tensors.items()}
    model.load_state_dict(state, strict=True, assign=True)
    _check_stored(model)
    return model.eval()


def _built(arguments: Node, device: str) -> EnergyModel:
    """The model that arguments build; on the meta device without memory, and without a draw from any generator."""
    if not isinstance(arguments, dict) or not set(arguments) <= set(_arguments()):
        raise ValueError(f"a model is built with {list(_arguments())}, got {shown(arguments)}")
    if device == "meta":
        with torch.device("meta"), _OnMeta():
            model = EnergyModel(**{name: _argument(name, node) for name, node in arguments.items()})
    else:
        with OwnDraws():  # of initial weights, in vain
            model = EnergyModel(**{name: _argument(name, node) for name, node in arguments.items()})
    model.check_widths()
    return model


def _arguments() -> Mapping[str, inspect.Parameter]:
    return inspect.signature(EnergyModel).parameters


def _argument(name: str, node: Any) -> Any:
    if name not in PARTS:
        return unpack(node, {})
    kind = PARTS[name]
    if node is None and name in OPTIONAL:
        return None
    tag, content = tagged(node) if isinstance(node, dict) else (None, node)
    if tag != f"${kind}":
        raise ValueError(f"the {name} of a model must be a {kind}")
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


def _is_own(part: Any) -> bool:
    return part is None or type(part).__module__.partition(".")[0] == "hinterland"


class _OnMeta(TorchFunctionMode):
    """Send to torch's meta device, which allocates nothing, also what names another device."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "device" in kwargs:
            kwargs["device"] = "meta"
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


def _check_stored(model: EnergyModel) -> None:
    for part in (model.scaling, model.density, model.score):
        if part is not None:
            part.check_stored()
    if any(tensor.is_meta for tensor in itertools.chain(model.parameters(), model.buffers())):
        raise ValueError("a model has tensors that its file lacks")
