"""Draw each method on toy shapes, for its page, and the gallery's comparison of methods, for the first pages."""

import inspect
import runpy
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hinterland import plots
from hinterland.detectors.base import Detector
from hinterland.detectors.catalogue import detectors, parameters

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
EXAMPLE = ROOT / "examples" / "gallery" / "plot_01_toy_shapes.py"
COMPARISON = "toy-shapes.png"
N_ODD = 30
"""Rows of noise at the end of each of the example's tables."""


def fitted(method: type[Detector], table: NDArray[np.float64], **settings: Any) -> Detector:
    """Fit a method with its defaults; where it needs labels, half of the rows of the shape are known to be normal."""
    given = {"contamination": 0.15, "random_state": 0} | settings
    detector = method(**{name: value for name, value in given.items() if name in parameters(method)})
    known = np.arange(len(table)) < len(table) - N_ODD
    known[::2] = False
    return detector.fit(table, is_normal=known) if method.needs_labels else detector.fit(table)


def draw(method: type[Detector], tables: Sequence[NDArray[np.float64]], path: Path, **settings: Any) -> None:
    """Draw the energies of a method that was fitted to each of the tables."""
    figure = Figure(figsize=(9, 3), layout="constrained")
    for panel, table in zip(figure.subplots(1, len(tables)), tables, strict=True):
        plots.energy_contours(fitted(method, table, **settings), table, ax=panel)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, metadata={"Software": None})


def methods() -> dict[str, type[Detector]]:
    """The library's own methods by name."""
    return {
        name: found
        for name, found in detectors().items()
        if inspect.getmodule(found).__name__.startswith("hinterland.")
    }


if __name__ == "__main__":
    mpl.use("agg")
    warnings.simplefilter("ignore", UserWarning)
    names = runpy.run_path(str(EXAMPLE))
    names["figure"].savefig(IMAGES / COMPARISON, dpi=90, metadata={"Software": None})
    for name, method in methods().items():
        if not sys.argv[1:] or name in sys.argv[1:]:
            draw(method, names["tables"], IMAGES / "methods" / f"{name}.png")
