"""A dataclass as what JSON can hold and arrays by name, and back again, every value checked."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


def pack(column: Any, prefix: str, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Split a column's fields: arrays go to ``arrays``, the rest is returned."""
    state: dict[str, Any] = {}
    for field in dataclasses.fields(column):
        value = getattr(column, field.name)
        if not field.init:
            continue
        if isinstance(value, np.ndarray):
            arrays[prefix + field.name] = value
        else:
            nested = dataclasses.is_dataclass(value)
            state[field.name] = pack(value, f"{prefix}{field.name}.", arrays) if nested else value
    return state


def unpack(
    kind: type[Any], state: Mapping[str, Any], prefix: str, arrays: Mapping[str, npt.NDArray[Any]]
) -> Any:
    """Undo `pack`; each value is checked against the type its field declares."""
    types = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if not field.init:
            continue
        declared = types[field.name]
        has_default = field.default is not dataclasses.MISSING
        if has_default and field.name not in state and prefix + field.name not in arrays:
            continue  # a field that earlier versions did not have
        declared = _nested(declared, state.get(field.name))
        if dataclasses.is_dataclass(declared):
            values[field.name] = unpack(
                typing.cast(type[Any], declared), state[field.name], f"{prefix}{field.name}.", arrays
            )
            continue
        value = arrays[prefix + field.name] if prefix + field.name in arrays else state.get(field.name)
        if not _fits(value, declared):
            raise ValueError(f"{prefix}{field.name} is {value!r}, expected {declared}")
        values[field.name] = value
    return kind(**values)


def _nested(declared: Any, value: Any) -> Any:
    """The dataclass of ``Dataclass | None`` where there is a value for it; any other type as it is."""
    options = [option for option in typing.get_args(declared) if dataclasses.is_dataclass(option)]
    return options[0] if options and value is not None else declared


def _fits(value: Any, declared: Any) -> bool:
    """Whether a value is of a declared type: plain types, lists, arrays, unions of them."""
    if options := typing.get_args(declared):
        origin = typing.get_origin(declared)
        if origin is list:
            return isinstance(value, list) and all(_fits(item, options[0]) for item in value)
        if origin is np.ndarray:
            return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == np.float64
        return any(_fits(value, option) for option in options)
    return type(value) is declared and (declared is not float or math.isfinite(value))
