"""The detectors by name, and what their docstrings and tables of parameters say about them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from hinterland.detectors.base import DETECTORS, Detector
from hinterland.nearest import did_you_mean
from hinterland.parameter_table import Parameter, by_present_names, table

DEFAULT_DETECTOR = "Surprisal"
"""The recommended detector for an unknown table."""


def detectors() -> dict[str, type[Detector]]:
    """Every detector by its name: those of ``hinterland.detectors``, and your own whose modules are imported."""
    return DETECTORS.members()


def detector_class(name: str) -> type[Detector]:
    """Find a detector by its name, in any case, with or without underscores and hyphens.

    Raises
    ------
    ValueError
        Where there is none; the message says which there are.
    """
    known = {_folded(known): member for known, member in detectors().items()}
    if _folded(name) not in known:
        raise ValueError(
            f"no detector is called {name!r}; {did_you_mean(name, detectors(), after=' ')}"
            f"there are: {', '.join(detectors())}"
            f"{DETECTORS.passed_over()}"
        )
    return known[_folded(name)]


def summary(detector: type[Detector]) -> str:
    """First line of a detector's docstring."""
    return (inspect.getdoc(detector) or "").partition("\n")[0]


def parameters(detector: type[Detector]) -> dict[str, Parameter]:
    """Parameters of a detector that can be written down: callbacks are left out."""
    return {name: entry for name, entry in table(detector).items() if not name.startswith("on_")}


def published(detector: type[Detector]) -> Mapping[str, Any]:
    """The settings of a detector's paper, where the defaults are others; or none."""
    settings: Mapping[str, Any] = getattr(detector, "published", {})
    return settings


def check_parameter_names(detector: type[Detector], given: Mapping[str, Any]) -> None:
    """Raise ValueError for a name that is no parameter of the detector, with the nearest one that is."""
    known = parameters(detector)
    former = {entry.was for entry in known.values()}
    for name in given:
        if name not in known and name not in former:
            raise ValueError(
                f"{detector.__name__} has no parameter {name!r}; {did_you_mean(name, known, after=' ')}"
                f"it has: {', '.join(known)}"
            )


def present_names(detector: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a detector, and the options of one inside of it, by their present names, without a warning.

    Stored jobs keep the names that they were written with.
    """
    named = by_present_names(detector, given)
    options = named.get("detector_options")
    if isinstance(options, Mapping) and (entry := table(detector).get("detector")) is not None:
        inner = named.get("detector", entry.default)
        if isinstance(inner, str) and _folded(inner) in {_folded(known) for known in detectors()}:
            named["detector_options"] = present_names(detector_class(inner), options)
    return named


def _folded(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).casefold()
