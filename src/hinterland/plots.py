"""Figures for papers and notebooks: each function draws one, from arrays, with matplotlib.

Functions that take ``ax`` draw into it, or into a new figure, and return the axes. Colours are those of
``hinterland.palette``, and what they tell apart also differs in form. Nothing but matplotlib's
own style decides sizes and fonts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

from hinterland import metrics
from hinterland.errors import MissingExtraError
from hinterland.palette import ALARM, ALARM_MARKER, ENERGIES, GREY, USUAL, USUAL_MARKER, lines
from hinterland.parameters import check_integer
from hinterland.thresholds import check_energy, check_is_anomaly
from hinterland.training.history import lines as history_lines
from hinterland.training.history import loss_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "contributions",
    "embedding",
    "energy_contours",
    "energy_histogram",
    "energy_over_order",
    "precision_recall",
    "roc",
    "training_curves",
]


def energy_histogram(
    energy: npt.ArrayLike,
    *,
    threshold: float | None = None,
    is_anomaly: npt.ArrayLike | None = None,
    bins: int = 60,
    ax: Axes | None = None,
) -> Axes:
    """Draw how energies (n,), in nats, spread; with labels (n,), those of normal rows and anomalies apart.

    Numbers of rows are on a logarithmic axis, as anomalies are few. The threshold, if given, is a vertical line.

    Raises
    ------
    TypeError, ValueError
        For energies or labels that ``hinterland.metrics`` would not take either, or fewer than one bin.
    MissingExtraError
        Where matplotlib is not installed; so do all functions here.
    """
    energy = check_energy(energy)
    check_integer("bins", bins, least=1)
    truth = None if is_anomaly is None else check_is_anomaly(is_anomaly, rows=len(energy))
    ax = _axes(ax)
    edges = np.histogram_bin_edges(energy, bins).tolist()
    if truth is None:
        ax.hist(energy, edges, color=USUAL, log=True)
    else:
        ax.hist(energy[~truth], edges, color=USUAL, alpha=0.6, log=True, label="normal")
        ax.hist(energy[truth], edges, color=ALARM, histtype="step", linewidth=1.8, log=True, label="anomaly")
    if threshold is not None:
        ax.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.4g}")
    ax.set(xlabel="energy (nats)", ylabel="rows")
    if truth is not None or threshold is not None:
        ax.legend(frameon=False)
    return ax


def roc(
    is_anomaly: npt.ArrayLike, energy: npt.ArrayLike, *, name: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the share of anomalies found by the share of normal rows flagged, with AUROC in the legend.

    Labels and energies are as for ``hinterland.metrics.auroc``, and so are the errors. Drawn into the same axes,
    several methods are told apart by their ``name``.
    """
    area = metrics.auroc(is_anomaly, energy)
    false_rate, hit_rate, _ = roc_curve(np.asarray(is_anomaly), np.asarray(energy))
    is_new = ax is None
    ax = _axes(ax)
    if is_new:
        ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
    ax.plot(false_rate, hit_rate, label=f"{f'{name}: ' if name else ''}AUROC {area:.3f}", **_line(ax))
    ax.set(xlabel="normal rows flagged", ylabel="anomalies found", xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
    ax.legend(frameon=False, loc="lower right")
    return ax


def precision_recall(
    is_anomaly: npt.ArrayLike, energy: npt.ArrayLike, *, name: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the precision at each recall, with the average precision in the legend; arguments as for ``roc``."""
    area = metrics.average_precision(is_anomaly, energy)
    precision, recall, _ = precision_recall_curve(np.asarray(is_anomaly), np.asarray(energy))
    ax = _axes(ax)
    label = f"{f'{name}: ' if name else ''}average precision {area:.3f}"
    ax.step(recall[:-1], precision[:-1], where="post", label=label, **_line(ax))
    ax.set(xlabel="recall", ylabel="precision", xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
    ax.legend(frameon=False, loc="lower left")
    return ax


def embedding(
    points: npt.ArrayLike,
    *,
    is_anomaly: npt.ArrayLike | None = None,
    names: tuple[str, str] = ("normal", "anomaly"),
    ax: Axes | None = None,
) -> Axes:
    """Draw points (n, 2), or the first two columns of wider ones; anomalies, or any rows marked (n,), as triangles.

    Raises
    ------
    ValueError
        For points of another shape, or marks of another length.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError(f"points must have shape (n, 2) or wider, got {points.shape}")
    marked = np.zeros(len(points), bool) if is_anomaly is None else np.asarray(is_anomaly)
    if marked.shape != (len(points),) or marked.dtype != np.bool_:
        raise ValueError(
            f"is_anomaly must be a boolean array with one value for each of the {len(points)} points, "
            f"got dtype {marked.dtype} and shape {marked.shape}"
        )
    ax = _axes(ax)
    for mark, colour, marker, name in (
        (False, USUAL, USUAL_MARKER, names[0]),
        (True, ALARM, ALARM_MARKER, names[1]),
    ):
        here = points[marked == mark]
        if len(here):
            ax.scatter(
                here[:, 0], here[:, 1], s=14, c=colour, marker=marker, alpha=0.7, linewidths=0, label=name
            )
    ax.set(xticks=[], yticks=[])
    if is_anomaly is not None:
        ax.legend(frameon=False)
    return ax


def energy_contours(
    detector: Any, rows: npt.ArrayLike, *, resolution: int = 60, ax: Axes | None = None
) -> Axes:
    """Draw a detector's energies over the plane of its two columns, dark where low, and its threshold as a white line.

    Parameters
    ----------
    detector : fitted on two columns: of this library, or any of scikit-learn with ``score_samples`` and ``offset_``.
    rows : (n, 2), drawn as points, those that are called anomalous as triangles; they say how far the plane goes.
    resolution : points along each side at which the energy is taken; bands have as many of them each.

    Raises
    ------
    ValueError
        For rows of another shape, or fewer than two points along a side.
    """
    rows = np.asarray(rows, np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2 or not len(rows):
        raise ValueError(f"rows must have shape (n, 2), got {rows.shape}")
    check_integer("resolution", resolution, least=2)
    ax = _axes(ax)
    from matplotlib.colors import BoundaryNorm

    low, high = rows.min(0), rows.max(0)
    margin = 0.08 * np.where(high > low, high - low, 1.0)
    along = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    across, up = np.meshgrid(*along)
    energy = -np.asarray(detector.score_samples(np.column_stack([across.ravel(), up.ravel()])))
    height = energy.reshape(across.shape)
    levels = np.unique(np.quantile(height, np.linspace(0, 1, 12)))
    if len(levels) > 1:
        ax.contourf(across, up, height, levels, cmap=ENERGIES, norm=BoundaryNorm(levels, 256))
    threshold = -float(detector.offset_)
    if height.min() < threshold < height.max():
        ax.contour(across, up, height, [threshold], colors="white", linewidths=1.5, linestyles="solid")
    is_odd = np.asarray(detector.predict(rows)) == -1
    edge: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.3}
    ax.scatter(rows[~is_odd, 0], rows[~is_odd, 1], s=6, color="white", marker=USUAL_MARKER, **edge)
    ax.scatter(rows[is_odd, 0], rows[is_odd, 1], s=16, color=ALARM, marker=ALARM_MARKER, **edge)
    ax.set(xticks=[], yticks=[])
    return ax


def contributions(
    columns: Sequence[str], values: npt.ArrayLike, *, top: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw what columns add to one row's energy, in nats: the largest on top, those that take away in another colour.

    Parameters
    ----------
    columns : names of the d columns, as ``Explanation.columns``.
    values : (d,), a row of ``Explanation.contributions``.
    top : most columns to draw, of the largest size; the others are summed up in one bar.

    Raises
    ------
    ValueError
        For values that are not one for each column, or ``top`` below 1.
    """
    values = np.asarray(values, np.float64)
    if values.shape != (len(columns),):
        raise ValueError(
            f"values must have one number for each of the {len(columns)} columns, got shape {values.shape}"
        )
    check_integer("top", top, least=1)
    largest = np.argsort(-np.abs(values), kind="stable")[:top]
    shown = largest[np.argsort(-values[largest], kind="stable")]
    labels, lengths = [str(columns[j]) for j in shown], values[shown]
    if len(values) > top:
        labels.append(f"{len(values) - top} others")
        lengths = np.append(lengths, values.sum() - lengths.sum())
    ax = _axes(ax)
    ax.barh(range(len(labels)), lengths, color=np.where(lengths > 0, ALARM, USUAL).tolist())
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_xlabel("adds to the energy (nats)")
    return ax


def training_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw a detector's ``history_``: a panel each loss term that is not zero throughout.

    A line is a training of its own: a member's, a stage's or a fit's, where there are several.

    Raises
    ------
    ValueError
        Where the history is empty.
    """
    if not history:
        raise ValueError("history must hold at least one epoch, got none: was the detector trained?")
    names = [name for name in loss_names(history) if any(entry.get(name) for entry in history)] or ["loss"]
    width = min(3, len(names))
    rows = -(-len(names) // width)
    figure: Figure
    figure, panels = _pyplot().subplots(
        rows, width, figsize=(4 * width, 2.6 * rows), squeeze=False, layout="constrained"
    )
    for panel, name in zip(panels.flat, names, strict=False):
        for line in history_lines(history):
            entries = [entry for entry in line if name in entry]
            if not entries:
                continue
            marker = "o" if len(entries) == 1 else None
            epochs, values = ([entry[key] for entry in entries] for key in ("epoch", name))
            panel.plot(epochs, values, marker=marker, color=USUAL, linewidth=1.2)
        panel.set(title=name.replace("_", " "), xlabel="epoch")
    for panel in panels.flat[len(names) :]:
        panel.remove()
    return figure


def energy_over_order(
    energy: npt.ArrayLike,
    *,
    order: npt.ArrayLike | None = None,
    threshold: float | None = None,
    is_anomaly: npt.ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw energies (n,) over the rows' order, or over times or numbers (n,); anomalies, if given (n,), shaded.

    Raises
    ------
    TypeError, ValueError
        For energies or labels that ``hinterland.metrics`` would not take either, or an order of another length.
    """
    energy = check_energy(energy)
    truth = None if is_anomaly is None else check_is_anomaly(is_anomaly, rows=len(energy))
    along: npt.NDArray[Any] = np.arange(1, len(energy) + 1) if order is None else np.asarray(order)
    if along.shape != energy.shape:
        raise ValueError(
            f"order must have one value for each of the {len(energy)} energies, got shape {along.shape}"
        )
    sequence = np.argsort(along, kind="stable")
    along, energy = along[sequence], energy[sequence]
    ax = _axes(ax)
    if truth is not None:
        for first, last in _runs(truth[sequence]):
            ax.axvspan(
                along[first], along[min(last + 1, len(along) - 1)], color=ALARM, alpha=0.2, linewidth=0.5
            )
    ax.plot(along, energy, color=USUAL, linewidth=0.8)
    if threshold is not None:
        ax.axhline(threshold, color="black", linestyle="--", linewidth=1)
    ax.set(xlabel="row" if order is None else "", ylabel="energy (nats)")
    return ax


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last position of each stretch of true values."""
    change = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return list(
        zip(np.flatnonzero(change == 1).tolist(), (np.flatnonzero(change == -1) - 1).tolist(), strict=True)
    )


def _line(ax: Axes) -> dict[str, Any]:
    """The first curve of an axes in the usual colour, the next ones told apart by colour and dashes."""
    n_curves = sum(line.get_label()[:1] != "_" for line in ax.lines)  # type: ignore[index]
    look = lines(n_curves + 1)[-1]
    return {"color": look.colour, "linestyle": look.dashes}


def _axes(ax: Axes | None) -> Axes:
    return _pyplot().subplots(layout="constrained")[1] if ax is None else ax


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots", "hinterland.plots") from error
    return pyplot
