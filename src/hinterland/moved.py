"""Where the modules of version 0.1 are now. Their old names work until version 0.3, and warn with the new ones."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

GOES_WITH = "0.3"
"""The version that what is deprecated is removed with."""

MODULES = {
    "hinterland.benchmark.cli": "hinterland.cli.benchmark",
    "hinterland.benchmark.compare": "hinterland.benchmark.results.compare",
    "hinterland.benchmark.curves": "hinterland.benchmark.results.curves",
    "hinterland.benchmark.diagram": "hinterland.benchmark.results.diagram",
    "hinterland.benchmark.environment": "hinterland.benchmark.runs.environment",
    "hinterland.benchmark.figures": "hinterland.benchmark.results.figures",
    "hinterland.benchmark.formats": "hinterland.benchmark.results.formats",
    "hinterland.benchmark.jobs": "hinterland.benchmark.runs.jobs",
    "hinterland.benchmark.listing": "hinterland.benchmark.experiments.listing",
    "hinterland.benchmark.methods": "hinterland.benchmark.experiments.methods",
    "hinterland.benchmark.protocol": "hinterland.benchmark.experiments.protocol",
    "hinterland.benchmark.protocols": "hinterland.benchmark.experiments.protocols",
    "hinterland.benchmark.reported": "hinterland.benchmark.experiments.reported",
    "hinterland.benchmark.results_page": "hinterland.benchmark.results.page",
    "hinterland.benchmark.runner": "hinterland.benchmark.runs.runner",
    "hinterland.benchmark.store": "hinterland.benchmark.runs.store",
    "hinterland.benchmark.suite": "hinterland.benchmark.experiments.suite",
    "hinterland.benchmark.suites": "hinterland.benchmark.experiments.index",
    "hinterland.benchmark.summary": "hinterland.benchmark.results.summary",
    "hinterland.benchmark.tables": "hinterland.benchmark.results.tables",
    "hinterland.catalogue": "hinterland.detectors.catalogue",
    "hinterland.composite": "hinterland.model.composite",
    "hinterland.decoding": "hinterland.pictures.reading",
    "hinterland.energy_model": "hinterland.model.energy_model",
    "hinterland.preprocessing.backbones": "hinterland.preprocessing.pictures.backbones",
    "hinterland.preprocessing.columns": "hinterland.preprocessing.tabular.columns",
    "hinterland.preprocessing.frames": "hinterland.tables.frames",
    "hinterland.preprocessing.images": "hinterland.preprocessing.pictures.encoder",
    "hinterland.preprocessing.picture_folder": "hinterland.pictures.folder",
    "hinterland.preprocessing.pretrained": "hinterland.preprocessing.pictures.pretrained",
    "hinterland.preprocessing.state": "hinterland.preprocessing.tabular.state",
    "hinterland.report.cli": "hinterland.cli.report",
    "hinterland.report.source": "hinterland.tables.source",
    "hinterland.scores": "hinterland.model.score",
}
"""Modules by their old names."""

NAMES = {
    "hinterland.benchmark.runs.jobs.grid": "hinterland.benchmark.runs.grid",
    "hinterland.energy_model.CHUNK_ENTRIES": "hinterland.model.chunks",
    "hinterland.energy_model.CHUNK_ROWS": "hinterland.model.chunks",
    "hinterland.energy_model.InputScaling": "hinterland.model.scaling",
    "hinterland.energy_model.LARGEST_SCALED": "hinterland.model.scaling",
    "hinterland.energy_model.Scaling": "hinterland.model.column_scales",
    "hinterland.energy_model.apply_in_chunks": "hinterland.model.chunks",
    "hinterland.energy_model.check_integer": "hinterland.parameters",
    "hinterland.energy_model.check_number": "hinterland.parameters",
    "hinterland.energy_model.chunks": "hinterland.model.chunks",
    "hinterland.energy_model.column_scales": "hinterland.model.column_scales",
    "hinterland.networks.base.Dropout": "hinterland.networks.layers",
    "hinterland.networks.base.Linear": "hinterland.networks.layers",
    "hinterland.networks.base.Tanh": "hinterland.networks.layers",
    "hinterland.networks.base.layers": "hinterland.networks.layers",
    "hinterland.networks.base.linear": "hinterland.networks.layers",
    "hinterland.networks.base.without_gradients": "hinterland.networks.gradients",
}
"""Modules of the names that went elsewhere than the rest of their module."""


def names_that_left(module: str) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a module some of whose names, or all, are elsewhere now."""

    def look_up(name: str) -> Any:
        home = NAMES.get(f"{module}.{name}", MODULES.get(module))
        if home is None or name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home), name)
        warnings.warn(
            f"{module}.{name} is now {home}.{name}; the old name goes with hinterland {GOES_WITH}",
            DeprecationWarning,
            stacklevel=2,
        )
        return value

    return look_up


class _OldModules:
    """Asked last of all, for modules that are nowhere else: makes one that looks its names up at their new place.

    A finder and a loader without their base classes, which would take half of what importing hinterland does.
    """

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MODULES else None  # type: ignore[arg-type]  # it has what is asked of one

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__getattr__"] = names_that_left(module.__name__)


def keep_old_modules() -> None:
    """Let the old names of modules be imported."""
    if not any(type(finder) is _OldModules for finder in sys.meta_path):
        sys.meta_path.append(_OldModules())
