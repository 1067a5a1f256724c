"""Whether the parts of what a file holds fit one another: widths, names, kinds of numbers, up to scoring rows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from hinterland.detectors.base import Detector
from hinterland.detectors.calibration import BY
from hinterland.model.composite import composite_width
from hinterland.model.scaling import InputScaling
from hinterland.parameters import check_choice, check_integer
from hinterland.persistence.values import check_finite
from hinterland.pipeline import steps_of
from hinterland.printable import shown

PROBES = 16
"""Rows that a loaded detector must give a finite energy."""
_BEFORE = ("model_", "history_")  # checked by themselves; a history may hold what training recovered from


def check_detector(detector: Detector) -> None:
    """Raise ValueError unless what a detector learnt is of one piece, to the point of scoring rows."""
    for name, value in vars(detector).items():
        if name.endswith("_") and name not in _BEFORE:
            check_finite(value, name)
    check_columns(detector)
    width = detector.n_features_in_
    if detector.model_.n_features != width:
        raise ValueError(f"a detector of {width} columns has models of other widths")
    references = _array(detector, "references_", 2)
    if references.shape[1] != width:
        raise ValueError(f"the references of a detector of {width} columns have shape {references.shape}")
    if type(detector.offset_) is not float or not math.isfinite(detector.offset_):
        raise ValueError(f"offset_ is {shown(detector.offset_)}, expected a finite number")
    _array(detector, "training_energy_", 1)
    if hasattr(detector, "calibration_energy_"):
        _array(detector, "calibration_energy_", 1)
    _check_threshold_by(getattr(detector, "threshold_by_", None))
    _check_counted(getattr(detector, "counted_", None))
    n_models = len(detector.models_)
    if hasattr(detector, "calibration_") and detector.calibration_.n_models not in (1, n_models):
        raise ValueError(f"the calibration of a detector of {n_models} models is of another number of them")
    _check_history(detector.history_)
    if not np.isfinite(detector.energy_of(_probes(detector, references))).all():
        raise ValueError("its detector gives a row no finite energy")


def check_columns(obj: Any) -> None:
    """Raise ValueError unless the number of columns is one, and their names, if any, are as many and differ."""
    check_integer("n_features_in_", obj.n_features_in_, least=1)
    if not hasattr(obj, "feature_names_in_"):
        return
    names = obj.feature_names_in_
    text = isinstance(names, np.ndarray) and names.ndim == 1 and all(isinstance(name, str) for name in names)
    if not text or len(set(names)) < len(names):
        raise ValueError(f"names of columns must be texts that differ, got {shown(names)}")
    if len(names) != obj.n_features_in_:
        raise ValueError(
            f"a {type(obj).__name__} of {obj.n_features_in_} columns has {len(names)} names of columns"
        )


def _array(detector: Detector, name: str, n_dimensions: int) -> np.ndarray:
    array = getattr(detector, name)
    if not isinstance(array, np.ndarray) or array.ndim != n_dimensions or array.dtype != np.float64:
        raise ValueError(f"{name} is {shown(array)}, expected float64 of {n_dimensions} dimensions")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}, and holds nothing")
    return array


def _check_threshold_by(told: Any) -> None:
    if told is not None and not (
        isinstance(told, dict)
        and len(told) == 1
        and set(told) <= set(BY)
        and all(type(value) is float for value in told.values())
    ):
        raise ValueError(f"threshold_by_ is {shown(told)}, expected a number by one of the names {BY}")


def _check_counted(counted: Any) -> None:
    if counted is None:
        return
    known = isinstance(counted, dict) and counted.keys() <= {"mixtures", "energies"}
    mixtures = counted.get("mixtures", []) if known else None
    if not (
        isinstance(mixtures, list)
        and all(
            type(number) is float and 0 < number < math.inf
            for number in [*mixtures, counted.get("energies", 1.0)]
        )
    ):
        raise ValueError(f"counted_ is {shown(counted)}, expected numbers of rows by name")


def _check_history(history: Any) -> None:
    entries = isinstance(history, list) and all(isinstance(entry, dict) for entry in history)
    numbers = entries and all(
        isinstance(name, str) and type(value) in (int, float, bool)
        for entry in history
        for name, value in entry.items()
    )
    if not numbers:
        raise ValueError("history_ has another form than a detector's: numbers by name, an entry an epoch")


def _probes(detector: Detector, references: np.ndarray) -> np.ndarray:
    """Rows (n, d) to score: references, and the middle and the edges of what was trained on."""
    rows = [references[:PROBES]]
    modules = list(detector.model_.modules())
    for scaling in [module for module in modules if isinstance(module, InputScaling)][:1]:
        center, scale = (t.double().numpy() for t in (scaling.center, scaling.scale))
        reach = min(scaling.clip or 10.0, 10.0)
        rows.append(
            np.clip(center + np.multiply.outer([0.0, -1.0, 1.0, -reach, reach], scale), -1e300, 1e300)
        )
    probes = np.concatenate(rows)
    least = max(getattr(module, "n_neighbors", 0) for module in modules) + 1
    if not detector.model_.rows_alone and len(probes) < least:
        probes = np.resize(probes, (least, probes.shape[1]))  # a graph within a batch needs so many rows
    return probes


_OF_SCALERS: dict[type, tuple[str, ...]] = {
    StandardScaler: ("mean_", "var_", "scale_"),
    MinMaxScaler: ("min_", "scale_", "data_min_", "data_max_", "data_range_"),
    RobustScaler: ("center_", "scale_"),
}
"""What each scaler learns of each column."""
_NOT_LEARNT = {
    StandardScaler: {"mean_": "with_mean or with_std", "var_": "with_std", "scale_": "with_std"},
    RobustScaler: {"center_": "with_centering", "scale_": "with_scaling"},
}


def check_scaler(scaler: Any) -> None:
    """Raise ValueError unless a scaler holds a number a column for each thing it learns, none of them infinite."""
    check_columns(scaler)
    width = scaler.n_features_in_
    for name in _OF_SCALERS[type(scaler)]:
        value = getattr(scaler, name)
        if value is None and _needs(scaler, name):
            raise ValueError(f"a {type(scaler).__name__} holds no {name}")
        if value is None:
            continue
        if not isinstance(value, np.ndarray) or value.shape != (width,) or value.dtype.kind != "f":
            raise ValueError(f"{name} of a scaler of {width} columns is {shown(value)}")
        if np.isinf(value).any() or (name == "scale_" and (value == 0).any()):
            raise ValueError(f"{name} of a scaler holds infinity, or 0 to divide by")
    for name in vars(scaler):
        if name.endswith("_") and name not in (*_OF_SCALERS[type(scaler)], *_COUNTS):
            raise ValueError(f"{name!r} is no attribute that a {type(scaler).__name__} learns")


_COUNTS = ("n_features_in_", "feature_names_in_", "n_samples_seen_")


def _needs(scaler: Any, name: str) -> bool:
    flags = _NOT_LEARNT.get(type(scaler), {}).get(name, "")
    return not flags or any(getattr(scaler, flag) for flag in flags.split(" or "))


def check_pipeline(pipeline: Pipeline) -> None:
    """Raise ValueError unless steps have names of their own, and each takes the columns that the one before gives."""
    pipeline._validate_names([name for name, _ in pipeline.steps])
    check_choice("verbose", pipeline.verbose, (True, False))
    wanted = pipeline.transform_input
    if wanted is not None and not (
        isinstance(wanted, list) and all(isinstance(name, str) for name in wanted)
    ):
        raise ValueError(f"transform_input is {shown(wanted)}, expected names or None")
    for first, second in itertools.pairwise(steps_of(pipeline)):
        takes = getattr(second, "n_features_in_", None)  # what reads pictures has none
        if takes != width_of(first):
            raise ValueError(
                f"a {type(first).__name__} that gives {width_of(first)} columns is followed by a "
                f"{type(second).__name__} that takes {takes or 'pictures'}"
            )


def width_of(step: Any) -> int:
    """Number of columns that a fitted step gives."""
    if isinstance(step, Detector):
        return step.model_.features_width
    if hasattr(step, "shape_"):
        return math.prod(step.shape_)
    if hasattr(step, "n_components_"):
        n: int = composite_width(step.n_components_, step.n_features_in_, step.reconstruction_features)
        return n
    if hasattr(step, "source_columns_"):
        return len(step.source_columns_)
    return int(step.n_features_in_)
