"""Detectors, encoders, scalers and pipelines as nodes of JSON: kind, class, parameters and what was learnt."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from hinterland.detectors.base import Detector
from hinterland.energy_model import EnergyModel
from hinterland.persistence.classes import class_named, classes, kind_of, name_of
from hinterland.persistence.values import Arrays, Node, pack, pack_parameters, unpack

_LEARNT = re.compile(r"[a-z][a-z0-9_]*(?<!_)_")


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
    check_is_fitted(obj, ["models_", "offset_", "references_"] if kind == "detector" else None)
    node: Node = {"kind": kind, "class": type(obj).__name__}
    if kind == "encoder":
        state, own = obj.to_state()
        node["state"] = pack(state, f"{where}state", arrays)
        node["arrays"] = {name: pack(array, f"{where}{name}", arrays) for name, array in own.items()}
    else:
        fitted = {name: value for name, value in vars(obj).items() if _LEARNT.fullmatch(name)}
        node["parameters"] = pack_parameters(obj, f"{where}parameters.", arrays)
        node["fitted"] = {name: pack(value, f"{where}{name}", arrays) for name, value in fitted.items()}
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


def unpack_object(node: Node, arrays: Arrays, device: torch.device) -> Any:
    """Undo ``pack_object``; arrays that are used leave ``arrays``, and models are put on ``device``.

    What it raises for a node that makes no sense is a ValueError, or what Python raises first.
    """
    kind = node["kind"]
    if kind == "pipeline":
        steps = [(str(step["name"]), unpack_object(step, arrays, device)) for step in node["steps"]]
        return Pipeline(steps, **unpack(node["parameters"], arrays))
    if kind == "passthrough":
        return "passthrough"
    if kind not in ("detector", "encoder", "scaler"):
        raise ValueError(f"there is no kind of object called {kind!r}")
    cls = class_named(kind, node["class"])
    if kind == "encoder":
        own = {name: unpack(array, arrays) for name, array in node["arrays"].items()}
        obj = cls.from_state(unpack(node["state"], arrays), own)
    else:
        obj = cls(**unpack(node["parameters"], arrays))
        for name, value in node["fitted"].items():
            if not _LEARNT.fullmatch(name) or hasattr(cls, name):
                raise ValueError(f"{name!r} is no attribute that a {cls.__name__} learns")
            setattr(obj, name, unpack(value, arrays))
    if kind == "detector":
        _check_detector(obj)
        for model in obj.models_:
            model.to(device)
    if "output" in node:
        obj.set_output(transform=node["output"])
    check_is_fitted(obj)
    return obj


def _check_detector(detector: Detector) -> None:
    """Raise ValueError unless the parts of a detector fit one another, to the point of scoring a row."""
    width = detector.n_features_in_
    models, references = detector.models_, detector.references_
    if not models or not all(isinstance(model, EnergyModel) for model in models):
        raise ValueError("a detector has no models")
    if any(model.scaling.center.shape != (width,) for model in models):
        raise ValueError(f"a detector of {width} columns has models of other widths")
    if references.ndim != 2 or references.shape[1] != width or len(references) == 0:
        raise ValueError(f"the references of a detector of {width} columns have shape {references.shape}")
    if len(getattr(detector, "feature_names_in_", range(width))) != width:
        raise ValueError(
            f"a detector of {width} columns has {len(detector.feature_names_in_)} names of columns"
        )
    if type(detector.offset_) is not float or not math.isfinite(detector.offset_):
        raise ValueError(f"offset_ is {detector.offset_!r}, expected a finite number")
    if detector.training_energy_.ndim != 1 or not isinstance(detector.history_, list):
        raise ValueError("training_energy_ or history_ has another form than a detector's")
    alone = all(model.network.rows_alone for model in models)
    if alone and not np.isfinite(detector._energy(references[:1])).all():
        raise ValueError("its detector gives a row no finite energy")
