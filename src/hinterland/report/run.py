"""What was run: detector, settings, data, versions, and how training went."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

import numpy as np

import hinterland
from hinterland import persistence
from hinterland.pipeline import encoder_and_detector
from hinterland.report.cells import significant
from hinterland.report.scored import Scored
from hinterland.scoring.model_input import ModelInput
from hinterland.training.history import lines, loss_names

MOST_POINTS = 300
_LIBRARIES = ("torch", "scikit-learn", "numpy", "pandas", "pyarrow")


def load_model(model: Any, device: str = "cpu", n_threads: int | None = None) -> tuple[Any, dict[str, str]]:
    """Load a model that is given by its path; facts about the file, or none for a model in memory."""
    if not isinstance(model, str | os.PathLike):
        return model, {}
    described = persistence.describe(model)
    facts = {"Model file": os.path.basename(model)}
    facts["Saved by"] = f"hinterland {described['library_version']}, torch {described['torch_version']}"
    loaded = persistence.load(model, device=device)
    if n_threads is not None:
        encoder_and_detector(loaded)[1].set_params(n_threads=n_threads)
    return loaded, facts


def facts(scored: Scored, saved: dict[str, str]) -> dict[str, str]:
    """Facts about the run by name, in words."""
    model, table = scored.model, scored.table
    detector = model.detector
    kinds = list(model.kinds.values())
    result = {
        "Detector": type(detector).__name__ + ("" if model.encoder is None else ", behind a TabularEncoder"),
        **saved,
        "Trained on": f"{len(detector.training_energy_):,} rows" + _training(model),
        "Threshold": f"energy above {model.threshold:.6g} nats: {detector.threshold_rule()}",
        "Seed": "none given" if detector.random_state is None else str(detector.random_state),
        "Scored table": f"{table.path.name}, {scored.n_rows:,} rows, {len(table.names):,} columns",
        "Columns used": f"{len(kinds):,}: "
        + ", ".join(f"{kinds.count(kind):,} {kind}" for kind in dict.fromkeys(kinds)),
    }
    unused = [name for name in model.unused if name not in (scored.label, scored.time_column)]
    if unused:
        shown = ", ".join(unused[:12])
        result["Columns not used"] = f"{shown}{f' and {len(unused) - 12:,} more' if len(unused) > 12 else ''}"
    if scored.time_column is not None:
        result["Time"] = f"column {scored.time_column}"
    if scored.label is not None:
        result["Truth"] = f"column {scored.label}" + ("" if scored.reading is None else f", {scored.reading}")
    result["Versions"] = ", ".join(
        [
            f"hinterland {hinterland.__version__}",
            f"Python {platform.python_version()}",
            *(f"{name} {version(name)}" for name in _LIBRARIES),
        ]
    )
    return result


def settings(model: ModelInput) -> list[dict[str, Any]]:
    """Parameters of the encoder and the detector: name and value of each, and whether it is the default."""
    described = []
    for part in (model.encoder, model.detector):
        if part is None:
            continue
        defaults = type(part)().get_params(deep=False)
        described.append(
            {
                "name": type(part).__name__,
                "parameters": [
                    {"name": name, "value": repr(value), "changed": repr(value) != repr(defaults[name])}
                    for name, value in part.get_params(deep=False).items()
                    if not name.startswith("on_")
                ],
            }
        )
    return described


def training_curves(model: ModelInput) -> list[dict[str, Any]]:
    """A curve each loss term: ``name``, and each training's line, ``epoch`` and ``value``; constant zeros left out."""
    history = model.detector.history_
    curves = []
    for name in loss_names(history):
        found = []
        for line in lines(history):
            entries = [entry for entry in line if name in entry]
            if not entries:
                continue
            n_kept = min(len(entries), MOST_POINTS)
            keep = np.unique(np.linspace(0, len(entries) - 1, n_kept).astype(int)).tolist()
            found.append(
                {
                    "epoch": [entries[i]["epoch"] for i in keep],
                    "value": [significant(entries[i][name], 5) for i in keep],
                }
            )
        if any(value for line in found for value in line["value"]):
            curves.append({"name": name, "lines": found})
    return curves


def _training(model: ModelInput) -> str:
    history = model.detector.history_
    if not history:
        return ""
    by_member: dict[Any, dict[str, float]] = {}
    for entry in history:
        by_member[entry.get("member", 0)] = entry
    epochs = [last["epoch"] for last in by_member.values()]
    seconds = sum(last.get("seconds", 0.0) for last in by_member.values())
    span = (
        f"{min(epochs):,.0f}" if min(epochs) == max(epochs) else f"{min(epochs):,.0f} to {max(epochs):,.0f}"
    )
    members = f" by each of {len(by_member)} members" if len(by_member) > 1 else ""
    return f", {span} epochs{members} in {seconds:,.1f} seconds"
