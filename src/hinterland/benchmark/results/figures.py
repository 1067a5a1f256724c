"""Figures of results as files: the same bytes for the same results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hinterland.errors import MissingExtraError
from hinterland.whole_files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(path: Path, size: tuple[float, float], what: str) -> Figure:
    """Return an empty figure of that size (inches), to be saved under ``path``.

    Raises
    ------
    ValueError
        The path ends in neither .png nor .svg.
    MissingExtraError
        Matplotlib is not installed; the message says that ``what`` needs it.
    """
    if path.suffix not in (".png", ".svg"):
        raise ValueError(f"the diagram's path must end in .png or .svg, got {str(path)!r}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots", what) from error
    return Figure(figsize=size, layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Write the figure, and the folders above it."""
    from matplotlib import rc_context

    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context({"svg.hashsalt": "hinterland"}), replacing(path) as stream:
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(stream, format=path.suffix[1:], dpi=150, metadata=metadata)
