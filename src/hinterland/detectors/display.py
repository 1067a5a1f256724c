"""What a detector shows of itself in a notebook: scikit-learn's diagram, and what the fit came to in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sklearn
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from hinterland.as_html import facts
from hinterland.training.history import last_entries

COLUMNS_SHOWN = 12


class Displayed:
    """Base of ``Detector`` that adds the facts of the fit to what scikit-learn shows of an estimator."""

    def _repr_html_inner(self) -> str:
        return f"<div>{super()._repr_html_inner()}{facts(fit_facts(self))}</div>"  # type: ignore[misc]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = {"text/plain": repr(self)}
        if sklearn.get_config()["display"] == "diagram":
            shown["text/html"] = self._repr_html_inner()
        return shown


def fit_facts(detector: Any) -> dict[str, str]:
    """In words: what a detector was trained on and how long, where its threshold lies, and what p-values rest on."""
    try:
        check_is_fitted(detector)
    except NotFittedError:
        return {"fitted": "not yet: fit(X) trains it on rows X (n, d), without labels"}
    shown = {"fitted": _rows(detector)}
    if (names := getattr(detector, "feature_names_in_", None)) is not None:
        shown["columns"] = _listed([str(name) for name in names])
    if detector.history_:
        shown["training"] = _training(detector.history_)
    shown["threshold"] = f"{-detector.offset_:.4g} nats: {detector.threshold_rule()}"
    try:
        shown["p-values"] = f"by {detector.calibration()}"
    except ValueError:
        shown["p-values"] = "none until calibrate(rows) is given normal rows that the fit has not seen"
    return shown


def summary(detector: Any) -> str:
    """What a fit came to, in a line."""
    return f"{type(detector).__name__} fitted: " + "; ".join(
        f"{name} {text}" for name, text in fit_facts(detector).items() if name in ("training", "threshold")
    )


def _rows(detector: Any) -> str:
    energy = getattr(detector, "training_energy_", None)
    columns = f"{detector.n_features_in_:,} columns"
    return f"on rows of {columns}" if energy is None else f"on {len(energy):,} rows of {columns}"


def _listed(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = len(names) - COLUMNS_SHOWN
    return ", ".join(names[:COLUMNS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _training(history: Sequence[Any]) -> str:
    last = last_entries(history)
    epochs = [int(entry["epoch"]) for entry in last]
    seconds = sum(entry.get("seconds", 0.0) for entry in last)
    least, most = min(epochs), max(epochs)
    length = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    models = f"{len(last)} models, each " if len(last) > 1 else ""
    return f"{models}{length} epochs, {seconds:.3g} s"
