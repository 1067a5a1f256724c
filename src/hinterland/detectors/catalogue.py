"""The detectors by name, and what their docstrings say about them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hinterland.detectors.base import DETECTORS, Detector
from hinterland.nearest import did_you_mean

DEFAULT_DETECTOR = "DeepMixture"
"""The recommended detector for an unknown table."""


class Parameter(NamedTuple):
    """A constructor's parameter: its default, and what the docstring says of it."""

    default: Any
    description: str


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
    """Parameters of a detector's constructor that can be written down, in its order: callbacks are left out."""
    described = _described(inspect.getdoc(detector) or "")
    return {
        name: Parameter(parameter.default, described.get(name, ""))
        for name, parameter in inspect.signature(detector).parameters.items()
        if not name.startswith("on_")
    }


def check_parameter_names(detector: type[Detector], given: Mapping[str, Any]) -> None:
    """Raise ValueError for a name that is no parameter of the detector, with the nearest one that is."""
    known = parameters(detector)
    for name in given:
        if name not in known:
            raise ValueError(
                f"{detector.__name__} has no parameter {name!r}; {did_you_mean(name, known, after=' ')}"
                f"it has: {', '.join(known)}"
            )


def _folded(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).casefold()


def _described(docstring: str) -> dict[str, str]:
    """Descriptions in the section ``Parameters``: lines ``name, name : text``, text going on where indented."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\S+\n-+\n|\Z)", docstring, re.DOTALL | re.MULTILINE)
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.group(1).splitlines() if section else []:
        if start := re.match(r"(\w+(?:, \w+)*) : (.*)", line):
            names = start.group(1).split(", ")
            found |= dict.fromkeys(names, start.group(2).strip())
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found
