"""Detectors, encoders, scalers and pipelines as nodes of JSON: kind, class, parameters and what was learnt."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from hinterland.persistence.agreement import check_detector, check_pipeline, check_scaler
from hinterland.persistence.calibration import pack_calibration, unpack_calibration
from hinterland.persistence.classes import class_named, classes, kind_of, name_of
from hinterland.persistence.columns import check_columns_stored
from hinterland.persistence.models import pack_model, unpack_model, unpack_models
from hinterland.persistence.settings import pack_parameters, with_parameters
from hinterland.persistence.values import Arrays, Node, Packer, pack, unpack
from hinterland.printable import shown

_LEARNT = re.compile(r"[a-z][a-z0-9_]*(?<!_)_")
_KEYS = {
    "pipeline": {"class", "parameters", "steps"},
    "passthrough": set[str](),
    "encoder": {"class", "state", "arrays"},
    "detector": {"class", "parameters", "fitted"},
    "scaler": {"class", "parameters", "fitted"},
}
"""What a node of each kind holds beside ``kind``, a step's ``name`` and an ``output``."""
_PACKERS: dict[str, Packer] = {"model_": pack_model, "calibration_": pack_calibration}
_UNPACKERS: dict[str, Callable[[Any, Arrays], Any]] = {
    "model_": unpack_model,
    "calibration_": unpack_calibration,
}
"""What is learnt and no plain value, by its name."""
_OUTPUTS = ("default", "pandas", "polars")
_MOST_STEPS = 100


def pack_object(obj: Any, what: str, where: str, arrays: Arrays) -> Node:
    """Node of an object, its arrays added to ``arrays`` under names that start with ``where``.

    Raises
    ------
    NotFittedError, TypeError
        For an object, which the message calls ``what``, that is not fitted or cannot be saved.
    """
    if type(obj) is Pipeline:
        steps = [
            {"name": name, **_pack_step(step, f"step {name!r}", f"{where}steps.{i}.", arrays)}
            for i, (name, step) in enumerate(obj.steps)
        ]
        flags = {"transform_input": obj.transform_input, "verbose": obj.verbose}
        return {
            "kind": "pipeline",
            "class": "Pipeline",
            "parameters": pack(flags, what, arrays),
            "steps": steps,
        }
    kind = kind_of(obj, ("detector", "encoder", "scaler"))
    if kind is None:
        raise TypeError(f"{what} is a {name_of(type(obj))}, which cannot be saved; {_savable()}")
    check_is_fitted(obj, ["model_", "offset_", "references_"] if kind == "detector" else None)
    node: Node = {"kind": kind, "class": type(obj).__name__}
    if kind == "encoder":
        state, own = obj.to_state()
        node["state"] = pack(state, f"{where}state", arrays)
        node["arrays"] = {name: pack(array, f"{where}{name}", arrays) for name, array in own.items()}
    else:
        fitted = {name: value for name, value in vars(obj).items() if _LEARNT.fullmatch(name)}
        node["parameters"] = pack_parameters(obj, f"{where}parameters.", arrays)
        node["fitted"] = {
            name: pack(value, f"{where}{name}", arrays, _PACKERS.get(name)) for name, value in fitted.items()
        }
    if (container := getattr(obj, "_sklearn_output_config", {}).get("transform")) is not None:
        node["output"] = str(container)
    return node


def _pack_step(step: Any, what: str, where: str, arrays: Arrays) -> Node:
    if step is None or isinstance(step, str):
        return {"kind": "passthrough"}
    return pack_object(step, what, where, arrays)


def _savable() -> str:
    names = sorted({**classes("detector"), **classes("encoder"), **classes("scaler")})
    return f"what can be saved are fitted {', '.join(names)}, and a Pipeline of these"


def check_form(node: Any, *, step: bool = False) -> None:
    """Raise ValueError unless a node has the keys of its kind, and names and texts where these belong."""
    kind = node.get("kind") if isinstance(node, dict) else None
    if not isinstance(kind, str) or kind not in _KEYS or (kind == "passthrough" and not step):
        raise ValueError(f"there is no kind of object called {shown(kind)}")
    expected = {"kind", *_KEYS[kind], *(["name"] if step else [])}
    if node.keys() - {"output"} != expected:
        raise ValueError(f"a {kind} holds {sorted(expected)}, got {shown(sorted(node))}")
    for key in ("class", "name", "output"):
        if key in node and not isinstance(node[key], str):
            raise ValueError(f"the {key} of a {kind} is {shown(node[key])}, expected text")
    for key in ("parameters", "fitted", "state", "arrays"):
        if key in node and not isinstance(node[key], dict):
            raise ValueError(f"the {key} of a {kind} is {shown(node[key])}, expected values by name")
    if kind == "pipeline":
        if step or not isinstance(node["steps"], list) or not 0 < len(node["steps"]) <= _MOST_STEPS:
            raise ValueError(f"a pipeline has from 1 to {_MOST_STEPS} steps, none of them a pipeline")
        for inner in node["steps"]:
            check_form(inner, step=True)


def unpack_object(node: Node, arrays: Arrays, device: torch.device) -> Any:
    """Undo ``pack_object``; arrays that are used leave ``arrays``, and models are put on ``device``.

    Parameters are checked as ``fit`` checks them, and the parts for whether they fit one another. What it raises for a
    node that makes no sense is a ValueError, or what Python raises first.
    """
    kind = node["kind"]
    if kind == "passthrough":
        return "passthrough"
    if kind == "pipeline":
        steps = [(step["name"], unpack_object(step, arrays, device)) for step in node["steps"]]
        flags = unpack(node["parameters"], arrays)
        if flags.keys() != {"transform_input", "verbose"}:
            raise ValueError(
                f"a file holds transform_input and verbose of a Pipeline, got {shown(sorted(flags))}"
            )
        pipeline = Pipeline(steps, **flags)
        check_pipeline(pipeline)
        return pipeline
    cls = class_named(kind, node["class"])
    if kind == "encoder":
        own = {name: unpack(array, arrays) for name, array in node["arrays"].items()}
        obj = cls.from_state(unpack(node["state"], arrays), own)
        check_columns_stored(obj)
    else:
        obj = with_parameters(cls, node["parameters"], arrays)
        for name, value in node["fitted"].items():
            if kind == "detector" and name == "models_":  # of format 1
                name, value = "model_", unpack_models(value, arrays)
            elif not _LEARNT.fullmatch(name) or hasattr(cls, name):
                raise ValueError(f"{name!r} is no attribute that a {cls.__name__} learns")
            else:
                value = _UNPACKERS.get(name, unpack)(value, arrays)
            setattr(obj, name, value)
        (check_detector if kind == "detector" else check_scaler)(obj)
    if kind == "detector":
        obj.model_.to(device)
    if "output" in node:
        if node["output"] not in _OUTPUTS:
            raise ValueError(f"output is {shown(node['output'])}, expected one of {_OUTPUTS}")
        obj.set_output(transform=node["output"])
    check_is_fitted(obj)
    return obj
